#!/bin/sh
# Prints the path of the Bun that `npm ci` installed. npm may have been told not to run install scripts, in which case
# the package holds a placeholder: then its own installer is run once, which only links the binary package.
set -eu
cd "$(dirname "$0")/.."
bun=node_modules/bun/bin/bun.exe
[ -f node_modules/bun/package.json ] || { echo "berth: node_modules is missing: run 'npm ci' first" >&2; exit 1; }
if ! "./$bun" --version >/dev/null 2>&1; then
  (cd node_modules/bun && node install.js >&2) || { echo "berth: the bun package could not be set up: run 'npm rebuild bun'" >&2; exit 1; }
fi
echo "$PWD/$bun"
