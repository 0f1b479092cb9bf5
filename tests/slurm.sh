#!/bin/sh
# slurm.sh: a test program: a fleet of servers on a real Slurm with three nodes, by the installed batch script
# and the start_command of runtool-fleet(7). RUNTOOL_PREFIX is an installation made for tests.
set -eu

# shellcheck source=tests/testing.sh
. "${0%/*}/testing.sh"
testing_begin slurm 40 2 "$@"
# shellcheck source=tests/cluster.sh
. "${0%/*}/cluster.sh"

tests='
load_takes_the_fleet_to_three_nodes_and_its_end_empties_the_cluster
a_full_cluster_is_asked_once_and_work_goes_on
a_job_told_to_drain_finishes_its_tools
a_cancelled_job_is_made_up_for
a_lost_server_is_made_up_for
tools_stay_within_their_job
'

# ---- the fleet: each job has a processor, and so room for one tool, and the memory of most of a node

configure() {
	start=$(sed -n 's/^start_command = \(n=.*sbatch.*\)/\1/p' \
	    "$RUNTOOL_PREFIX/share/man/man7/runtool-fleet.7" |
	    sed "s|/usr/local|$RUNTOOL_PREFIX|; s|-c 2 --mem=4000|-c 1 --mem=600 -o $work/%%j.log|")
	cat >"$VESTACONFIG" <<-EOC
		[Run_Tool]
		allow = 127.0.0.0/8 10.98.0.0/24
		VolatileRootName = $RUNTOOL_PREFIX/roots
		helper_switches = $switches
		sync_after_tool = 0
		kill_grace = 1
		drain_timeout = 20

		[Run_Tool_Fleet]
		dir = $fleet
		start_command = $start
		start_interval = 1
		start_load_limit = 1000
		max_servers = 3
		loaded_at = 2
		idle_timeout = 10
		touch_interval = 1
		stale_after = 3
		ping_tries = 2
		ping_timeout = 1
	EOC
	install -d -o "$server_uid" "$fleet" "$work"
	if [ "$(id -u)" = 0 ]; then
		chgrp "$server_uid" "$RUNTOOL_PREFIX/libexec/runtool/tool_launcher"
		chmod 4750 "$RUNTOOL_PREFIX/libexec/runtool/tool_launcher"
	fi
	printf '%s\n' "caller $server_uid" "roots $RUNTOOL_PREFIX/roots" >"$RUNTOOL_PREFIX/etc/tool_launcher.conf"
}

# As this user, with what runtool remembers of hosts in the cluster's directory.
run_as() {
	if [ "$(id -u)" = 0 ]; then
		as="--reuid $1 --regid $1 --clear-groups" run=$cluster/run.$1
		install -d -m 700 -o "$1" "$run"
	else
		as='--inh-caps=-all --ambient-caps=-all' run=$cluster/run
		install -d -m 700 "$run"
	fi
	shift
	# shellcheck disable=SC2086 # words
	XDG_RUNTIME_DIR=$run setpriv $as "$RUNTOOL_PREFIX/bin/runtool" -a default -w / "$@"
}

client() {
	run_as $((server_uid + 1)) "$@"
}

# One that may start a server where there is none.
first_client() {
	run_as "$server_uid" "$@"
}

jobs() {
	squeue -h -n runtool-default -t "$1" -o %i
}

records() {
	ls -A "$fleet"
}

# processes NAMES: of one of these names, separated by |; as files in /proc.
processes() {
	grep -lsE "^($1)\$" /proc/[0-9]*/comm || :
}

# All that is registered is told to leave: where a test is not about what an idle server does.
end_fleet() {
	for name in $(records); do
		kill "$(process_of "$name")"
	done
	await is_over
}

# Of the server with this record.
process_of() {
	name=${1%:*}
	echo "${name##*-}"
}

is_over() {
	count 0 jobs PD,CF,R,CG && count 0 records &&
	    count 0 processes 'RunToolServer|tool_launcher|runtool-starter|slurmstepd'
}

# ---- load: twelve clients, one request after the other each, until it is enough

loads='1 2 3 4 5 6 7 8 9 10 11 12'

load_begins() {
	rm -f "$work"/enough "$work"/err.*
	load_pids=
	for i in $loads; do
		while [ ! -e "$work/enough" ]; do
			client -- /bin/sh -c 'hostname; sleep 0.3'
		done >>"$work/out.$i" 2>"$work/err.$i" &
		load_pids="$load_pids $!"
	done
}

# All of it went well, and nothing was said.
load_ends() {
	: >"$work/enough"
	for pid in $load_pids; do
		expect wait "$pid"
	done
	cat "$work"/err.*
	expect count 0 cat "$work"/err.*
}

# Where tools have run since forget_places.
places() {
	sort -u "$work"/out.*
}

forget_places() {
	for i in $loads; do
		: >"$work/out.$i"
	done
}

# ---- tests

state_is() {
	scontrol -o show job "$1" | grep -q " JobState=$2 "
}

load_takes_the_fleet_to_three_nodes_and_its_end_empties_the_cluster() {
	first_client /bin/true
	expect count 1 jobs R
	load_begins
	await count 3 records
	ids=$(jobs R)
	expect count 3 echo "$ids"
	forget_places
	await count 3 places
	load_ends
	await is_over
	for id in $ids; do
		expect state_is "$id" COMPLETED
	done
}

a_full_cluster_is_asked_once_and_work_goes_on() {
	sbatch -J other -w n2,n3 -N 2 --exclusive -o /dev/null --wrap='sleep infinity'
	await count 1 squeue -h -n other -t R
	first_client /bin/true
	load_begins
	await count 1 jobs PD
	# There is time for several attempts.
	sleep 4
	expect count 1 jobs PD
	expect count 1 jobs R
	forget_places
	await count 1 places
	scancel -n other
	await count 3 records
	load_ends
	end_fleet
}

a_job_told_to_drain_finishes_its_tools() {
	first_client /bin/true
	job=$(jobs R)
	mkfifo "$work/go"
	exec 9<>"$work/go"
	client /bin/sh -c 'echo started; read -r go; echo done' <&9 >"$work/out.1" &
	await grep -q started "$work/out.1"
	scancel --signal=TERM --batch "$job"
	await count 0 records
	first_client /bin/true
	expect count 2 jobs R
	echo >&9
	expect wait $!
	expect grep -q "done" "$work/out.1"
	await state_is "$job" COMPLETED
	end_fleet
}

a_cancelled_job_is_made_up_for() {
	first_client /bin/true
	client /bin/sh -c 'echo started; sleep 60' >"$work/out.1" &
	await grep -q started "$work/out.1"
	scancel "$(jobs R)"
	status=0
	wait $! || status=$?
	expect [ $status != 0 ]
	first_client /bin/true
	expect count 1 records
	end_fleet
}

a_lost_server_is_made_up_for() {
	first_client /bin/true
	lost=$(records)
	first_client --retry 1 /bin/sh -c 'echo started; sleep 6' >"$work/out.1" &
	await grep -q started "$work/out.1"
	kill -KILL "$(process_of "$lost")"
	await test ! -e "$fleet/$lost"
	expect wait $!
	end_fleet
}

tools_stay_within_their_job() {
	first_client /bin/true
	client /bin/use 1000 &
	await count 1 processes use
	expect grep -q '^Cpus_allowed_list:	[0-9]*$' "$(processes use | sed 's/comm$/status/')"
	expect wait $!
	if [ -f "$cluster/cgroup.conf" ]; then
		status=0
		client /bin/use 0 900000 || status=$?
		expect [ $status = 137 ]
	fi
	expect count 1 records
	client /bin/true
	end_fleet
}

# ---- running them

words() {
	tail -n 40 "$work"/*.log
	ls "$fleet"
	squeue
}

# After a test that failed.
clear_cluster() {
	: >"$work/enough"
	squeue -h -o %i | xargs -r scancel
	await is_over || rm -f "$fleet"/*
}

needs=$(cluster_needs)
if [ -n "$needs" ]; then
	testing_skip "$(echo "$tests" | wc -w)" "$needs"
fi
if [ -z "${cluster:-}" ]; then
	trap cluster_clean EXIT
	trap 'exit 1' HUP INT TERM
	cluster_run "$0" "$@"
	exit
fi
if [ "$(id -u)" = 0 ]; then
	server_uid=${RUNTOOL_UID:-1879052222} # to whom the launcher belongs
	switches=
else
	server_uid=$(id -u)
	switches=-u
fi
fleet=$cluster/fleet work=$cluster/work
export VESTACONFIG="$cluster/vesta.cfg"
configure
cluster_start runtool-test:"$server_uid"
for name in $tests; do
	testing_next "$name" || continue
	rm -f "$work"/*
	testing_run "$name" words "$name"
	[ $testing_status = 0 ] || clear_cluster
done
testing_end
