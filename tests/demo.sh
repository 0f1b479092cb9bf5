#!/bin/sh
# demo.sh DIR: compiles and runs a C program through a RunToolServer. DIR is an installation made for
# this (make demo); it is removed in the end.
set -eu

# shellcheck source=tests/server.sh
. "$(dirname "$0")/server.sh"

# step STATUS WHAT COMMAND...: announces and runs the command, shows its output (it stays in
# $dir/output) and checks its exit status.
step() {
	want=$1
	echo "== $2:"
	shift 2
	echo "   \$ $*"
	got=0
	"$@" >"$dir/output" 2>&1 || got=$?
	sed 's/^/   /' "$dir/output"
	[ $got -eq "$want" ] || fail "exit status $got instead of $want"
}

# The last step's output must be this, or have a line with it.
must_be() {
	[ "$(cat "$dir/output")" = "$1" ] || fail "the output should be: $1"
}
must_have() {
	grep -qF -e "$1" "$dir/output" || fail "the output should have: $1"
}

server_setup "${1:-}" -g
if [ "$server_uid" = "$(id -u)" ]; then
	echo '== not root: testing mode, without chroot. The tools see the file system of this host.'
fi
server_start server.log
runtool="$dir/bin/runtool -s 127.0.0.1:$server_port -r 1"
compile="$runtool -e PATH=/usr/bin:/bin -e TMPDIR=/tmp -- gcc -O2 -Wall"
echo "== a server: RunToolServer listens on port $server_port as user $server_uid"

cat >"$dir/roots/00000001/.WD/primes.c" <<'EOT'
#include <stdio.h>

#define LIMIT 50

/* Prints the primes below LIMIT, by the sieve of Eratosthenes. */
int
main(void)
{
	char composite[LIMIT] = {0};

	printf("primes below %d:", LIMIT);
	for (int n = 2; n < LIMIT; n++) {
		if (composite[n])
			continue;
		printf(" %d", n);
		for (int multiple = n * n; multiple < LIMIT; multiple += n)
			composite[multiple] = 1;
	}
	printf("\n");
	return (0);
}
EOT
printf 'int\nmain(void)\n{\n\treturn (zero);\n}\n' >"$dir/roots/00000001/.WD/wrong.c"

# shellcheck disable=SC2086 # $runtool and $compile are commands with arguments
{
	step 0 'a program is compiled' $compile -o primes primes.c
	must_be ''
	step 0 'and run' $runtool ./primes
	must_be 'primes below 50: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47'
	step 1 'an error of the compiler, in its own words, and its exit status' $compile -c wrong.c
	must_have "wrong.c:4:17: error: 'zero' undeclared"
	step 0 'who the tool is' $runtool -e PATH=/usr/bin:/bin id
	must_have "uid=$server_uid"
	step 0 'what it sees' $runtool -e PATH=/usr/bin:/bin ls /
	must_be "$(LC_ALL=C ls "$tool_root")"
}
step 0 'what the server says about its host' "$dir/bin/RunToolProbe" "127.0.0.1:$server_port"
must_have max_tools
echo '== the server is stopped; its log:'
server_stop || fail "the server ended with status $stopped"
sed 's/^/   /' "$log"
echo 'demo: ok'
