/* descendants.c: the processes below this one, without a cgroup or a PID namespace to hold them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper.h"

/* More are found by the next look: their parents are dead then, and they are our children. */
#define MAX_KNOWN 4096

static pid_t known[MAX_KNOWN];
static size_t nknown;

int descendants_proc = -1;

void
descendants_open(void)
{
	descendants_proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descendants_proc == -1)
		fail(LAUNCHER_NO_ISOLATION, errno,
		    "/proc: cannot find a tool's processes without it");
}

static bool
is_known(pid_t pid)
{
	size_t i;

	for (i = nknown; i > 0; i--)
		if (known[i - 1] == pid)
			return (true);
	return (false);
}

/* The parent of the process whose /proc directory `dir` is; 0 when it is gone. */
static pid_t
parent_of(int dir)
{
	char text[256], *end;
	ssize_t n;
	int fd;

	if ((fd = openat(dir, "stat", O_RDONLY | O_CLOEXEC)) == -1)
		return (0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return (0);
	text[n] = '\0';
	/* `pid (name) state ppid`; the name may hold anything, parentheses too. */
	if ((end = strrchr(text, ')')) == NULL || strlen(end) < sizeof(") S "))
		return (0);
	return ((pid_t)strtol(end + strlen(") S "), NULL, 10));
}

/*
 * The signal goes out as soon as a descendant is seen, so that one which keeps forking and leaving
 * has no time to; and through its directory, which is a pidfd: its pid may be somebody else's by
 * now.
 */
static void
look_at(int proc, const char *name, int sig)
{
	pid_t pid = (pid_t)strtol(name, NULL, 10), parent;
	int dir;

	if (pid <= 0 || (dir = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	parent = parent_of(dir);
	if (!is_known(pid) && (parent == getpid() || (parent != 0 && is_known(parent)))) {
		syscall(SYS_pidfd_send_signal, dir, sig, NULL, 0);
		if (nknown < MAX_KNOWN)
			known[nknown++] = pid;
	}
	close(dir);
}

/* One look at all processes, in the order of their pids. True if it found any of ours. */
static bool
look(int sig)
{
	size_t before = nknown;
	struct dirent *entry;
	DIR *dir;
	int fd;

	if ((fd = openat(descendants_proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (false);
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return (false);
	}
	while ((entry = readdir(dir)) != NULL)
		look_at(fd, entry->d_name, sig);
	closedir(dir);
	return (nknown > before);
}

/*
 * Pids begin anew at their maximum, so a child may come before its parent: seen by the next look.
 */
void
descendants_signal(int sig)
{
	nknown = 0;
	while (look(sig) && nknown < MAX_KNOWN)
		continue;
}
