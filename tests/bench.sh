#!/bin/sh
# bench.sh DIR BENCH [-r ROUNDS]: what launches cost through a RunToolServer with and without
# isolation (see bench/bench.c). BENCH is that program; DIR is an installation made for this (make
# bench); it is removed in the end.
set -eu

# shellcheck source=tests/server.sh
. "$(dirname "$0")/server.sh"

[ $# -ge 2 ] || fail 'usage: bench.sh DIR BENCH [-r ROUNDS]'
bench=$2
server_setup "$1" -l
shift 2

# As many tools at once as there are clients; else as installed. What sync() costs is the disk's
# doing, so it is shown apart.
if [ "$server_uid" = "$(id -u)" ]; then
	echo 'not root: testing mode, without chroot and isolation'
	server_start testing.log -o server_max_threads=4
	servers="testing 127.0.0.1:$server_port"
else
	server_start none.log -o server_max_threads=4 -o isolate=none
	servers="isolate=none 127.0.0.1:$server_port"
	server_start pid.log -o server_max_threads=4 -o isolate=pid
	servers="$servers isolate=pid 127.0.0.1:$server_port"
	server_start nosync.log -o server_max_threads=4 -o isolate=pid -o sync_after_tool=0
	servers="$servers isolate=pid,no-sync 127.0.0.1:$server_port"
fi
# shellcheck disable=SC2086 # a name and an address a word
"$bench" "$@" "${tool_root%/}/bin/true" $servers
