#!/bin/sh
# directions.sh: which folder may include headers of which other ones, so that arrows run one way; and
# that no files include each other in a circle (a .c and its .h are one). Run at the top of the tree.
set -eu
LC_ALL=C

# FOLDER: the folders whose headers it may include, beside its own. Of include/, runtool.h is the public
# library's and launcher.h the contract with the helper.
allowed='
src/server:         src/server/front src/server/fleet src/server/runs src/server/base src/lib launcher.h
src/server/front:   src/server/fleet src/server/runs src/server/base src/lib
src/server/fleet:   src/server/runs src/server/base src/lib runtool.h
src/server/runs:    src/server/base src/lib launcher.h
src/server/base:    src/lib
src/client/runtool: src/lib runtool.h
src/client/probe:   src/client/choose src/lib runtool.h
src/client/library: src/client/choose src/lib runtool.h
src/client/choose:  src/lib runtool.h
src/lib:            runtool.h
helper:             launcher.h
include:
'

# FROM TO, a line for each #include "..." of a header of ours; what make writes (paths.h) is none.
includes() {
	grep -H '^#include "' include/*.h helper/*.[ch] src/*/*.[ch] src/*/*/*.[ch] |
	    sed 's/^\([^:]*\):#include "\(.*\)".*/\1 \2/' |
	    while read -r from name; do
		for to in "${from%/*}/$name" "include/$name" "src/$name"; do
			if [ -e "$to" ]; then
				echo "$from $to"
				continue 2
			fi
		done
		[ "$name" = paths.h ] || echo "$from ?$name"
	done
}

list=$(includes)

echo "$list" | awk -v allowed="$allowed" '
BEGIN {
	n = split(allowed, lines, "\n")
	for (i = 1; i <= n; i++) {
		words = split(lines[i], word, /[: ]+/)
		known[word[1]] = 1
		for (j = 2; j <= words; j++)
			may[word[1], word[j]] = 1
	}
}
{
	from = $1; sub("/[^/]*$", "", from)
	to = $2; sub("/[^/]*$", "", to)
	if (to == "include")
		sub("^include/", "", $2)
	if (!(from in known))
		rule = "the folder " from " is not in the list"
	else if ($2 ~ /^\?/)
		rule = "there is no such header; name it from src/ on, or bare where it stands beside"
	else if (from != to && !((from, to) in may) && !((from, $2) in may))
		rule = from " must not include " (to == "include" ? $2 : to)
	else
		next
	print $1 ": #include " $2 ": " rule
	bad = 1
}
END { exit bad }' >&2 || bad=1

# Public headers apart, a module is a .c and its .h.
circle=$(echo "$list" | grep -v ' include/' | sed 's/\.[ch]\( \|$\)/\1/g' | awk '$1 != $2' |
    tsort 2>&1 >/dev/null | sed 's/^tsort: -: input contains a loop:/circle of files:/; s/^tsort: //')
if [ -n "$circle" ]; then
	echo "$circle" >&2
	bad=1
fi
exit "${bad:-0}"
