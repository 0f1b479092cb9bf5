#!/bin/sh
# build.sh: builds real C projects with `make CC="runtool ... gcc"`, in a root that is put together of
# this host's /usr, and compares every object with that of a build inside the same root. RUNTOOL_PREFIX is
# an installation made for tests; it is removed in the end. RUNTOOL_SOURCES has the projects (sources.sh).
set -eu

# shellcheck source=tests/server.sh
. "$(dirname "$0")/server.sh"

passed=0 failed=0 skipped=0

# summary: as the other test programs end; a skipped test is a failure in CI.
summary() {
	echo "build: $passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] && { [ $skipped -eq 0 ] || [ "${CI:-}" != true ]; }
}

skip() {
	echo "build: skipped: $*"
	skipped=$((skipped + 1))
}

# objects: their checksums, by name.
objects() {
	(cd "$project" && find . -name '*.o' -exec sha256sum {} + | sort -k 2)
}

# compare NAME SUBDIR LEAST MAKEFILE TARGET JOBS: a test; at least LEAST objects must come out.
compare() {
	name=$1 project=$work/$1${2:+/$2}
	cp -R "$sources/$name" "$work/$name"
	chown -R "$server_uid" "$work/$name"
	cc="$dir/bin/runtool -s 127.0.0.1:$server_port -r build -w $project -e PATH=/usr/bin -e TMPDIR=/tmp -q --"
	words=$dir/$name.log

	# Inside: make itself is the tool, and gcc its child.
	$cc make -s -f "$4" "-j$6" CC=gcc "$5" >"$words" 2>&1 || { tail -n 20 "$words"; return 1; }
	objects >"$dir/$name.inside"
	$as_server make -s -C "$project" -f "$4" clean >/dev/null
	# Outside: make runs here, and each compilation in the root.
	$as_server make -s -C "$project" -f "$4" "-j$6" "CC=$cc gcc" "$5" >"$words" 2>&1 ||
	    { tail -n 20 "$words"; return 1; }
	objects >"$dir/$name.outside"
	if [ "$(wc -l <"$dir/$name.outside")" -lt "$3" ]; then
		echo "$name: only $(wc -l <"$dir/$name.outside") objects"
		return 1
	fi
	diff "$dir/$name.inside" "$dir/$name.outside"
}

check() {
	if compare "$@"; then
		passed=$((passed + 1))
	else
		echo "build: $1 failed"
		failed=$((failed + 1))
	fi
}

case ${CK_RUN_SUITE:-build} in
build) ;;
*) summary; exit ;;
esac
sources=$RUNTOOL_SOURCES
server_setup "$RUNTOOL_PREFIX"
if [ ! -d "$sources/lua5.4" ] || [ ! -d "$sources/libtommath" ]; then
	skip 'no sources: tests/sources.sh could not fetch them'
elif [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
	skip 'needs root with CAP_SYS_ADMIN, and / to be a mount point'
else
	work=$dir/work
	as_server="setpriv --reuid $server_uid --regid $server_uid --clear-groups"
	install -d -o "$server_uid" "$work"
	cat >>"$dir/etc/tool_launcher.conf" <<-EOC
		root build
		base tmpfs
		ro /usr /etc/ld.so.cache
		symlink usr/bin /bin
		symlink usr/lib /lib
		symlink usr/lib64 /lib64
		rw $work
		tmpfs /tmp
		proc
		dev
	EOC
	server_start server.log
	check lua5.4 src 30 Makefile liblua.a 8
	# More at once than run and wait at the server: the others are told to try again.
	check libtommath '' 150 makefile.unix libtommath.a 100
	server_stop || { echo "build: the server ended with $stopped"; failed=$((failed + 1)); }
fi
summary
