#!/bin/sh
# rotate_certificate.sh SOCKET CRT NEW_PEM: from here on HAProxy answers new connections with this
# certificate; those that are open stay. CRT is the path that the configuration names; it is
# replaced too, so that a restart has the same certificate. No request fails meanwhile.
set -eu
if [ $# -ne 3 ]; then
  echo "usage: rotate_certificate.sh SOCKET CRT NEW_PEM" >&2
  exit 2
fi
socket=$1 crt=$2 new=$3

say() {  # say COMMAND: HAProxy's answer
  printf '%s\n' "$1" | python3 -c '
import socket, sys
edge = socket.socket(socket.AF_UNIX)
edge.connect(sys.argv[1])
edge.sendall(sys.stdin.buffer.read())
edge.shutdown(socket.SHUT_WR)
while part := edge.recv(65536):
    sys.stdout.buffer.write(part)' "$socket"
}

# A payload ends with an empty line, so it must not have one.
answer=$(say "set ssl cert $crt <<
$(grep -v '^$' "$new")
")
case $answer in
  *ransaction*) ;;
  *)
    echo "the certificate was not taken: $answer" >&2
    exit 8
    ;;
esac
answer=$(say "commit ssl cert $crt")
case $answer in
  *Success*) ;;
  *)
    say "abort ssl cert $crt" >/dev/null
    echo "the certificate does not stand: $answer" >&2
    exit 8
    ;;
esac
cp -- "$new" "$crt.next"
chmod 600 "$crt.next"
mv -- "$crt.next" "$crt"
