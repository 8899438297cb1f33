# shellcheck shell=sh
# A Kerberos KDC for the private Samba: no root, loopback only, and nothing outside its folder. For
# sourcing. $LAB_FOLDER is where it lives.
#
# The server's name is 127.1: every resolver takes that for 127.0.0.1, and no Kerberos takes it for
# an address, of which there are no tickets. So it needs no entry in /etc/hosts.

kdc_realm=LAB.EXAMPLE
kdc_server=127.1

kdc_configuration() {
  cat > "$KRB5_CONFIG" <<CONF
[libdefaults]
 default_realm = $kdc_realm
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 default_ccache_name = FILE:$kdc_folder/default
[realms]
 $kdc_realm = {
  kdc = 127.0.0.1:$kdc_port
 }
[domain_realm]
 $kdc_server = $kdc_realm
CONF
  # A server that is no member of a domain refuses tickets with a PAC.
  cat > "$KRB5_KDC_PROFILE" <<CONF
[kdcdefaults]
 kdc_listen = 127.0.0.1:$kdc_port
 kdc_tcp_listen = 127.0.0.1:$kdc_port
[realms]
 $kdc_realm = {
  database_name = $kdc_folder/principal
  key_stash_file = $kdc_folder/stash
  disable_pac = true
  default_principal_flags = +preauth
 }
[logging]
 kdc = FILE:$kdc_folder/kdc.log
CONF
}

# kdc_principals USER... The server is one that may be given whole tickets: none must be.
kdc_principals() {
  for user in "$@"; do echo "addprinc -pw $LAB_PASSWORD $user"; done
  echo "addprinc -randkey +ok_as_delegate cifs/$kdc_server"
  echo "ktadd -k $kdc_folder/keytab cifs/$kdc_server"
}

# kdc_start USER...
kdc_start() {
  PATH=$PATH:/usr/sbin
  kdc_folder=$LAB_FOLDER/kdc
  mkdir -p "$kdc_folder"
  kdc_port=$(/usr/bin/python3 spec/lab/free_ports.py)
  export KRB5_CONFIG="$kdc_folder/krb5.conf" KRB5_KDC_PROFILE="$kdc_folder/kdc.conf" KRB5CCNAME="FILE:$kdc_folder/none"
  kdc_configuration
  kdb5_util create -s -r $kdc_realm -P "$LAB_PASSWORD" > "$kdc_folder/create.log" 2>&1
  kdc_principals "$@" | kadmin.local >> "$kdc_folder/create.log" 2>&1
  krb5kdc -P "$kdc_folder/kdc.pid" >> "$kdc_folder/create.log" 2>&1
}

kdc_stop() {
  [ ! -s "$LAB_FOLDER/kdc/kdc.pid" ] || kill -KILL "$(cat "$LAB_FOLDER/kdc/kdc.pid")" 2> /dev/null || true
}
