#!/bin/sh
# Are the files in vectors/ still what their generators write? Runs every generator with --check.
# Exit codes: 0 yes, 1 no, 77 there is no python3 here, or one without its standard library.
cd "${0%/*}" || exit 1
needed='base64, copy, hashlib, json, math, pathlib, random, re, struct, unicodedata'
if ! python3 -c "import $needed" 2>&1; then
  echo "SKIPPED: the generators need python3 with its standard library"
  exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
failed=0
generators="$(echo make_*vectors.py) make_tiny_models.py"
# The table of code points is Unicode 14.0's, and other Pythons have others.
if python3 -c 'import sys, unicodedata; sys.exit(unicodedata.unidata_version != "14.0.0")'; then
  generators="$generators make_unicode_classes.py"
fi
for generator in $generators; do
  if python3 "$generator" --check; then
    echo "$generator: as written"
  else
    echo "$generator: not what it writes"
    failed=1
  fi
done
exit $failed
