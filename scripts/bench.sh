#!/bin/sh
# Measures berth beside the other ways to give a container an address (README, "How it compares"). Needs root; installs what
# it compares with; takes a few minutes.   bench.sh [--json FILE]
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || {
    echo "berth: the benchmark needs root, and there is no sudo here: run it as root" >&2
    exit 1
  }
  exec sudo -- env "PATH=$PATH" sh scripts/bench.sh "$@"
fi
sh scripts/packages.sh bench
[ -d node_modules/bun ] || npm ci --no-audit --no-fund --loglevel=error
sh scripts/build.sh
exec "$(sh scripts/bun.sh)" test/bench/main.ts "$@"
