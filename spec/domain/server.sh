# shellcheck shell=bash disable=SC2154
# A file server that is joined to the domain, and who is connected to it and to the controller. For
# sourcing by spec/domain/run.

server_configuration() {
  cat > "$1/smb.conf" <<CONF
[global]
workgroup = LAB
realm = $DOMAIN_REALM
security = ads
netbios name = FS1
interfaces = 10.99.0.20
bind interfaces only = yes
private dir = $1/private
lock directory = $1/lock
state directory = $1/state
cache directory = $1/cache
log file = $1/log/%m.log
disable spoolss = yes
load printers = no
disable netbios = yes
idmap config * : backend = tdb
idmap config * : range = 10000-19999
idmap config LAB : backend = rid
idmap config LAB : range = 20000-99999
[projects]
path = $1/share
read only = no
CONF
}

# In mount and UTS namespaces of its own, for a /run/samba of its winbindd and an nsswitch.conf with
# winbind. What is asked too early fails, so each step is tried until it does not.
server_start() {
  local folder=$DOMAIN_FOLDER/fs1
  mkdir -p "$folder"/{private,lock,state,cache,log,share}
  chmod 777 "$folder/share"
  echo hi > "$folder/share/plan.txt"
  server_configuration "$folder"
  cat > "$folder/start" <<'START'
set -eu
conf=$1/smb.conf
hostname fs1
umount /run/samba
mount -t tmpfs tmpfs /run/samba
sed -E 's/^(passwd|group):.*/\1: files winbind/' /etc/nsswitch.conf > "$1/nsswitch.conf"
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
LD_LIBRARY_PATH=$(dirname "$(find "$DOMAIN_FOLDER/nss" -name libnss_winbind.so.2)")
export LD_LIBRARY_PATH
try() { for _ in $(seq 100); do "$@" && return; sleep 0.2; done; return 1; }
try net ads join -s "$conf" -U Administrator%Adm1n-passw0rd --no-dns-updates
winbindd -s "$conf" -D -l "$1/log"
smbd -s "$conf" -D -l "$1/log"
try wbinfo -p
try net sam -s "$conf" createbuiltingroup Administrators
try net sam -s "$conf" addmem 'BUILTIN\Administrators' 'LAB\auditor'
touch "$1/ready"
exec sleep infinity
START
  unshare --mount --uts bash "$folder/start" "$folder" > "$folder/start.log" 2>&1 &
  local starting=$!
  until [ -e "$folder/ready" ]; do
    kill -0 $starting 2> /dev/null || { cat "$folder/start.log" >&2; return 1; }
    sleep 0.1
  done
}

# guests HOST...: bob is connected to the share projects of each, and alice has a file open there.
guests() {
  local host
  for host in "$@"; do
    mkfifo "$DOMAIN_FOLDER/$host.fifo"
    KRB5CCNAME=$DOMAIN_FOLDER/bob.cache smbclient -N --use-kerberos=required "//$host.lab.example/projects" \
      < "$DOMAIN_FOLDER/$host.fifo" > /dev/null 2>&1 &
    sleep infinity > "$DOMAIN_FOLDER/$host.fifo" &
    KRB5CCNAME=$DOMAIN_FOLDER/alice.cache /usr/bin/python3 "$here/open.py" "$DOMAIN_FOLDER/empty.conf" "$DOMAIN_FOLDER/alice.cache" "$host.lab.example" \
      > "$DOMAIN_FOLDER/$host.open" 2>&1 &
    eventually "an open file on $host" grep -q ^open "$DOMAIN_FOLDER/$host.open"
  done
}
