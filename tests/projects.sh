#!/bin/sh
# projects.sh NAME JOBS CC: builds a project of sources.sh in the current directory, with its own build system, as
# its README says. CC is a compiler, perhaps with a runtool before it: then as runtool(1) says. Run by
# build.sh: outside, and as a tool in the root.
set -eu
jobs=$2 cc=$3
launcher=${cc% *}
[ "$launcher" != "$cc" ] || launcher=

case $1 in
lua5.4)
	make -s -C src "-j$jobs" "CC=$cc" liblua.a
	;;
libtommath)
	make -s -f makefile.unix "-j$jobs" "CC=$cc" libtommath.a
	;;
jansson) # autoconf and libtool, with a Makefile in each directory
	[ -e configure ] || autoreconf -fi
	./configure -q "CC=$cc"
	make -s "-j$jobs" check TESTS=
	;;
json-c)
	cmake -G Ninja -B build -D CMAKE_C_COMPILER=gcc -D "CMAKE_C_COMPILER_LAUNCHER=$launcher" .
	ninja -C build "-j$jobs"
	;;
tinyxml2)
	cpp="'g++'"
	[ -z "$launcher" ] || cpp="'$launcher', $cpp"
	printf '[binaries]\ncpp = [%s]\n' "$cpp" >native.ini
	meson setup --native-file native.ini -D tests=true build
	ninja -C build "-j$jobs"
	;;
crate)
	CARGO_HOME=$PWD/.cargo RUSTC_WRAPPER=$launcher cargo build -v --release --offline "-j$jobs"
	;;
esac </dev/null
