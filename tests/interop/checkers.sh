# Sourced by the tests: `go_check` and `python_check` run the two checkers with the words given, or
# the test ends as skipped. $build is a folder of the build tree for what Go builds.
here=$(cd -- "${0%/*}" && pwd)
built=0
sh "$here/build_go.sh" "$build" || built=$?
[ "$built" = 0 ] || exit "$built"
python=
for candidate in python3 /usr/bin/python3; do  # Debian's package is Debian's Python's
  if "$candidate" -c 'import cryptography' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "SKIPPED: no python3 with cryptography here (Debian: python3 python3-cryptography)"
  exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
go_check() { "$build/interop" "$@"; }
python_check() { "$python" "$here/python/check.py" "$@"; }
