#!/bin/sh
# mkroot.sh [-gl] DIR: make DIR a root file system for tools, copied from this host: a shell and
# small programs; with -g also a C compiler; with -l by hard links, for measurements: a copy lies
# differently in the page cache, and programs start more slowly from it. Repeated, it brings DIR up
# to date.
set -eu
umask 022
PATH=/usr/sbin:/usr/bin:/sbin:/bin

programs='true false cat tee echo sleep kill ls id env setsid head tail dd mkdir rm cp mv ln touch test
printf pwd uname tr wc seq yes timeout stat date hostname'

die() {
	echo "mkroot.sh: $*" >&2
	exit 1
}

# The path of a program; nothing when there is none. (`command -v` would find the shell's own.)
program() {
	for bin in /usr/bin /bin; do
		if [ -x "$bin/$1" ]; then
			echo "$bin/$1"
			return
		fi
	done
}

# What gcc says about a part of itself: -print-prog-name or -print-file-name, and the part.
gcc_part() {
	part=$(gcc "$1=$2")
	case $part in
	/*) ;;
	*) part=$(program "$2") ;;
	esac
	[ -f "$part" ] || die "gcc's $2 is missing: install gcc (make deps)"
	echo "$part"
}

# Programs and plugins of the compiler: what gcc runs or loads, so their libraries are needed too.
compiler() {
	for name in gcc cc as ld ar make; do
		program "$name"
	done
	for name in cc1 collect2 as ld; do
		gcc_part -print-prog-name "$name"
	done
	gcc_part -print-file-name liblto_plugin.so
	gcc_part -print-file-name libgcc_s.so.1
}

# The files of the packages: headers, start files and libraries. Of libc6 only what is linked
# against; of libgcc not the sanitizers and other languages.
development() {
	libgcc=$(dpkg -S "$(gcc_part -print-file-name libgcc.a)") || exit 1
	packages=$(dpkg -L libc6-dev linux-libc-dev "${libgcc%%: *}") ||
	    die 'libc6-dev, linux-libc-dev or libgcc is missing: install libc6-dev (make deps)'
	{
		echo "$packages" | grep -E '^/usr/include/|^/usr/lib/gcc/.*/(include/|crt|libgcc)|^/usr/lib/[^/]*/[^/]*$'
		dpkg -L libc6 | grep -E '^(/usr)?/lib/[^/]*/[^/]*\.so[.0-9]*$'
	} | while read -r file; do
		if [ -f "$file" ]; then
			echo "$file"
		fi
	done
}

# The shared libraries of programs, and the dynamic loader. ldd fails for static ones: no matter.
libraries() {
	{ ldd "$@" 2>/dev/null || :; } | awk '
		/=> not found/ { print "mkroot.sh: " $1 " is missing on this host" | "cat >&2"; exit 1 }
		/^\t/ { for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }'
}

with_gcc=false
link=
while getopts gl option; do
	case $option in
	g) with_gcc=true ;;
	l) link=--link ;;
	*) die 'usage: mkroot.sh [-gl] DIR' ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || die 'usage: mkroot.sh [-gl] DIR'
root=$1

[ -n "$(program dash)" ] || die 'no dash on this host: install dash'
list=$(program dash; for name in $programs; do program "$name"; done)
files=
if $with_gcc; then
	command -v dpkg >/dev/null || die 'no dpkg on this host: -g copies the files of Debian packages'
	[ -n "$(program gcc)" ] || die 'no gcc on this host: install gcc (make deps)'
	list="$list
$(compiler)"
	files=$(development)
fi
# shellcheck disable=SC2086 # one path a word
libs=$(libraries $list)

# Debian's layout: what was copied from /lib lands in /usr/lib.
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/etc" "$root/dev" "$root/proc"
for name in bin sbin lib lib64; do
	ln -sfnT "usr/$name" "$root/$name" || die "$root/$name is in the way: give an empty directory"
done
printf '%s\n' "$list" "$libs" "$files" | sed '/^$/d' | xargs realpath -s | sort -u |
    xargs cp -L $link --parents --remove-destination -t "$root"
ln -sf dash "$root/usr/bin/sh"
printf '%s\n' 'root:x:0:0:root:/:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/false' \
    >"$root/etc/passwd"
# Without it the loader tries two dozen places for each library. Only root may make it.
/sbin/ldconfig -r "$root" 2>/dev/null || :
mkdir -p "$root/tmp" "$root/.WD"
chmod 1777 "$root/tmp" "$root/.WD"
