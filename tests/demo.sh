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

# can_assemble: whether a root can be put together of mounts here: as root, or in a user namespace.
# In a plain chroot it cannot, since its / is no mount.
can_assemble() {
	if [ "$(id -u)" = 0 ]; then
		unshare -m true 2>/dev/null
	else
		unshare -Urmpf --mount-proc true 2>/dev/null
	fi
}

# shipped_root WORK: the root that etc/tool_launcher.conf has as an example, with that directory to
# work in.
shipped_root() {
	sed -n '/^#root host/,/^# ----/ s/^#\([^ ]\)/\1/p' "$tests/../etc/tool_launcher.conf" |
	    sed "s|/var/lib/vruntool/work|$1|"
}

if can_assemble; then
	server_setup "${1:-}"
	root=host work=$dir/work
	install -d -m 755 -o "$server_uid" "$work"
	{
		printf 'caller %s\nroots %s\n' "$server_uid" "$dir/roots"
		shipped_root "$work"
	} >"$dir/etc/tool_launcher.conf"
	sed -i 's/-t$/-u/' "$dir/etc/vesta.cfg"
	echo "== a root for tools, put together from this host's /usr, as etc/tool_launcher.conf shows:"
	shipped_root "$work" | sed 's/^/   /'
else
	server_setup "${1:-}" -g
	root=1 work=$dir/roots/00000001/.WD
	echo '== no mounts here: the root is a copy of the compiler and what it needs'
	[ "$server_uid" != "$(id -u)" ] ||
	    echo '== not even that: testing mode, the tools see the file system of this host'
fi
[ "$server_uid" != "$(id -u)" ] || echo '== not root: nothing here is setuid'
server_start server.log
runtool="$dir/bin/runtool -s 127.0.0.1:$server_port -r $root"
compile="$runtool -e PATH=/usr/bin:/bin -e TMPDIR=/tmp -- gcc -O2 -Wall"
echo "== a server: RunToolServer listens on port $server_port as user $server_uid"

cat >"$work/primes.c" <<'EOT'
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
printf 'int\nmain(void)\n{\n\treturn (zero);\n}\n' >"$work/wrong.c"

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
	must_have usr
	step 1 'what it cannot change' $runtool -e PATH=/usr/bin:/bin touch /usr/bin/mine
	must_have /usr/bin/mine
}
step 0 'what the server says about its host' "$dir/bin/RunToolProbe" "127.0.0.1:$server_port"
must_have max_tools
echo '== the server is stopped; its log:'
server_stop || fail "the server ended with status $stopped"
sed 's/^/   /' "$log"
echo 'demo: ok'
