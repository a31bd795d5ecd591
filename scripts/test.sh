#!/bin/sh
# Runs the tests: test.sh [unit] [fuzz] [system] [FILE...]; without arguments all of them. The last line is
# "N passed, N failed". System tests need root; they run in network namespaces of their own and leave nothing.
set -eu
cd "$(dirname "$0")/.."

needs_root=1
if [ $# -gt 0 ]; then
  needs_root=
  for word in "$@"; do
    case $word in
      unit | fuzz | test/unit/* | test/fuzz/*) ;;
      *) needs_root=1 ;;
    esac
  done
fi
if [ -n "$needs_root" ] && [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || {
    echo "berth: the system tests need root, and there is no sudo here: run them as root, or only 'npm run test:unit'" >&2
    exit 1
  }
  exec sudo -- env "PATH=$PATH" sh scripts/test.sh "$@"
fi

[ -z "$needs_root" ] || sh scripts/packages.sh test
[ -d node_modules/bun ] || npm ci --no-audit --no-fund --loglevel=error
bun=$(sh scripts/bun.sh)

stale() {
  [ ! -x "$1" ] || [ -n "$(find src package.json scripts/build.sh -newer "$1" -print | head -n 1)" ]
}
if [ -n "$needs_root" ]; then
  ! stale dist/berth || sh scripts/build.sh
  ! stale dist/berth-test || BERTH_TEST_BUILD=1 sh scripts/build.sh
fi
exec "$bun" test/run.ts "$@"
