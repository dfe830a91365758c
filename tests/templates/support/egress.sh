# Two bastions and a private machine on one bridge, the outside on another; each runs what its user-data brings. Says on
# stdout, a line each, what it saw. Runs as the first process of namespaces of its own, which end with it.
set -euo pipefail
exec 2> /dev/null
mount -t tmpfs none /run
mkdir /run/netns /run/bird

until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null; do
    ((SECONDS < end)) || { echo "in vain: $*"; exit 1; }
    sleep 0.05
  done
}
inside() { ip netns exec "$@"; }
cable() { # BRIDGE MACHINE DEVICE ADDRESS
  ip link add "$1-$2" type veth peer name "$3" netns "$2"
  ip link set "$1-$2" master "$1" up
  inside "$2" ip address add "$4" dev "$3"
  inside "$2" ip link set "$3" up
}
machine() { # NAME PRIVATE-ADDRESS
  ip netns add "$1"
  inside "$1" ip link set lo up
  cable vpc "$1" vpc0 "$2/20"
  mkdir -p "/etc/netns/$1"
  cp -r "/roles/$1/etc/bird" "/etc/netns/$1/"
  mkdir -p "/etc/netns/$1/quickcart" /etc/quickcart
  echo "PRIVATE_ADDRESS=$2" > "/etc/netns/$1/quickcart/instance.env"
}
serve() { # NAME: what the units would start
  inside "$1" nft --file "/roles/$1/etc/nftables.conf"
  inside "$1" bash "/roles/$1/usr/local/sbin/quickcart-overlay"
  inside "$1" bird -s "/run/bird/$1.ctl" -P "/run/bird/$1.pid"
}
bastion() { # NUMBER PRIVATE-ADDRESS
  local name=bastion-$1
  machine "$name" "$2"
  cable pub "$name" public0 "198.18.1.${2##*.}/16"
  inside "$name" ip route add default via 198.18.0.1
  inside "$name" bash -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  cp "/roles/$name/machines.conf" "/etc/netns/$name/bird/"
  serve "$name"
  while read -r command; do inside "$name" bridge $command; done < "/roles/$name/flood"
  inside "$name" arping -q -U -I "egress$1" "100.$((63 + $1)).255.254" &
}
served_by() { inside app-1 curl --silent --fail --max-time 0.5 http://198.18.0.1/ > /dev/null && tail -n 1 /run/seen | grep -o '^[0-9.]*'; }

for bridge in vpc pub; do ip link add "$bridge" type bridge; ip link set "$bridge" up; done
ip link set lo up
ip address add 198.18.0.1/16 dev pub
mkdir /run/www
python3 -u -m http.server 80 --bind 198.18.0.1 --directory /run/www > /run/seen 2>&1 &
python3 -m http.server 8080 --bind 198.18.0.1 --directory /run/www > /dev/null 2>&1 &

machine app-1 10.10.0.4
echo 'define source_address = 100.66.0.4;' > /etc/netns/app-1/bird/source.conf
serve app-1
bastion 1 10.10.0.2
bastion 2 10.10.0.3

until_true 20 served_by
until_true 20 grep -q '^198\.18\.1\.2 ' /run/seen
echo "first: $(served_by)"
until_true 20 bash -c 'birdc -s /run/bird/app-1.ctl show bfd sessions | grep -c " Up " | grep -q 2'

inside bastion-1 python3 -m http.server 80 --directory /run/www > /dev/null 2>&1 &
until_true 10 inside bastion-1 curl --silent --fail http://127.0.0.1/
# Else a server that is not there would pass for a door that is shut.
until_true 10 inside bastion-1 curl --silent --fail --max-time 1 http://198.18.0.1:8080/
for target in 198.18.0.1:8080 100.64.255.254:80 198.18.1.2:80; do
  inside app-1 curl --silent --fail --max-time 1 "http://$target/" > /dev/null && echo "$target: open" || echo "$target: closed"
done

ip link set vpc-bastion-1 down
ip link set pub-bastion-1 down
start=$(date +%s%3N)
until_true 10 served_by
echo "milliseconds: $(($(date +%s%3N) - start))"
echo "then: $(served_by)"

# Its programs keep the old namespace; without cables that is a machine switched off.
ip netns del bastion-1
ip link del vpc-bastion-1
ip link del pub-bastion-1
mv /run/bird/bastion-1.ctl /run/bird/gone
rm -r /etc/netns/bastion-1
bastion 1 10.10.0.9
until_true 20 bash -c 'ip netns exec app-1 bridge fdb show dev egress1 | grep -q "02:71:63:00:00:01 dst 10.10.0.9"'
through_the_new_one() { [[ $(served_by) == 198.18.1.9 ]]; }
until_true 20 through_the_new_one
echo "replaced: $(served_by)"
