# shellcheck shell=bash disable=SC2154
# The domain controller, and its users: auditor, other, service and protected are administrators,
# operator is a server operator, alice and bob are to be found. For sourcing by spec/domain/run.

# Two addresses on the loopback of this namespace; names by files of this namespace.
controller_names() {
  ip link set lo up
  ip address add 10.99.0.10/24 dev lo
  ip address add 10.99.0.20/24 dev lo
  printf '127.0.0.1 localhost\n10.99.0.10 dc1.lab.example dc1\n10.99.0.20 fs1.lab.example fs1\n' > "$DOMAIN_FOLDER/hosts"
  echo 'nameserver 10.99.0.10' > "$DOMAIN_FOLDER/resolv.conf"
  mount --bind "$DOMAIN_FOLDER/hosts" /etc/hosts
  mount --bind "$DOMAIN_FOLDER/resolv.conf" /etc/resolv.conf
  mkdir -p /run/samba
  mount -t tmpfs tmpfs /run/samba
  hostname dc1
  cat > "$KRB5_CONFIG" <<CONF
[libdefaults]
 default_realm = $DOMAIN_REALM
 dns_lookup_kdc = false
 rdns = false
 forwardable = true
[realms]
 $DOMAIN_REALM = {
  kdc = 10.99.0.10
 }
CONF
}

# Without an empty configuration the [printers] of /etc/samba/smb.conf are taken over. Without an
# empty forwarder the DNS server asks itself for names of elsewhere, four seconds each.
controller_provision() {
  local folder=$DOMAIN_FOLDER/dc
  : > "$DOMAIN_FOLDER/empty.conf"
  samba-tool domain provision -s "$DOMAIN_FOLDER/empty.conf" --realm="$DOMAIN_REALM" --domain=LAB --server-role=dc \
    --dns-backend=SAMBA_INTERNAL --adminpass=Adm1n-passw0rd --host-name=dc1 --host-ip=10.99.0.10 --targetdir="$folder" \
    --option="interfaces=10.99.0.10" --option="bind interfaces only=yes" --option="dns forwarder=" \
    > "$DOMAIN_FOLDER/provision.log" 2>&1 || { cat "$DOMAIN_FOLDER/provision.log" >&2; return 1; }
  mkdir -p "$folder/log" "$folder/share"
  chmod 777 "$folder/share"
  echo hello > "$folder/share/plan.txt"
  sed -i "/^\[sysvol\]/i\\
	log file = $folder/log/%m.log\\
	log level = 1 kerberos:3\\
	disable spoolss = yes\\
	load printers = no\\
	server services = s3fs rpc winbindd ldap kdc dns cldap\\
[projects]\\
	path = $folder/share\\
	read only = no\\
" "$DOMAIN_CONTROLLER_CONF"
}

controller_tool() { samba-tool "$@" -H "$DOMAIN_FOLDER/dc/private/sam.ldb" -s "$DOMAIN_CONTROLLER_CONF"; }

controller_start() {
  {
    for user in auditor other service protected operator alice bob; do controller_tool user create $user "$DOMAIN_PASSWORD"; done
    controller_tool group addmembers Administrators auditor,other,service,protected
    controller_tool group addmembers 'Server Operators' operator
    controller_tool group addmembers 'Protected Users' protected
    samba-tool domain exportkeytab "$DOMAIN_FOLDER/service.keytab" --principal=service -s "$DOMAIN_CONTROLLER_CONF"
  } > "$DOMAIN_FOLDER/users.log" 2>&1 || { cat "$DOMAIN_FOLDER/users.log" >&2; return 1; }
  samba -s "$DOMAIN_CONTROLLER_CONF" -D -l "$DOMAIN_FOLDER/dc/log"
}
