# server.sh, sourced by demo.sh and bench.sh: servers of their own, from an installation in $dir that
# is removed again in the end. As root: with the setuid helper, as a user whom nothing else belongs
# to. Otherwise: in testing mode, without chroot.
# shellcheck shell=sh disable=SC2034 # variables for those who source it

umask 022 # what is made here is for the server's user too
server_wait=100 # tenths of a second that a server may take to listen, or to end

fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# server_setup DIR [-g | -l]: takes over the installation in DIR, makes the tool's root (see mkroot.sh) and
# the configuration. Sets server_uid, and tool_root: where the tool's / is on this host.
server_setup() {
	if [ ! -x "$1/sbin/RunToolServer" ] || [ ! -d "$1/etc" ]; then
		fail "usage: ${0##*/} DIR; install there first: make install PREFIX=DIR SYSCONFDIR=DIR/etc"
	fi
	dir=$(cd "$1" && pwd)
	# In memory: the server's sync() after a tool would write every line of its log to the disk.
	logs=$(mktemp -d /dev/shm/runtool.XXXXXX 2>/dev/null || mktemp -d)
	server_pids=
	trap 'server_cleanup' EXIT
	trap 'exit 1' HUP INT TERM
	tests=${0%/*}
	"$tests/mkroot.sh" ${2:+"$2"} "$dir/roots/00000001"

	cat >"$dir/etc/vesta.cfg" <<-EOT
		[Run_Tool]
		SRPC_port = 0
		drain_timeout = 0
		listen = 127.0.0.1
		VolatileRootName = $dir/roots
	EOT
	if [ "$(id -u)" = 0 ]; then
		server_uid=${RUNTOOL_UID:-1879052224}
		tool_root=$dir/roots/00000001
		printf '%s\n' "caller $server_uid" "roots $dir/roots" >"$dir/etc/tool_launcher.conf"
		chgrp "$server_uid" "$dir/libexec/runtool/tool_launcher"
		chmod 4750 "$dir/libexec/runtool/tool_launcher"
	else
		server_uid=$(id -u)
		tool_root=/
		echo 'helper_switches = -t' >>"$dir/etc/vesta.cfg"
	fi
}

# server_start LOG [OPTION...]: starts a server and waits until it listens. Sets server_port.
server_start() {
	log=$logs/$1
	shift
	set -- "$dir/sbin/RunToolServer" -f -c "$dir/etc/vesta.cfg" "$@"
	if [ "$(id -u)" = 0 ]; then
		set -- setpriv --reuid "$server_uid" --regid "$server_uid" --clear-groups "$@"
	fi
	: >"$log"
	"$@" </dev/null >"$log" 2>&1 &
	server_pids="$server_pids $!"
	tenths=0
	until server_port=$(sed -n 's/.*listening on 127\.0\.0\.1 port \([0-9]*\).*/\1/p' "$log") &&
	    [ -n "$server_port" ]; do
		server_runs $! || fail "RunToolServer did not start"
		[ $((tenths += 1)) -le $server_wait ] || fail "RunToolServer does not listen"
		sleep 0.1
	done
}

# Whether the process is there and no zombie.
server_runs() {
	case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
	'' | Z) return 1 ;;
	esac
}

# server_stop: ends all servers. Fails when one had to be killed or did not exit with 0.
server_stop() {
	stopped=0
	for pid in $server_pids; do
		kill -TERM "$pid" 2>/dev/null || :
		tenths=0
		while server_runs "$pid" && [ $((tenths += 1)) -le $server_wait ]; do
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" || stopped=$?
	done
	server_pids=
	return $stopped
}

server_cleanup() {
	status=$?
	trap '' HUP INT TERM
	server_stop || [ $status -ne 0 ] || { echo "${0##*/}: a server ended with $stopped" >&2; status=1; }
	if [ $status -ne 0 ]; then
		tail -n 20 "$logs"/*.log >&2 2>/dev/null || :
	fi
	rm -rf "$logs" "${dir:?}"/*
	rmdir "$dir" 2>/dev/null || : # it may be a mount point
	exit $status
}
