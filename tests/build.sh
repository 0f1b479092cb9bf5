#!/bin/sh
# build.sh: a test program: builds real C projects with `make CC="runtool ... gcc"`, in a root that is put together of
# this host's /usr, and compares every object with that of a build inside the same root. RUNTOOL_PREFIX is
# an installation made for tests; it is removed in the end. RUNTOOL_SOURCES has the projects (sources.sh).
set -eu

# shellcheck source=tests/testing.sh
. "${0%/*}/testing.sh"
testing_begin build 60 1 "$@"
# shellcheck source=tests/server.sh
. "${0%/*}/server.sh"

# objects: their checksums, by name.
objects() {
	(cd "$project" && find . -name '*.o' -exec sha256sum {} + | sort -k 2)
}

# unpack NAME SUBDIR: the project, where it can be built.
unpack() {
	name=$1 project=$work/$1${2:+/$2} words=$dir/$1.log
	[ -d "$work/$1" ] || cp -R "$sources/$1" "$work/$1"
	chown -R "$server_uid" "$work/$1"
}

# compare NAME SUBDIR LEAST MAKEFILE TARGET JOBS WHERE...: a test; at least LEAST objects must come out.
# WHERE are options of runtool, which choose the server.
compare() {
	unpack "$1" "$2"
	least=$3 makefile=$4 target=$5 jobs=$6
	shift 6
	cc="$dir/bin/runtool $* -r build -w $project -e PATH=/usr/bin -e TMPDIR=/tmp -q --"

	# Inside: make itself is the tool, and gcc its child.
	if [ ! -e "$dir/$name.inside" ]; then
		$cc make -s -f "$makefile" "-j$jobs" CC=gcc "$target" >"$words" 2>&1 || { tail -n 20 "$words"; return 1; }
		objects >"$dir/$name.inside"
	fi
	$as_server make -s -C "$project" -f "$makefile" clean >/dev/null
	# Outside: make runs here, and each compilation in the root.
	$as_server make -s -C "$project" -f "$makefile" "-j$jobs" "CC=$cc gcc" "$target" >"$words" 2>&1 ||
	    { tail -n 20 "$words"; return 1; }
	objects >"$dir/$name.outside"
	if [ "$(wc -l <"$dir/$name.outside")" -lt "$least" ]; then
		echo "$name: only $(wc -l <"$dir/$name.outside") objects"
		return 1
	fi
	diff "$dir/$name.inside" "$dir/$name.outside"
}

# watch: asks both servers how busy they are, over and over, while the file of that name is there.
watch() {
	: >"$dir/watching"
	while [ -e "$dir/watching" ]; do
		"$dir/bin/RunToolProbe" "$one" "$other" && echo && sleep 0.05
	done >"$dir/watched" &
}

# were_busy: what watch saw. Both ran at least a quarter of the tools, and in four samples of five no request
# waited at one while the other had a free slot.
were_busy() {
	awk -v one="$one" '
		function queue(s) { return value["cur_pending", s] > 0 }
		function room(s) { return value["cur_tools", s] < value["max_tools", s] }
		$1 == "server" { s = $2 != one }
		$1 == "runs" && !(s in before) { before[s] = $2 }
		NF { value[$1, s] = $2 }
		!NF && s { samples++; bad += (queue(0) && room(1)) || (queue(1) && room(0)) }
		END {
			for (s in before)
				ran[s] = value["runs", s] - before[s]
			print "ran " ran[0] " and " ran[1] "; idle beside a queue: " bad + 0 " of " samples
			exit !(ran[0] * 3 >= ran[1] && ran[1] * 3 >= ran[0] && samples >= 10 && bad * 5 <= samples)
		}
	' "$dir/watched"
}

# spread WHERE...: a build over two servers.
spread() {
	watch
	spread_status=0
	compare lua5.4 src 30 Makefile liblua.a 8 "$@" || spread_status=1
	rm "$dir/watching"
	wait $!
	were_busy && return $spread_status
}

# check NAME COMMAND...: a test.
check() {
	if testing_next "$1"; then
		testing_run "$1" words "$@"
	fi
}

words() {
	tail -n 40 "$logs"/*.log
}

lua_is_the_same() {
	compare lua5.4 src 30 Makefile liblua.a 8 -s "$one"
}

# More at once than run and wait at the server: the others are told to try again.
tommath_is_the_same_a_hundred_at_once() {
	compare libtommath '' 150 makefile.unix libtommath.a 100 -s "$one"
}

a_platform_shares_a_build() {
	spread -c "$dir/etc/farm.cfg" -p farm
}

an_area_shares_a_build() {
	spread -c "$dir/etc/vesta.cfg" -a build
}

skip_all() {
	if [ "${RUNTOOL_LEVEL:-check}" = long ]; then
		testing_skip 4 "$1"
	else
		testing_skip 3 "$1"
	fi
}

sources=$RUNTOOL_SOURCES
if [ ! -d "$sources/lua5.4" ] || [ ! -d "$sources/libtommath" ]; then
	skip_all 'the sources of lua5.4 and libtommath (tests/sources.sh)'
fi
if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
	skip_all 'root with CAP_SYS_ADMIN, and / to be a mount point'
fi
server_setup "$RUNTOOL_PREFIX"
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
install -d -o "$server_uid" "$dir/fleet"
cat >>"$dir/etc/vesta.cfg" <<-EOC
	[Run_Tool_Fleet]
	dir = $dir/fleet
	area = build
	advertise = 127.0.0.1
EOC
server_start server.log
one=127.0.0.1:$server_port
check lua_is_the_same
testing_from long
check tommath_is_the_same_a_hundred_at_once
testing_from check
server_start other.log
other=127.0.0.1:$server_port
cat >"$dir/etc/farm.cfg" <<-EOC
	[Evaluator]
	NegligibleExternalLoadPerCPU = 1000
	[farm]
	hosts = $one $other
EOC
check a_platform_shares_a_build
check an_area_shares_a_build
server_stop
testing_end
