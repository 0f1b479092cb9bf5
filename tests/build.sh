#!/bin/sh
# build.sh: a test program: builds real projects (projects.sh) with runtool before the compiler, in a root that is put
# together of this host's /usr, and compares every object with that of a build inside the same root. RUNTOOL_PREFIX
# is an installation made for tests; it is removed in the end. RUNTOOL_SOURCES has the projects (sources.sh).
set -eu

# shellcheck source=tests/testing.sh
. "${0%/*}/testing.sh"
testing_begin build 60 1 "$@"
# shellcheck source=tests/server.sh
. "${0%/*}/server.sh"

# ---- builds -----------------------------------------------------------------------------------

# with_runtool VARIABLE=VALUE... COMMAND...: as the server's user, or $client, with no other variables. As a build
# engineer would have them: what is the same for all runs is in the environment.
with_runtool() {
	setpriv --reuid "$client" --regid "$client" --clear-groups env -i "PATH=$dir/bin:/usr/bin:/bin" \
	    HOME="$work" XDG_RUNTIME_DIR="$dir/run" TMPDIR=/tmp "VESTACONFIG=$dir/etc/vesta.cfg" RUNTOOL_ROOT=build RUNTOOL_DIRECTORY=here \
	    RUNTOOL_ENV='PATH TMPDIR' "$@"
}

# unpack NAME: a copy of the project, always in the same place, as that may be in the objects.
unpack() {
	name=$1 project=$work/$1
	rm -rf "$project"
	if [ "$name" = crate ]; then
		make_crate "$project"
	else
		cp -R "$sources/$name" "$project"
	fi
	chown -R "$server_uid" "$project"
}

# objects: their checksums, by name.
objects() {
	(cd "$project" && find . '(' -name '*.o' -o -name '*.rlib' -o -path './target/release/crate' ')' \
	    -exec sha256sum {} + | sort -k 2)
}

# inside LEAST: the project's build is a tool in the root. At least LEAST objects must come out.
inside() {
	[ ! -e "$dir/$name.inside" ] || return 0
	(cd "$project" && with_runtool "RUNTOOL_SERVER=$one" runtool sh "$work/projects.sh" "$name" 4 gcc) >"$words" 2>&1
	objects >"$dir/$name.inside"
	expect test "$(wc -l <"$dir/$name.inside")" -ge "$1"
	unpack "$name"
}

# outside JOBS VARIABLE=VALUE...: the project's build is here, and each of its compilations in the root.
outside() {
	jobs=$1
	shift
	(cd "$project" && with_runtool "$@" sh "$work/projects.sh" "$name" "$jobs" 'runtool gcc')
}

# is_same: what came out. A compiler's words are read by programs: nothing of ours may be among them.
is_same() {
	objects >"$dir/$name.outside"
	diff "$dir/$name.inside" "$dir/$name.outside"
	expect count 0 grep '^runtool: ' "$words"
}

# same NAME LEAST JOBS VARIABLE=VALUE...: the whole of it.
same() {
	unpack "$1"
	inside "$2"
	shift 2
	outside "$@" >"$words" 2>&1
	is_same
}

# ---- one server -------------------------------------------------------------------------------

lua_is_the_same() {
	same lua5.4 30 4 "RUNTOOL_SERVER=$one"
}

# More at once than run and wait at the server: the others are told to try again.
tommath_is_the_same_a_hundred_at_once() {
	same libtommath 150 100 "RUNTOOL_SERVER=$one"
}

autotools_with_libtool_and_subdirectories_are_the_same() {
	same jansson 20 4 "RUNTOOL_SERVER=$one"
}

cmake_with_ninja_is_the_same() {
	same json-c 20 4 "RUNTOOL_SERVER=$one"
}

meson_is_the_same() {
	same tinyxml2 2 4 "RUNTOOL_SERVER=$one"
}

# A crate whose build script writes code, and which asks for what cargo tells by variables.
make_crate() {
	install -d "$1/src"
	printf '[package]\nname = "crate"\nversion = "1.2.3"\nedition = "2021"\n' >"$1/Cargo.toml"
	cat >"$1/build.rs" <<-'EOC'
		fn main() {
		    let dir = std::env::var("OUT_DIR").unwrap();
		    std::fs::write(dir + "/made.rs", "pub const MADE: &str = \"made\";").unwrap();
		    println!("cargo:rustc-cfg=built");
		    println!("cargo:rustc-env=TOLD=by the script");
		}
	EOC
	cat >"$1/src/lib.rs" <<-'EOC'
		include!(concat!(env!("OUT_DIR"), "/made.rs"));
		#[cfg(built)]
		pub fn told() -> &'static str { env!("TOLD") }
	EOC
	cat >"$1/src/main.rs" <<-'EOC'
		fn main() {
		    println!("{} {} {}", env!("CARGO_PKG_VERSION"), crate_::MADE, crate_::told());
		}
	EOC
	printf '[lib]\nname = "crate_"\n' >>"$1/Cargo.toml"
}

# The server's own variables for all runs, and those that cargo sets for rustc.
cargo_with_a_build_script_is_the_same() {
	same crate 2 4 "RUNTOOL_SERVER=$one" "RUNTOOL_ENV=PATH TMPDIR CARGO_* OUT_DIR TOLD"
	expect test "$("$project/target/release/crate")" = '1.2.3 made by the script'
	expect grep -q 'Running.*runtool' "$words"
}

# ---- two servers ------------------------------------------------------------------------------

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

# spread VARIABLE=VALUE...: a build over two servers.
spread() {
	watch
	spread_status=0
	same lua5.4 30 8 "$@" || spread_status=1
	rm "$dir/watching"
	wait $!
	were_busy && return $spread_status
}

a_platform_shares_a_build() {
	spread RUNTOOL_PLATFORM=farm
}

an_area_shares_a_build() {
	spread RUNTOOL_AREA=build
}

with_one_host_of_two_down_configure_finds_the_same() {
	same jansson 20 4 RUNTOOL_PLATFORM=half
}

# ---- what happens in the middle of a build ----------------------------------------------------

# begin_build NAME LEAST VARIABLE=VALUE...: and waits until a few objects are there. It has a process group, as
# in a terminal.
begin_build() {
	unpack "$1"
	inside "$2"
	shift 2
	(cd "$project" && with_runtool "$@" setsid --wait env --default-signal=INT,QUIT \
	    sh "$work/projects.sh" "$name" 4 'runtool gcc') >"$words" 2>&1 &
	build=$!
	await some_objects
}

some_objects() {
	[ "$(find "$project" -name '*.o' | wc -l)" -ge 5 ]
}

# own_server: one for this test alone, which runs in a subshell. A restart goes on at its address.
own_server() {
	server_pids=
	trap 'server_stop || :' EXIT
	server_start own.log -o drain_timeout=60
	own=127.0.0.1:$server_port own_pid=$!
}

# another_server: takes its place.
another_server() {
	server_pids=
	server_start next.log -o "SRPC_port=${own##*:}"
}

a_server_may_be_restarted() {
	own_server
	begin_build lua5.4 30 "RUNTOOL_SERVER=$own" RUNTOOL_WAIT=60
	kill -TERM "$own_pid"
	another_server
	expect wait "$own_pid"
	expect wait "$build"
	is_same
}

a_server_may_be_killed() {
	own_server
	begin_build lua5.4 30 "RUNTOOL_SERVER=$own" RUNTOOL_WAIT=60 RUNTOOL_RETRY=3
	kill -KILL "$own_pid"
	another_server
	expect wait "$build"
	is_same
}

is_idle() {
	"$dir/bin/RunToolProbe" "$one" | grep -qx 'cur_tools *0'
}

an_interrupt_leaves_nothing() {
	begin_build lua5.4 30 "RUNTOOL_SERVER=$one"
	group=$(ps -o pid= --ppid "$build" | tr -d ' ')
	kill -INT "-$group"
	if wait "$build"; then
		echo 'the build ended with 0'
		return 1
	fi
	await count 0 ps -o pid= -g "$group"
	await is_idle
	# What make left is whole.
	outside 4 "RUNTOOL_SERVER=$one" >"$words" 2>&1
	is_same
}

# ---- ccache -----------------------------------------------------------------------------------

# cached WHAT OPTION...: compiles version.c behind ccache, as runtool(1) says, in a root whose compiler and whose
# headers we may change; and whether that was a hit or a miss.
cached() {
	what=$1
	shift
	set -- with_runtool "PATH=$dir/links:$dir/bin:/usr/local/bin:/usr/bin:/bin" RUNTOOL_ROOT=changing \
	    "RUNTOOL_SERVER=$one" "CCACHE_DIR=$project/cache" "CCACHE_TEMPDIR=$project/temporary" CCACHE_NODIRECT=1 \
	    CCACHE_COMPILERCHECK='runtool stat -L --format=%s:%Y /usr/local/bin/gcc' "$@"
	(cd "$project" && "$@" ccache -z && "$@" ccache gcc -c -o version.o version.c &&
	    "$@" ccache --print-stats) >"$words" 2>&1
	expect grep -qx "$what	1" "$words"
}

# change FILE TEXT: of the root; its time is another one, too.
change() {
	printf '%s\n' "$2" >"$dir/changing/$1"
	touch -d "@$((changes += 1))" "$dir/changing/$1"
}
changes=1000000000

ccache_hits_where_the_root_is_the_same_and_misses_where_it_is_not() {
	project=$work/cached
	install -d -o "$server_uid" "$project" "$project/temporary"
	echo '#include <version.h>' >"$project/version.c"
	change include/version.h 'int version = 1;'
	change bin/gcc '#!/bin/sh
		exec /usr/bin/gcc "$@"'
	chmod 755 "$dir/changing/bin/gcc"
	cached cache_miss
	cp "$project/version.o" "$dir/version.o"
	cached preprocessed_cache_hit
	change include/version.h 'int version = 2;'
	cached cache_miss
	expect test "$(sha256sum <"$dir/version.o")" != "$(sha256sum <"$project/version.o")"
	change include/version.h 'int version = 1;'
	cached preprocessed_cache_hit
	expect cmp "$dir/version.o" "$project/version.o"
	change bin/gcc '#!/bin/sh
		exec /usr/bin/gcc -g "$@"'
	cached cache_miss
}

# As there. The cache is the client's alone; where the sources and the temporary files are both may write.
ccache_serves_a_client_that_is_another_user() {
	client=$((server_uid + 1)) project=$work/others
	set -- "XDG_RUNTIME_DIR=$dir/run-$client" CCACHE_UMASK=0
	install -d -m 700 -o "$client" "$dir/run-$client"
	install -d -m 777 -o "$client" "$project" "$project/temporary"
	install -d -m 700 -o "$client" "$project/cache"
	echo '#include <version.h>' >"$project/version.c"
	change include/version.h 'int version = 1;'
	change bin/gcc '#!/bin/sh
		exec /usr/bin/gcc "$@"'
	cached cache_miss "$@"
	expect test "$(stat -c %u "$project/version.o")" = "$server_uid"
	cp "$project/version.o" "$dir/version.o"
	cached preprocessed_cache_hit "$@"
	expect cmp "$dir/version.o" "$project/version.o"
	expect test "$(stat -c %u "$project/version.o")" = "$client"
	change include/version.h 'int version = 2;'
	cached cache_miss "$@"
	expect test "$(sha256sum <"$dir/version.o")" != "$(sha256sum <"$project/version.o")"
	change include/version.h 'int version = 1;'
	cached preprocessed_cache_hit "$@"
	expect cmp "$dir/version.o" "$project/version.o"
}

# ---- running them -----------------------------------------------------------------------------

# check NAME: a test.
check() {
	if testing_next "$1"; then
		testing_run "$1" say_more "$1"
	fi
}

say_more() {
	tail -n 20 "$words"
	tail -n 20 "$logs"/*.log
}

if [ "${RUNTOOL_LEVEL:-check}" = long ]; then
	projects='lua5.4 libtommath jansson json-c tinyxml2' programs='autoreconf libtoolize cmake ninja meson ccache cargo' number=14
else
	projects=lua5.4 programs='' number=3
fi
sources=$RUNTOOL_SOURCES
for project in $projects; do
	[ -d "$sources/$project" ] || testing_skip $number "the sources of $projects (tests/sources.sh)"
done
for program in $programs; do
	command -v "$program" >/dev/null || testing_skip $number "$program (make deps-long)"
done
if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
	testing_skip $number 'root with CAP_SYS_ADMIN, and / to be a mount point'
fi
server_setup "$RUNTOOL_PREFIX"
work=$dir/work words=$dir/words client=$server_uid
install -d -o "$server_uid" "$work"
cp "$tests/projects.sh" "$work"
cat >>"$dir/etc/tool_launcher.conf" <<-EOC
	root build
	base tmpfs
	ro /usr /etc/ld.so.cache
	ro-try /etc/alternatives
	symlink usr/bin /bin
	symlink usr/lib /lib
	symlink usr/lib64 /lib64
	rw $work
	tmpfs /tmp
	proc
	dev
EOC
install -d "$dir/changing/bin" "$dir/changing/include"
cat >>"$dir/etc/tool_launcher.conf" <<-EOC
	root changing
	base tmpfs
	ro /usr /etc/ld.so.cache
	symlink usr/bin /bin
	symlink usr/lib /lib
	symlink usr/lib64 /lib64
	ro $dir/changing/bin as /usr/local/bin
	ro $dir/changing/include as /usr/local/include
	rw $work
	tmpfs /tmp
EOC
"$dir/bin/runtool" --links "$dir/links" gcc
install -d -o "$server_uid" "$dir/fleet"
install -d -m 700 -o "$server_uid" "$dir/run"
cat >>"$dir/etc/vesta.cfg" <<-EOC
	[Run_Tool_Fleet]
	dir = $dir/fleet
	area = build
	advertise = 127.0.0.1
	[Evaluator]
	NegligibleExternalLoadPerCPU = 1000
EOC
server_start server.log
one=127.0.0.1:$server_port
check lua_is_the_same
testing_from long
check tommath_is_the_same_a_hundred_at_once
check autotools_with_libtool_and_subdirectories_are_the_same
check cmake_with_ninja_is_the_same
check meson_is_the_same
check cargo_with_a_build_script_is_the_same
check a_server_may_be_restarted
check a_server_may_be_killed
check an_interrupt_leaves_nothing
check ccache_hits_where_the_root_is_the_same_and_misses_where_it_is_not
check ccache_serves_a_client_that_is_another_user
cat >>"$dir/etc/vesta.cfg" <<-EOC
	[half]
	hosts = 127.0.0.1:1 $one
EOC
check with_one_host_of_two_down_configure_finds_the_same
testing_from check
server_start other.log
other=127.0.0.1:$server_port
cat >>"$dir/etc/vesta.cfg" <<-EOC
	[farm]
	hosts = $one $other
EOC
check a_platform_shares_a_build
check an_area_shares_a_build
server_stop
testing_end
