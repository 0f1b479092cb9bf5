/*
 * keep.c: what the keeper does while the tool runs: passes signals on, and sees to it that the whole
 * tree goes. All of it is done without privilege.
 */
#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

#include "helper.h"

#define LIFE	  0    /* descriptors of the keeper, once the tool runs */
#define OUTPUTS	  1    /* an epoll set of the tool's outputs; with -linger */
#define MAX_DEPTH 1000 /* of the tree; deeper processes become our children as those above die */

/* Descriptors of the keeper beside these; -1: it has no such one. */
static int processes;	 /* of struct kept */
static int watched;	 /* the same; it tells of OUTPUTS, which has that number when it is read */
static int outputs = -1; /* the set; OUTPUTS in the end */

static void
wake(int sig)
{
	(void)sig;
}

/*
 * Signals all descendants. In a PID namespace we are process 1, and -1 means all others in it. Else
 * /proc lists them; a pid read there could be another's only if all numbers were used meanwhile.
 */
static void
signal_below(pid_t pid, int sig)
{
	static int depth;
	char path[64];
	struct dirent *task;
	DIR *tasks;
	FILE *list;
	int fd;

	if (processes == -1)
		kill(-1, sig);
	snprintf(path, sizeof(path), "%d/task", pid);
	if (processes == -1 || depth == MAX_DEPTH ||
	    (fd = openat(processes, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	if ((tasks = fdopendir(fd)) == NULL)
		close(fd);
	while (tasks != NULL && (task = readdir(tasks)) != NULL) {
		snprintf(path, sizeof(path), "%.20s/children", task->d_name);
		if ((fd = openat(dirfd(tasks), path, O_RDONLY | O_CLOEXEC)) == -1)
			continue;
		if ((list = fdopen(fd, "r")) == NULL)
			close(fd);
		/* NOLINTNEXTLINE(cert-err34-c): the numbers are the kernel's */
		while (list != NULL && fscanf(list, "%d", &pid) == 1) {
			depth++;
			signal_below(pid, sig);
			depth--;
			kill(pid, sig);
		}
		if (list != NULL)
			fclose(list);
	}
	if (tasks != NULL)
		closedir(tasks);
}

/*
 * An output stays in an epoll set until nobody at all holds it any more, us included: we close ours,
 * and so can tell whether others still have it. What cannot be watched, as a file, is not waited
 * for.
 */
void
keep_begin(const struct kept *kept)
{
	struct epoll_event event = {.events = 0};
	int fd;

	processes = kept->processes;
	watched = kept->watched;
	if (watched == -1)
		return;
	outputs = epoll_create1(EPOLL_CLOEXEC);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		epoll_ctl(outputs, EPOLL_CTL_ADD, fd, &event);
}

static bool
outputs_are_held(void)
{
	char text[1024] = "";

	return (watched != -1 && pread(watched, text, sizeof(text) - 1, 0) > 0 &&
		strstr(text, "tfd:") != NULL);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
}

/*
 * Closes what is the tool's, so that its output ends when the tool closes it. Wipes its
 * environment, which others could read in our /proc/PID/cmdline.
 */
static void
let_go(const struct launch *l)
{
	int life = l->life, *kept[] = {&life, &outputs, &processes, &watched}, n = 0;
	char **env;
	size_t i;

	/* LIFE is the first, OUTPUTS the next. All are above 2: none is overwritten unmoved. */
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (*kept[i] != -1)
			*kept[i] = dup2(*kept[i], n++);
	syscall(SYS_close_range, (unsigned int)n, ~0U, 0);
	reporter.err = -1;
	reporter.life = LIFE;
	for (env = l->env; *env != NULL; env++)
		memset(*env, 0, strlen(*env));
}

/* Passes the server's order on. False: it wants the end. */
static bool
take_order(void)
{
	unsigned char order;

	if (recv(LIFE, &order, 1, 0) != 1)
		return (false);
	signal_below(getpid(), order);
	return (true);
}

/*
 * Passes on signals until the tool's process has ended, and nothing holds its output or the time to
 * linger is over; or the server wants the end (end of file). Then kills what is left, again and
 * again, as new processes may appear. A PID namespace the kernel ends together with its process 1.
 */
int
keep(const struct launch *l, pid_t tool)
{
	const struct timespec rescan = {.tv_nsec = 20000000}, look = {.tv_nsec = 5000000};
	struct pollfd life = {.fd = LIFE, .events = POLLIN};
	bool to_the_last = (l->isolate & CLONE_NEWPID) == 0 || l->hold, wanted = true, goes_on;
	int64_t linger_us = (l->linger < INT_MAX ? (int64_t)l->linger : INT_MAX) * 1000000;
	int status = 0, ended;
	int64_t end = 0;
	sigset_t waiting; /* all others are blocked since main() */
	pid_t pid;

	let_go(l);
	sigfillset(&waiting);
	sigdelset(&waiting, SIGCHLD);
	signal(SIGCHLD, wake);
	for (;;) {
		while ((pid = waitpid(-1, &ended, WNOHANG)) > 0) {
			if (pid != tool)
				continue;
			status = ended;
			tool = 0;
			getrusage(RUSAGE_CHILDREN, &reporter.used);
			end = now_us();
		}
		goes_on =
		    wanted &&
		    (tool != 0 || (pid != -1 && outputs_are_held() && now_us() - end < linger_us));
		if (goes_on) {
			if (ppoll(&life, 1, tool == 0 ? &look : NULL, &waiting) == 1)
				wanted = take_order();
			continue;
		}
		if (tool == 0 && reporter.linger_us == 0)
			reporter.linger_us = now_us() - end;
		if (pid == -1 || !to_the_last)
			return (status);
		signal_below(getpid(), SIGKILL);
		ppoll(NULL, 0, &rescan, &waiting);
	}
}
