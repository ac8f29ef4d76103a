#!/bin/sh
# types.sh NODE OUT PAGES: do the types of the pages and of their verifier hold? The compiler looks
# for packages beside the sources only, so they are looked at as a copy beside OUT/node_modules.
set -eu
copy=$2/types
rm -rf "$copy"
mkdir -p "$copy"
cp -R "$3/src" "$3/verify" "$3/tsconfig.json" "$copy"
"$1" "$2/tests/node_modules/typescript/bin/tsc" -p "$copy"
echo "the types hold"
