#!/bin/sh
# Installs berth on this host, or shows on a throw-away network what it does. Run it again at will.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

usage() {
  cat <<'TEXT'
Usage: ./install.sh [--prefix DIR] [--configure ENGINES] [--with-network-wrapper] [--demo | --uninstall | --help]

  (no option)    build, and install under the prefix:
                   bin/berth                          the executable
                   libexec/berth/hooks/               hook entries for runtimes that take a path without arguments
                   share/berth/                       fragments and examples to register berth with a runtime
                   share/containers/oci/hooks.d/      hooks for podman and CRI-O (see the README on --hooks-dir)
                   share/man/man8/berth.8             the manual page
                   share/{bash-completion,zsh,fish}/  completions of the command line
                 and /etc/berth/berth.json, unless it is there already
  --prefix DIR   where to install (default /usr/local)
  --configure ENGINES   also register it with these: docker, podman, containerd, crio, separated by commas
                 (at a terminal it asks; see 'berth configure --help')
  --with-network-wrapper   also make bin/network-wrapper, a link by which berth takes network-wrapper's command line
  --demo         build, then run a container with its own address on an embedded network; leaves nothing behind
  --uninstall    remove what was installed; configuration and state stay
  --help         this text

What is missing is installed with apt-get on Debian and Ubuntu; elsewhere it is named.
TEXT
}

complain() {
  echo "install.sh: $1" >&2
  exit "${2:-1}"
}

prefix=/usr/local
action=install
engines=
wrapper=
set_action() {
  [ "$action" = install ] || complain "--$action and --$1 exclude each other" 2
  action=$1
}
all="$*"
while [ $# -gt 0 ]; do
  case $1 in
    --prefix)
      [ $# -ge 2 ] || complain "--prefix needs a directory" 2
      prefix=$2
      shift
      ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --configure)
      [ $# -ge 2 ] || complain "--configure needs docker, podman, containerd or crio" 2
      engines=$2
      shift
      ;;
    --configure=*) engines=${1#--configure=} ;;
    --with-network-wrapper) wrapper=1 ;;
    --demo) set_action demo ;;
    --uninstall) set_action uninstall ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) complain "unknown option '$1': see ./install.sh --help" 2 ;;
  esac
  shift
done
case $prefix in
  /*) ;;
  *) complain "--prefix must be an absolute path, not '$prefix'" 2 ;;
esac
# The prefix goes into JSON and shell files.
case $prefix in
  *[!A-Za-z0-9/._+-]*) complain "--prefix may hold letters, digits and / . _ + - only" 2 ;;
esac
prefix=${prefix%/}
case ,$engines, in
  *[!a-z,]*) complain "--configure takes docker, podman, containerd and crio, separated by commas" 2 ;;
esac
engines=$(echo "$engines" | tr ',' ' ')
for engine in $engines; do
  case $engine in
    docker | podman | containerd | crio) ;;
    *) complain "--configure takes docker, podman, containerd and crio, not '$engine'" 2 ;;
  esac
done

if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || complain "this needs root, and there is no sudo here: run it as root"
  # No word of the arguments holds white space: they were checked above.
  # shellcheck disable=SC2086
  exec sudo -- "$here/install.sh" $all
fi

bin=$prefix/bin/berth
link=$prefix/bin/network-wrapper
libexec=$prefix/libexec/berth
share=$prefix/share/berth
hooks_d=$prefix/share/containers/oci/hooks.d
# Below share/, as the build makes them below dist/share/.
manual_and_completions='man/man8/berth.8 bash-completion/completions/berth zsh/site-functions/_berth
  fish/vendor_completions.d/berth.fish'
config=/etc/berth/berth.json
unit=/etc/systemd/system/berth-keeper.service

# Ends keepers that run from this very executable; the next one goes on where they were.
stop_keepers() {
  stopped=
  for process in /proc/[0-9]*; do
    case $(readlink "$process/exe" 2>/dev/null) in
      "$bin" | "$bin (deleted)") ;;
      *) continue ;;
    esac
    case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in
      *" keeper "*) kill "${process#/proc/}" 2>/dev/null && stopped=1 ;;
    esac
  done
}

# Under systemd the keeper is a service; elsewhere the hook starts it, and an old one is followed by the new one here.
install_keeper() {
  if [ -d /run/systemd/system ]; then
    place 0644 "$here/oci-config/systemd/berth-keeper.service" "$unit"
    systemctl daemon-reload
    systemctl enable --quiet berth-keeper.service
    systemctl restart berth-keeper.service
    echo "The keeper runs as berth-keeper.service."
  else
    stop_keepers
    [ -z "$stopped" ] || setsid "$bin" keeper </dev/null >/dev/null 2>&1 &
  fi
}

uninstall_keeper() {
  if [ -e "$unit" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now --quiet berth-keeper.service || true
    rm -f "$unit"
    systemctl daemon-reload
  fi
  stop_keepers
}

# An engine whose configuration names a runtime that is gone does not start, so what names ours is edited first.
unregister() {
  [ -x "$bin" ] || return 0
  for file in /etc/docker/daemon.json /etc/containerd/config.toml; do
    grep -qF "$libexec/hooks/berth-runtime" "$file" 2>/dev/null || continue
    case $file in
      */daemon.json) engine=docker ;;
      *) engine=containerd ;;
    esac
    "$bin" configure "$engine" --remove || complain "nothing was uninstalled: take berth out of $file first, or $engine will not start"
    ! grep -qF "$libexec/hooks/berth-runtime" "$file" ||
      complain "nothing was uninstalled: $file still names $libexec/hooks/berth-runtime, under another name: 'berth configure $engine --remove --name NAME'"
  done
  for hooks in /etc/containers/oci/hooks.d /usr/share/containers/oci/hooks.d; do
    ! grep -qF "\"$bin\"" "$hooks/berth-createRuntime.json" 2>/dev/null || "$bin" configure podman --remove --config-file "$hooks"
  done
}

# One that is somebody else's, network-wrapper itself for instance, is not replaced.
check_link() {
  [ -n "$wrapper" ] || return 0
  { [ ! -e "$link" ] && [ ! -L "$link" ]; } || [ "$(readlink "$link")" = berth ] ||
    complain "$link is there already and is not berth's: move it away, and run this again"
}

uninstall() {
  unregister
  uninstall_keeper
  [ "$(readlink "$link")" != berth ] || rm -f "$link"
  rm -f "$bin" "$hooks_d/berth-createRuntime.json" "$hooks_d/berth-poststop.json"
  rm -rf "$libexec" "$share"
  for file in $manual_and_completions; do rm -f "$prefix/share/$file"; done
  for directory in "$hooks_d" "$prefix/share/containers/oci" "$prefix/share/containers" "$prefix/libexec"; do
    rmdir "$directory" 2>/dev/null || true
  done
  echo "berth is uninstalled from ${prefix:-/}."
  for left in /etc/berth /var/lib/berth /run/berth; do
    [ ! -e "$left" ] || echo "Left in place: $left"
  done
  for attached in /run/berth/attachments/*; do
    [ -e "$attached" ] || continue
    echo "Still attached, and released by nobody now: container ${attached##*/}" >&2
  done
}

build() {
  sh "$here/scripts/packages.sh" "$1"
  [ -d "$here/node_modules/bun" ] || (cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
  sh "$here/scripts/build.sh"
}

# Copies a file with its placeholder paths replaced by the prefix's, whole or not at all.
place() {
  mkdir -p "$(dirname "$3")"
  sed "s#/usr/local/bin/berth#$bin#g; s#/usr/local/share/berth#$share#g; s#/usr/local/libexec/berth#$libexec#g
    s#/usr/local/share/containers/oci/hooks.d#$hooks_d#g" "$2" >"$3.new"
  chmod "$1" "$3.new"
  mv -f "$3.new" "$3"
}

install_files() {
  mkdir -p "$prefix/bin"
  cp "$here/dist/berth" "$bin.new"
  chmod 0755 "$bin.new"
  mv -f "$bin.new" "$bin"
  [ -z "$wrapper" ] || ln -sf berth "$link"
  for entry in createRuntime poststop berth-runtime; do place 0755 "$here/hooks/$entry" "$libexec/hooks/$entry"; done
  for hook in berth-createRuntime.json berth-poststop.json; do
    place 0644 "$here/oci-config/podman/$hook" "$hooks_d/$hook"
  done
  for file in runc-hooks.json berth.json berth.schema.json docker/daemon.json docker/compose.yaml \
    podman-precreate/berth-precreate.json quadlet/web1.container systemd/berth-keeper.service; do place 0644 "$here/oci-config/$file" "$share/$file"; done
  for file in $manual_and_completions; do place 0644 "$here/dist/share/$file" "$prefix/share/$file"; done
  if [ -e "$config" ]; then
    echo "$config is there already and stays as it is."
  else
    place 0644 "$here/oci-config/berth.json" "$config"
    echo "$config is new: it says DHCP on the bridge br0."
  fi
}

# Which engines there are here, and whether berth is to be registered with them.
register() {
  for engine in $engines; do "$bin" configure "$engine"; done
  [ -z "$engines" ] || return 0
  for program in dockerd:docker podman:podman crio:crio; do
    command -v "${program%%:*}" >/dev/null 2>&1 || continue
    engine=${program#*:}
    if [ -t 0 ] && [ -t 1 ]; then
      printf "Register berth with %s now ('%s configure %s')? [y/N] " "$engine" "$bin" "$engine"
      read -r answer || answer=
      case $answer in
        [yY]*)
          "$bin" configure "$engine"
          continue
          ;;
      esac
    fi
    echo "To register it with $engine: $bin configure $engine"
  done
}

case $action in
  uninstall) uninstall ;;
  demo)
    build demo
    exec "$(sh "$here/scripts/bun.sh")" "$here/scripts/demo.ts"
    ;;
  install)
    check_link
    build build
    install_files
    install_keeper
    register
    echo "Installed $("$bin" version) as $bin."
    echo "For runc and crun by themselves: $share/runc-hooks.json (README, 'Register')."
    ;;
esac
