#!/bin/sh
# build_go.sh FOLDER: builds the checker in go/ as FOLDER/interop, offline, from Debian's
# golang-golang-x-mod-dev. Exit codes: 0 built, 77 Go or the package is not here.
set -eu
source=$(cd -- "${0%/*}/go" && pwd)
mkdir -p "$1"
folder=$(cd -- "$1" && pwd)
if ! command -v go >/dev/null; then
  echo "SKIPPED: no go here (Debian: golang-go)"
  exit 77
fi
if ! [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; then
  echo "SKIPPED: no golang.org/x/mod here (Debian: golang-golang-x-mod-dev)"
  exit 77
fi
# Debian's libraries stand in a GOPATH, not in modules.
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOPROXY=off GOTOOLCHAIN=local
export GOCACHE="$folder/cache"
cd "$source"
go build -o "$folder/interop" .
