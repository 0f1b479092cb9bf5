#!/bin/sh
# bench.sh DIR BENCH [-r ROUNDS]: what launches cost through a RunToolServer with and without
# isolation (see bench/bench.c). BENCH is that program; DIR is an installation made for this (make
# bench); it is removed in the end.
set -eu

# shellcheck source=tests/server.sh
. "$(dirname "$0")/server.sh"

[ $# -ge 2 ] || fail 'usage: bench.sh DIR BENCH [-r ROUNDS]'
bench=$2
server_setup "$1"
shift 2

server_start none.log -o isolate=none
servers="isolate=none 127.0.0.1:$server_port"
if [ "$server_uid" = "$(id -u)" ]; then
	echo 'not root: testing mode, without chroot and isolation'
else
	server_start pid.log -o isolate=pid
	servers="$servers isolate=pid 127.0.0.1:$server_port"
fi
# shellcheck disable=SC2086 # a name and an address a word
"$bench" "$@" "${tool_root%/}/bin/true" $servers
