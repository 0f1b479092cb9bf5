#include <sys/prctl.h>
#include <sys/wait.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"
#include "server/base/process.h"
#include "orphans.h"

#define MAX_LAUNCHERS 4097 /* the most that server_max_threads allows, and the starter */
#define MAX_SWEEPS    1000
#define SWEEP_US      1000 /* for the killed to end */

/* One set for the process: children are the process's, and so is being a subreaper. */
static pthread_rwlock_t spawning;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the launchers */
static pid_t launchers[MAX_LAUNCHERS];
static size_t nlaunchers;

int
orphans_init(void)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	/* A sweep must not wait for ever while tools start all the time. */
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&spawning, &attr);
	pthread_rwlockattr_destroy(&attr);
	return (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

void
orphans_spawn_begin(void)
{
	pthread_rwlock_rdlock(&spawning);
}

void
orphans_spawn_end(void)
{
	pthread_rwlock_unlock(&spawning);
}

void
orphans_spare(pid_t launcher)
{
	pthread_mutex_lock(&lock);
	if (nlaunchers < MAX_LAUNCHERS)
		launchers[nlaunchers++] = launcher;
	pthread_mutex_unlock(&lock);
}

void
orphans_spare_no_more(pid_t launcher)
{
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < nlaunchers && launchers[i] != launcher; i++)
		continue;
	if (i < nlaunchers)
		launchers[i] = launchers[--nlaunchers];
	pthread_mutex_unlock(&lock);
}

static bool
is_launcher(pid_t pid)
{
	bool found = false;
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < nlaunchers && !found; i++)
		found = launchers[i] == pid;
	pthread_mutex_unlock(&lock);
	return (found);
}

/* A child of ours in a process group that no launcher leads. */
static bool
is_orphan(pid_t pid)
{
	struct process p;

	return (process_look(pid, &p) && p.parent == getpid() && !is_launcher(p.group));
}

/* Looks once; true if there was an orphan. */
static bool
sweep(void)
{
	struct dirent *entry;
	bool found = false;
	pid_t pid;
	DIR *proc;

	if ((proc = opendir("/proc")) == NULL)
		return (false);
	while ((entry = readdir(proc)) != NULL) {
		pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || !is_orphan(pid))
			continue;
		/* A child's pid is its own until we have waited for it. */
		kill(pid, SIGKILL);
		if (waitpid(pid, NULL, WNOHANG) == pid)
			log_info("orphan pid=%d: its keeper is gone: killed", pid);
		found = true;
	}
	closedir(proc);
	return (found);
}

void
orphans_sweep(void)
{
	int i;

	pthread_rwlock_wrlock(&spawning);
	for (i = 0; i < MAX_SWEEPS && sweep(); i++)
		usleep(SWEEP_US);
	pthread_rwlock_unlock(&spawning);
}
