# shellcheck shell=sh disable=SC2154
# A private Samba: no root, no system accounts, loopback only, and nothing outside its folder.
# For sourcing. $LAB_FOLDER is where it lives.

samba_environment() {
  LD_PRELOAD="libnss_wrapper.so libuid_wrapper.so" \
  NSS_WRAPPER_PASSWD="$LAB_FOLDER/passwd" NSS_WRAPPER_GROUP="$LAB_FOLDER/group" \
  NSS_WRAPPER_HOSTS="$LAB_FOLDER/hosts" \
  UID_WRAPPER=1 UID_WRAPPER_ROOT=1 "$@"
}

# The users: auditor, ann, ben and cleo may enumerate; dora may close too; alice, bob and zoë are to be found; carol's
# account is disabled.
samba_users="auditor ann ben cleo dora alice bob zoë carol"

samba_accounts() {
  # smbd looks for its own name at each logon, and where it is in no file, the network is asked.
  printf '127.0.0.1 localhost %s\n' "$(uname -n)" > "$LAB_FOLDER/hosts"
  id=20000
  echo "root:x:0:0:root:/root:/bin/sh" > "$LAB_FOLDER/passwd"
  printf 'root:x:0:\nauditors:x:20100:auditor,ann,ben,cleo,dora\nclosers:x:20102:dora\npeople:x:20101:alice,bob,zoë,carol\nnogroup:x:65534:\n' \
    > "$LAB_FOLDER/group"
  for user in $samba_users nobody; do
    id=$((id + 1))
    echo "$user:x:$id:20101::/nonexistent:/bin/false" >> "$LAB_FOLDER/passwd"
  done
}

samba_configuration() {
  cat > "$LAB_FOLDER/smb.conf" <<CONF
[global]
server role = standalone server
realm = $kdc_realm
kerberos method = dedicated keytab
dedicated keytab file = $LAB_FOLDER/kdc/keytab
smb ports = $LAB_SAMBA_PORT
interfaces = lo
bind interfaces only = yes
private dir = $LAB_FOLDER/private
lock directory = $LAB_FOLDER/lock
state directory = $LAB_FOLDER/state
cache directory = $LAB_FOLDER/cache
pid directory = $LAB_FOLDER/pid
ncalrpc dir = $LAB_FOLDER/ncalrpc
log file = $LAB_FOLDER/log/%m.log
rpc start on demand helpers = yes
disable spoolss = yes
load printers = no
printcap name = /dev/null
map to guest = Bad User
log level = 0 auth_audit:3
[projects]
path = $LAB_FOLDER/shares/projects
read only = no
[public]
path = $LAB_FOLDER/shares/public
read only = no
guest ok = yes
CONF
  # More shares, where there are to be any.
  [ ! -f "$LAB_FOLDER/shares.conf" ] || cat "$LAB_FOLDER/shares.conf" >> "$LAB_FOLDER/smb.conf"
}

samba_start() {
  LAB_SAMBA_PORT=$(/usr/bin/python3 spec/lab/free_ports.py)
  for folder in private lock state cache pid ncalrpc log shares/projects shares/public; do
    mkdir -p "$LAB_FOLDER/$folder"
  done
  chmod 755 "$LAB_FOLDER"
  chmod 777 "$LAB_FOLDER"/shares/*
  echo "hello" > "$LAB_FOLDER/shares/projects/plan.txt"
  samba_accounts
  samba_configuration
  for user in $samba_users; do
    printf '%s\n%s\n' "$LAB_PASSWORD" "$LAB_PASSWORD" |
      samba_environment smbpasswd -c "$LAB_FOLDER/smb.conf" -s -a "$user" > /dev/null
  done
  samba_environment smbpasswd -c "$LAB_FOLDER/smb.conf" -d carol > /dev/null
  samba_environment smbd -s "$LAB_FOLDER/smb.conf" -D -l "$LAB_FOLDER/log"
  samba_environment net -s "$LAB_FOLDER/smb.conf" groupmap add sid=S-1-5-32-544 \
    unixgroup=auditors type=builtin ntgroup=Administrators > /dev/null
  # Who is no Domain Admin may end no session.
  samba_environment net -s "$LAB_FOLDER/smb.conf" groupmap add rid=512 \
    unixgroup=closers type=domain ntgroup='Domain Admins' > /dev/null
  # The RPC helper starts at the first call, which takes its time.
  tries=0
  until rpcclient -p "$LAB_SAMBA_PORT" -U "auditor%$LAB_PASSWORD" 127.0.0.1 -c srvinfo > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { tail -n 5 "$LAB_FOLDER"/log/log.smbd >&2; echo "lab: Samba does not answer" >&2; return 1; }
    sleep 0.1
  done
}

# samba_other FOLDER PORT SETTINGS: the same server once more, with other settings beside or in place of
# its own.
samba_other() {
  mkdir -p "$1"
  settings=$(printf '%s' "$3" | tr '\n' '|' | sed 's/|/\\n/g')
  sed "s|^smb ports = .*|smb ports = $2|; s#^\(pid directory\|lock directory\|ncalrpc dir\) = .*#\1 = $1#
    s|^\[projects\]|$settings\n&|" "$LAB_FOLDER/smb.conf" > "$1/smb.conf"
  samba_environment smbd -s "$1/smb.conf" -D -l "$1"
}

# smbd, its helpers and their children all have the configuration's path in their arguments.
samba_stop() {
  [ ! -f "$LAB_FOLDER/smb.conf" ] || pkill -KILL -f -- "$LAB_FOLDER/.*smb.conf" || true
}
