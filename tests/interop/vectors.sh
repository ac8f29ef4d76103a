#!/bin/sh
# vectors.sh BUILD VECTORS: do the checkers in go/ and python/ answer every vector as its file says?
# The C++ tests answer the same files. Exit codes: 0 yes, 1 no, 77 a checker cannot run here.
set -eu
build=$1
. "${0%/*}/checkers.sh"
wrong=0
go_answer=$(go_check vectors "$2") || wrong=1
python_answer=$(python_check vectors "$2") || wrong=1
printf 'go: %s\npython: %s\n' "$go_answer" "$python_answer"
exit "$wrong"
