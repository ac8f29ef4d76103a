#!/bin/sh
# vectors.sh BUILD VECTORS: do the checkers in go/ and python/ answer every vector as its file says?
# The C++ tests answer the same files. Exit codes: 0 yes, 1 no, 77 a checker cannot run here.
set -eu
build=$1
. "${0%/*}/checkers.sh"
echo "go: $(go_check vectors "$2")"
echo "python: $(python_check vectors "$2")"
