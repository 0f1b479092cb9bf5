#!/bin/sh
# bench.sh DIR BENCH FLOOD [-r ROUNDS]: what launches cost through a RunToolServer beside posix_spawn,
# what each isolation and kind of root adds, and how fast output comes back (see bench/bench.c). BENCH is
# that program, FLOOD one that writes much; DIR is an installation made for this (make bench); it is
# removed in the end.
# shellcheck disable=SC2086 # options and subjects are lists of words
set -eu

# shellcheck source=tests/server.sh
. "$(dirname "$0")/server.sh"

[ $# -ge 3 ] || fail 'usage: bench.sh DIR BENCH FLOOD [-r ROUNDS]'
bench=$2 flood=$3
# Not everybody may make hard links to the system's files.
if [ "$(id -u)" = 0 ]; then
	link=-l
else
	link=
	echo 'not root: testing mode, without chroot and isolation; rootless, from a root of copies'
fi
server_setup "$1" $link
install -m 755 "$flood" "$dir/roots/00000001/bin/flood"
shift 3

# Roots by number: 1 is a volatile one; 2 is what a block `volatile` would make of all such roots.
mkdir -p "$dir/roots/00000001/proc" "$dir/work"
cat >"$dir/etc/tool_launcher.conf" <<EOT
caller $server_uid
roots $dir/roots

root mounts
handle 2
base $dir/roots/00000001
isolate pid
tmpfs /tmp
proc
dev

root named
handle 3
base tmpfs
ro /usr /etc/ld.so.cache
symlink usr/bin /bin
symlink usr/lib /lib
symlink usr/lib64 /lib64
rw $dir/work as /.WD
tmpfs /tmp
proc
dev
EOT
plain=$dir/libexec/runtool/tool_launcher-plain # not setuid
install -m 755 "$dir/libexec/runtool/tool_launcher" "$plain"

# serve OPTION...: one more server, which runs as many tools at once as there are clients; otherwise
# as installed. Sets address.
served=0
serve() {
	server_start "$((served += 1)).log" -o server_max_threads=4 "$@"
	address=127.0.0.1:$server_port
}

# offer NAME ROOT: a subject of the second table, unless nothing can be launched there: in a plain
# chroot, and in many containers, nothing can be mounted.
ratios=
offer() {
	if "$dir/bin/runtool" -s "$address" -r "$2" -- /bin/true; then
		ratios="$ratios $1 $address $2"
	else
		echo "left out: $1"
	fi
}

# The subjects: a name, an address and a root each. What sync() costs is the disk's doing, so it is
# shown apart in the first table, and left out of the second.
nosync='-o sync_after_tool=0'
old='-o max_interface_version=4'
if [ "$(id -u)" = 0 ]; then
	serve $nosync -o isolate=none
	in_f="none $address 1"
	relays="none $address 1"
	serve $nosync -o isolate=pid
	in_f="$in_f pid $address 1"
	serve -o isolate=pid
	in_f="$in_f pid,sync $address 1"
	serve $nosync $old -o isolate=none
	in_f="$in_f version-4,none $address 1"
	relays="$relays version-4,none $address 1"
	serve $nosync $old -o isolate=pid
	in_f="$in_f version-4,pid $address 1"
	for isolate in none pid pid+ipc pid+ipc+uts pid+ipc+uts+net; do
		serve $nosync -o "isolate=$(echo $isolate | tr + ' ')"
		offer $isolate 1
	done
	serve $nosync -o isolate=none
	offer pid+mounts 2
	offer named 3
	as_server="setpriv --reuid $server_uid --regid $server_uid --clear-groups"
else
	serve $nosync -o helper_switches=-t -o isolate=none
	in_f="testing $address 1"
	relays="testing $address 1"
	serve $nosync -o helper_switches=-t -o isolate=none
	offer testing 1
	as_server=
fi
if $as_server "$plain" -u -check -isolate pid -err 1 -root "$dir/roots"; then
	serve $nosync -o "helper=$plain" -o helper_switches=-u -o isolate=pid
	offer rootless,pid 1
	offer rootless,named 3
else
	printf '\nleft out: rootless\n'
fi

"$bench" "$@" -f "${tool_root%/}/bin/true" $in_f
echo
"$bench" "$@" $ratios
echo
"$bench" "$@" -m "$dir/roots/00000001/bin/flood" $relays
cat <<EOT

without sync() after the tool unless it says so, and:
version-4   the old interface: two connections back for each tool
pid+mounts  a tmpfs, proc and dev; by \`base DIRECTORY\`, a block \`volatile\` costs the same
named       base tmpfs, ro /usr, rw .WD, a tmpfs, proc, dev; pid+ipc
rootless    helper_switches = -u
EOT
