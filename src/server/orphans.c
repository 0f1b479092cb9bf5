#include <sys/prctl.h>
#include <sys/wait.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "orphans.h"

#define MAX_CHILDREN 8192 /* two for each of the at most 4096 tools */
#define MAX_SWEEPS   1000

static pthread_rwlock_t spawning;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the children */
static pid_t children[MAX_CHILDREN];
static size_t nchildren;

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

static void
add(pid_t pid)
{
	if (pid != 0 && nchildren < MAX_CHILDREN)
		children[nchildren++] = pid;
}

static void
take_out(pid_t pid)
{
	size_t i;

	for (i = 0; i < nchildren; i++) {
		if (children[i] == pid) {
			children[i] = children[--nchildren];
			return;
		}
	}
}

void
orphans_adopt(pid_t a, pid_t b)
{
	pthread_mutex_lock(&lock);
	add(a);
	if (b != a)
		add(b);
	pthread_mutex_unlock(&lock);
}

void
orphans_disown(pid_t a, pid_t b)
{
	pthread_mutex_lock(&lock);
	take_out(a);
	take_out(b);
	pthread_mutex_unlock(&lock);
}

static bool
is_known(pid_t pid)
{
	bool known = false;
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < nchildren && !known; i++)
		known = children[i] == pid;
	pthread_mutex_unlock(&lock);
	return (known);
}

static bool
is_child(pid_t pid)
{
	char path[32], text[256], *end;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		return (false);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	/* `pid (name) state ppid`; the name may hold parentheses. */
	return ((end = strrchr(text, ')')) != NULL && strlen(end) > strlen(") S ") &&
		strtol(end + strlen(") S "), NULL, 10) == getpid());
}

/* One look; true if there was an orphan. */
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
		if (pid <= 0 || !is_child(pid) || is_known(pid))
			continue;
		/* A child's pid is its own until we have waited for it. */
		log_info("orphan pid=%d: its supervisor is gone: SIGKILL", pid);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
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
		continue;
	pthread_rwlock_unlock(&spawning);
}
