#!/bin/sh
# Makes sure that what a purpose needs is installed: packages.sh build|demo|test|bench.
# Nothing to do is the usual case and costs milliseconds. Daemons that packages bring along are not started.
set -eu
purpose=${1:-}

# One line a requirement: a command that proves it, and the Debian package that has it.
build="ip:iproute2"
demo="$build
runc:runc
/bin/busybox:busybox-static
dnsmasq:dnsmasq-base
nsenter:util-linux
setpriv:util-linux"
test="$demo
crun:crun
dhcpd:isc-dhcp-server
dhcrelay:isc-dhcp-relay
kea-dhcp4:kea-dhcp4-server
udhcpc:udhcpc
arping:iputils-arping
ping:iputils-ping
tcpdump:tcpdump
jq:jq
sysctl:procps
curl:curl
faketime:faketime
systemd-analyze:systemd
podman:podman
conmon:conmon
dockerd:docker.io
docker-compose:docker-compose
containerd:containerd
newuidmap:uidmap
shellcheck:shellcheck
script:bsdutils
rsvg-convert:librsvg2-bin
dot:graphviz
zsh:zsh
fish:fish
man:man-db
mandoc:mandoc
dh_bash-completion:bash-completion"
bench="$demo
udhcpc:udhcpc
/usr/lib/cni/dhcp:containernetworking-plugins
kea-dhcp4:kea-dhcp4-server
dhclient:isc-dhcp-client
curl:curl
dockerd:docker.io"

case $purpose in
  build) wanted=$build ;;
  demo) wanted=$demo ;;
  test) wanted=$test ;;
  bench) wanted=$bench ;;
  *)
    echo "usage: packages.sh build|demo|test|bench" >&2
    exit 2
    ;;
esac

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# Debian's usual busybox is a dynamic executable, which does not start alone in a root file system.
usable() {
  command -v "$1" >/dev/null 2>&1 || return 1
  case $1 in
    */busybox) ! ldd "$1" 2>/dev/null | grep -q '=>' ;;
  esac
}

missing() {
  for requirement in $wanted; do
    usable "${requirement%%:*}" || echo "$requirement"
  done
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0

commands=$(echo "$lacking" | sed 's/:.*//' | tr '\n' ' ')
if ! command -v apt-get >/dev/null 2>&1; then
  echo "berth: these commands are missing, and only on Debian and Ubuntu can they be installed for you: $commands" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "berth: these commands are missing, and installing them needs root: $commands" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
fi

packages=$(echo "$lacking" | sed 's/.*://' | sort -u | tr '\n' ' ')
echo "berth: installing $packages" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
install() {
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 $packages >"$log" 2>&1
}
if ! install; then
  apt-get update -qq >>"$log" 2>&1 || true
  if ! install; then
    cat "$log" >&2
    rm -f "$log"
    unknown=$(for package in $packages; do apt-cache show "$package" >/dev/null 2>&1 || echo "$package"; done)
    if [ -n "$unknown" ]; then
      echo "berth: this distribution has no package named: $(echo "$unknown" | tr '\n' ' ')" >&2
    else
      echo "berth: apt-get could not install: $packages" >&2
    fi
    exit 1
  fi
fi
rm -f "$log"

lacking=$(missing)
[ -z "$lacking" ] || {
  echo "berth: still missing after installing: $(echo "$lacking" | tr '\n' ' ')" >&2
  exit 1
}
