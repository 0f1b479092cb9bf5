# cluster.sh, sourced by slurm.sh: a Slurm of its own, from Debian's packages and without systemd. Four
# hosts on a network of their own, each with a network namespace and a name: `head` for its controller
# (and for those who source this), n1 to n3 for its nodes. All of its files are in $cluster, and its
# processes end with the PID namespace that cluster_run makes. Somebody else than root needs the capabilities
# of a user namespace, and is the only user: of the daemons, too.
# shellcheck shell=sh disable=SC2034 # variables for those who source it

cluster_nodes='n1 n2 n3'
cluster_pid=
PATH=$PATH:/usr/sbin:/sbin

# cluster_needs: something that is missing here; nothing when there is all.
cluster_needs() {
	if ! unshare --mount --net --uts --cgroup true 2>/dev/null; then
		echo 'root with CAP_SYS_ADMIN, or user namespaces'
		return
	fi
	for program in munged slurmctld slurmd sbatch; do
		command -v $program >/dev/null || { echo "$program (make deps-check)"; return; }
	done
}

# cluster_run COMMAND...: runs it in namespaces in which there is nothing but what it starts, and in a cgroup
# of its own where the host has those that Slurm can use (cgroup v1); $cluster is a directory for it.
cluster_run() {
	cluster=$(mktemp -d "${TMPDIR:-/tmp}/runtool-cluster.XXXXXX")
	chmod 755 "$cluster"
	cluster_cgroups=
	for name in freezer memory cpuset; do
		parent=/sys/fs/cgroup/$name
		mkdir "$parent/${cluster##*/}" 2>/dev/null || continue
		cluster_cgroups="$cluster_cgroups $name"
		if [ $name = cpuset ]; then
			cat $parent/cpuset.cpus >"$parent/${cluster##*/}/cpuset.cpus"
			cat $parent/cpuset.mems >"$parent/${cluster##*/}/cpuset.mems"
		fi
	done
	export cluster cluster_cgroups
	# shellcheck disable=SC2016 # expanded inside
	sh -c 'for name in $cluster_cgroups; do echo $$ >/sys/fs/cgroup/$name/${cluster##*/}/tasks; done
	    exec unshare --mount --net --uts --ipc --cgroup --pid --fork --kill-child --mount-proc "$@"' \
	    sh "$@" &
	cluster_pid=$! cluster_status=0
	wait $cluster_pid || cluster_status=$?
	cluster_pid=
	return $cluster_status
}

# cluster_clean: takes away what cluster_run has made, and what still runs.
cluster_clean() {
	# With unshare its child is killed, which is the init of all the others.
	[ -z "$cluster_pid" ] || kill -KILL "$cluster_pid"
	for name in ${cluster_cgroups:-}; do
		await cluster_rmdir "/sys/fs/cgroup/$name/${cluster##*/}" || :
	done
	rm -rf "${cluster:-}"
}

cluster_rmdir() {
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# Where names are known: users and hosts.
cluster_names() {
	mkdir "$cluster/etc"
	for user in "$@"; do
		echo "${user%%:*}:x:${user##*:}:${user##*:}::/nonexistent:/usr/sbin/nologin" >>"$cluster/etc/passwd"
		echo "${user%%:*}:x:${user##*:}:" >>"$cluster/etc/group"
	done
	cat /etc/passwd >>"$cluster/etc/passwd"
	cat /etc/group >>"$cluster/etc/group"
	echo 127.0.0.1 localhost >"$cluster/etc/hosts"
	for host in head $cluster_nodes; do
		echo "$(cluster_address "$host") $host" >>"$cluster/etc/hosts"
	done
	for file in passwd group hosts; do
		"$RUNTOOL_PREFIX/roots/00000001/bin/bind" "$cluster/etc/$file" /etc/$file
	done
}

cluster_address() {
	case $1 in
	head) echo 10.98.0.254 ;;
	*) echo "10.98.0.${1#n}" ;;
	esac
}

# Proctrack by cgroup also finds what a job left to init; without it the memory is not limited either.
cluster_config() {
	if [ "$cluster_cgroups" = ' freezer memory cpuset' ]; then
		track=cgroup tasks=task/cgroup,task/affinity
		for name in $cluster_cgroups; do
			mkdir -p "$cluster/cgroup/$name"
			mount -t cgroup -o "$name" none "$cluster/cgroup/$name"
		done
		cat >"$cluster/cgroup.conf" <<-EOC
			CgroupPlugin=cgroup/v1
			CgroupMountpoint=$cluster/cgroup
			ConstrainRAMSpace=yes
			ConstrainCores=yes
		EOC
	else
		track=linuxproc tasks=task/affinity
	fi
	cat >"$cluster/slurm.conf" <<-EOC
		ClusterName=test
		SlurmctldHost=head($(cluster_address head))
		SlurmUser=$cluster_user
		SlurmdUser=$cluster_user
		AuthType=auth/munge
		AuthInfo=socket=$cluster/munge/socket
		StateSaveLocation=$cluster/state
		SlurmdSpoolDir=$cluster/spool-%n
		SlurmctldPidFile=$cluster/slurmctld.pid
		SlurmdPidFile=$cluster/slurmd-%n.pid
		SlurmctldLogFile=$cluster/log/slurmctld
		SlurmdLogFile=$cluster/log/slurmd-%n
		ProctrackType=proctrack/$track
		TaskPlugin=$tasks
		MailProg=/bin/true
		MpiDefault=none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU_Memory
		SchedulerType=sched/builtin
		SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
		SlurmdParameters=config_overrides
		ReturnToService=2
		KillWait=3
		NodeName=n[1-3] CPUs=$(nproc) RealMemory=1000
		PartitionName=all Nodes=ALL Default=YES
	EOC
	export SLURM_CONF="$cluster/slurm.conf"
}

cluster_network() {
	ip link set lo up
	ip link add bridge type bridge
	ip addr add "$(cluster_address head)/24" dev bridge
	ip link set bridge up
}

# A host: its namespaces are those of a process that sleeps. Sets cluster_host.
cluster_host() {
	unshare --net --uts sh -c "hostname $1 && ip link set lo up && exec sleep infinity" &
	cluster_host=$!
	await grep -qx sleep /proc/$cluster_host/comm
	ip link add "to-$1" type veth peer name eth0 netns $cluster_host
	ip link set "to-$1" master bridge up
	nsenter -t $cluster_host -n ip addr add "$(cluster_address "$1")/24" dev eth0
	nsenter -t $cluster_host -n ip link set eth0 up
}

# cluster_start NAME:UID...: starts a cluster with these users, in namespaces made by cluster_run, and waits
# until all of its nodes are idle.
cluster_start() {
	cluster_user=root daemon='' force=''
	if [ "$(id -u)" != 0 ]; then
		cluster_user=${1%%:*} daemon='setpriv --inh-caps=-all --ambient-caps=-all' force=--force
	fi
	hostname head
	cluster_names "$@"
	cluster_network
	cluster_config
	mkdir "$cluster/munge" "$cluster/state" "$cluster/log"
	(umask 077 && head -c 1024 /dev/urandom >"$cluster/munge/key")
	# In a user namespace / seems to belong to nobody: hence force.
	$daemon munged $force --foreground --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
	    --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" \
	    --seed-file="$cluster/munge/seed" >/dev/null 2>&1 &
	await test -S "$cluster/munge/socket"
	$daemon slurmctld -D >/dev/null 2>&1 &
	for node in $cluster_nodes; do
		mkdir "$cluster/spool-$node"
		cluster_host "$node"
		# shellcheck disable=SC2086 # words
		nsenter -t $cluster_host -n -u $daemon slurmd -D -N "$node" >/dev/null 2>&1 &
	done
	await cluster_is_idle
}

cluster_is_idle() {
	[ "$(sinfo -h -t idle -o %D)" = 3 ] && [ -z "$(squeue -h)" ]
}
