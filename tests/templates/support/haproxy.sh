# A load balancer's HAProxy as its unit would start it, with a certificate and an app server that stand in. Sourced.
set -euo pipefail
ip link set lo up
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=www.example.com -keyout /key -out /crt 2> /dev/null
cp /crt /etc/haproxy/site.pem && cp /key /etc/haproxy/site.pem.key
mkdir -p /run/quickcart-lb /run/haproxy /var/log/haproxy /var/lib/quickcart/lb
export PRIVATE_ADDRESS=127.0.0.1

until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    ((SECONDS < end)) || { echo "in vain: $*"; cat /haproxy.err; exit 1; }
    sleep 0.05
  done
}

start() {
  /usr/local/sbin/quickcart-haproxy 2> /dev/null
  haproxy -W -f /run/haproxy/quickcart.cfg -p /run/haproxy.pid >> /var/log/haproxy/access.log 2> /haproxy.err &
  until_true 20 curl --silent http://127.0.0.1/.well-known/quickcart-lb
}

ask() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect("/run/haproxy/admin.sock"); s.sendall((sys.argv[1] + "\n").encode())
while data := s.recv(65536): sys.stdout.write(data.decode())' "$1"; }
