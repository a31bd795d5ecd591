#!/bin/sh
# Builds dist/berth, one self-contained executable, with the Bun of node_modules.
#
# The two --no-compile-autoload-* flags are a matter of security: without them a bunfig.toml or .env in the
# working directory of whoever starts a container would run code, or change settings, as root.
set -eu
cd "$(dirname "$0")/.."
bun=$(sh scripts/bun.sh)
mkdir -p dist
version=$(node -p 'require("./package.json").version')
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# BERTH_TEST_BUILD=1 makes dist/berth-test, which alone understands BERTH_FAULT (see src/host/fault.ts).
out=dist/berth
faults=false
if [ "${BERTH_TEST_BUILD:-}" = 1 ]; then out=dist/berth-test faults=true; fi
BUN_OPTIONS='' "$bun" build src/main.ts --compile --minify --bytecode --format=cjs \
  --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
  --define "BERTH_VERSION=\"$version\"" --define "BERTH_COMMIT=\"$commit\"" --define "BERTH_FAULTS=$faults" \
  --outfile "$out.new" >/dev/null
mv -f "$out.new" "$out"
# The manual page and the completions, from the same source as the help.
[ "$faults" = true ] || BUN_OPTIONS='' "$bun" scripts/manual.ts dist/share "$(git log -1 --format=%cI 2>/dev/null || true)"
echo "$out $version ($commit)"
