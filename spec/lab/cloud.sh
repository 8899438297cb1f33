# shellcheck shell=sh disable=SC2154
# A cloud on loopback: nginx with TLS and HTTP/2, in front of cloud.py, which stands in for the
# Workspace service and for IAM. For sourcing. $LAB_FOLDER is where it lives, $here the folder of
# this file.

LAB_CLOUD_PROJECT=0a1b2c3d4e5f60718293a4b5c6d7e8f9
LAB_CLOUD_OTHER_PROJECT=1a1b2c3d4e5f60718293a4b5c6d7e8f9
LAB_CLOUD_REGION=ap-southeast-1
LAB_CLOUD_USERNAME=auditor
LAB_CLOUD_DOMAIN=example-corp
LAB_CLOUD_PASSWORD=Iam-Corr3ct-horse
LAB_CLOUD_TOKEN=MIILabToken-0123456789-abcdefghijklmnopqrstuvwxyz
LAB_CLOUD_AK=LABACCESSKEY00000001
LAB_CLOUD_SK=lab-secret-key-that-is-worthless-elsewhere

cloud_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=rollcall-lab \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' \
    -keyout "$LAB_FOLDER/cloud/key.pem" -out "$LAB_CLOUD_CA_FILE" 2> /dev/null
}

# What the fixed answer of the benchmark holds: two sessions, of the size of the documentation's.
cloud_fixed_answer() {
  /usr/bin/python3 - <<'PYTHON'
import json
row = {name: "x" * size for name, size in {
    "id": 32, "session_stamp": 84, "os_session_id": 1, "protocol_type": 3, "login_user": 32, "session_type": 1,
    "app_group_id": 18, "app_server_group_id": 36, "pre_conn_time": 19, "start_time": 19, "end_time": 19,
    "machine_sid": 47, "machine_name": 14, "session_state": 8, "app_name": 200, "client_mac": 17,
    "client_name": 6, "client_ip": 12, "client_version": 12, "client_type": 21, "agent_version": 14,
    "vm_ip": 12, "failed_reason": 7, "failed_code": 12, "tenant_id": 32}.items()}
print(json.dumps({"session_info_list": [row, row]}))
PYTHON
}

cloud_configuration() {
  cat > "$LAB_FOLDER/cloud/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $LAB_FOLDER/cloud/nginx.pid;
error_log $LAB_FOLDER/cloud/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  map \$http_authorization \$lab_access { "~Access=(?<access>[^,]+)," \$access; default -; }
  log_format credentials '\$status \$request_method \$uri \$lab_access \$http_x_auth_token';
  client_body_temp_path $LAB_FOLDER/cloud/body;
  proxy_temp_path $LAB_FOLDER/cloud/proxy;
  fastcgi_temp_path $LAB_FOLDER/cloud/fastcgi;
  uwsgi_temp_path $LAB_FOLDER/cloud/uwsgi;
  scgi_temp_path $LAB_FOLDER/cloud/scgi;
  default_type application/json;
  ssl_certificate $LAB_CLOUD_CA_FILE;
  ssl_certificate_key $LAB_FOLDER/cloud/key.pem;
  upstream cloud { server 127.0.0.1:$LAB_CLOUD_PLAIN_PORT; keepalive 64; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host \$http_host;
  proxy_next_upstream off;
  server { listen 127.0.0.1:$LAB_CLOUD_PORT ssl http2; access_log $LAB_FOLDER/cloud/access.log credentials; keepalive_requests 100; location / { proxy_pass http://cloud; } }
  server { listen 127.0.0.1:$LAB_CLOUD_HTTP1_PORT ssl; location / { proxy_pass http://cloud; } }
  server { listen 127.0.0.1:$LAB_CLOUD_FIXED_PORT ssl http2; keepalive_requests 1000000; location / { return 200 '$(cloud_fixed_answer)'; } }
  server { listen 127.0.0.1:$LAB_CLOUD_FIXED_HTTP1_PORT ssl; keepalive_requests 1000000; location / { return 200 '$(cloud_fixed_answer)'; } }
}
CONF
}

# The mock service ends when descriptor 8 is closed, however the lab ends.
cloud_start() {
  mkdir -p "$LAB_FOLDER/cloud"
  LAB_CLOUD_CA_FILE=$LAB_FOLDER/cloud/certificate.pem
  cloud_certificate
  mkfifo "$LAB_FOLDER/cloud/in" "$LAB_FOLDER/cloud/out"
  nice -n "${LAB_NICE:-0}" /usr/bin/python3 "$here/cloud.py" "$LAB_CLOUD_TOKEN" "$LAB_CLOUD_AK" "$LAB_CLOUD_SK" "$LAB_CLOUD_PASSWORD" \
    < "$LAB_FOLDER/cloud/in" > "$LAB_FOLDER/cloud/out" 8>&- 9>&- &
  exec 8> "$LAB_FOLDER/cloud/in"
  read -r LAB_CLOUD_PLAIN_PORT LAB_CLOUD_PROXY_PORT < "$LAB_FOLDER/cloud/out"
  read -r LAB_CLOUD_PORT LAB_CLOUD_HTTP1_PORT LAB_CLOUD_FIXED_PORT LAB_CLOUD_FIXED_HTTP1_PORT <<PORTS
$(/usr/bin/python3 "$here/free_ports.py" 4)
PORTS
  cloud_configuration
  nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || { echo "lab: nginx is missing" >&2; return 1; }
  nice -n "${LAB_NICE:-0}" "$nginx" -e "$LAB_FOLDER/cloud/error.log" -c "$LAB_FOLDER/cloud/nginx.conf" 8>&- 9>&- &
  LAB_CLOUD_NGINX=$!
  tries=0
  until curl -s -o /dev/null --cacert "$LAB_CLOUD_CA_FILE" "https://127.0.0.1:$LAB_CLOUD_PORT/lab/counts"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$LAB_FOLDER/cloud/error.log" >&2; return 1; }
    sleep 0.05
  done
  export LAB_CLOUD_PROJECT LAB_CLOUD_OTHER_PROJECT LAB_CLOUD_REGION LAB_CLOUD_USERNAME LAB_CLOUD_DOMAIN LAB_CLOUD_PASSWORD LAB_CLOUD_TOKEN
  export LAB_CLOUD_AK LAB_CLOUD_SK LAB_CLOUD_CA_FILE LAB_CLOUD_PORT LAB_CLOUD_HTTP1_PORT LAB_CLOUD_PLAIN_PORT
  export LAB_CLOUD_PROXY_PORT LAB_CLOUD_FIXED_PORT LAB_CLOUD_FIXED_HTTP1_PORT
}

cloud_stop() {
  exec 8>&- || true
  [ -z "${LAB_CLOUD_NGINX:-}" ] || kill "$LAB_CLOUD_NGINX" 2> /dev/null || true
}
