# The two load balancers' keepalived, each in a namespace of its own, in the tunnel between them. Says on stdout, a line
# each, what it saw. Runs as the first process of namespaces of its own, which end with it.
set -euo pipefail
exec 2> /err
mount -t tmpfs none /run
mkdir -p /run/netns /run/quickcart-lb /etc/quickcart

ip link add vpc type bridge
ip link set vpc up

state() { cat "/lb/$1/run/vrrp" || true; }
milliseconds() { date +%s%3N; }
until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null; do
    ((SECONDS < end)) || { echo "in vain: $*: $(state 1) $(state 2)"; exit 1; }
    sleep 0.01
  done
}
is() { [[ $(state "$1") == "$2" ]]; }

# With a folder of its own where both would write.
inside() { # NUMBER COMMAND...
  local number=$1
  shift
  ip netns exec "lb-$number" unshare --mount bash --norc -c '
    mount --bind "/lb/$1/run" /run/quickcart-lb
    shift
    exec "$@"' bash "$number" "$@"
}

machine() { # NUMBER PRIVATE-ADDRESS OTHER-PRIVATE-ADDRESS
  local name=lb-$1
  ip netns add "$name"
  ip -n "$name" link set lo up
  ip link add "vpc-$1" type veth peer name eth1 netns "$name"
  ip link set "vpc-$1" master vpc up
  ip -n "$name" address add "$2/20" dev eth1
  ip -n "$name" link set eth1 up
  mkdir -p "/lb/$1/run" "/etc/netns/$name/quickcart"
  mkfifo "/lb/$1/run/notify"
  echo "PRIVATE_ADDRESS=$2" > "/etc/netns/$name/quickcart/instance.env"
  ip netns exec "$name" nft --file "/roles/$name/etc/nftables.conf"
  ip netns exec "$name" bash "/roles/$name/usr/local/sbin/quickcart-overlay"
  ip netns exec "$name" bridge fdb append 00:00:00:00:00:00 dev vrrp dst "$3"
  inside "$1" sh "/roles/$name/usr/local/sbin/quickcart-vrrp" &
  inside "$1" keepalived --vrrp --dont-fork --use-file "/roles/$name/etc/keepalived/keepalived.conf" --pid "/run/$name.pid" --vrrp_pid "/run/$name.vrrp.pid" &
  until_true 20 test -s "/run/$name.vrrp.pid"
}

machine 1 10.10.0.4 10.10.0.5
until_true 20 is 1 MASTER
machine 2 10.10.0.5 10.10.0.4
until_true 20 is 2 BACKUP
# Longer than its delay at the start, and than it would listen in vain.
sleep 5
echo "who serves stays: $(state 1) $(state 2)"

ip netns exec lb-2 python3 -m http.server 8080 --directory /lb > /dev/null &
until_true 10 ip netns exec lb-2 curl --silent http://127.0.0.1:8080/
ip netns exec lb-1 curl --silent --max-time 1 http://100.67.255.2:8080/ > /dev/null && echo "past VRRP: open" || echo "past VRRP: closed"

keepalived_1=$(cat /run/lb-1.vrrp.pid)
kill -STOP "$keepalived_1"
sleep 0.6
kill -CONT "$keepalived_1"
sleep 1
echo "held up for 600 ms: $(state 1) $(state 2)"

start=$(milliseconds)
echo -254 > /lb/1/run/haproxy
until_true 10 is 2 MASTER
echo "fault: $(($(milliseconds) - start))"
until_true 10 is 1 FAULT
echo 0 > /lb/1/run/haproxy
until_true 10 is 1 BACKUP
sleep 1
echo "no way back: $(state 1) $(state 2)"

start=$(milliseconds)
ip link set vpc-2 down
until_true 10 is 1 MASTER
echo "power: $(($(milliseconds) - start))"
