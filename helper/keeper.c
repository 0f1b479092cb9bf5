/* keeper.c: starts the tool, passes signals on, and stays until its whole tree is gone. */
#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

#include "helper.h"

#define KEEPER_STACK (8 << 20) /* libc's execvp() may copy the arguments there */
#define LIFE	     0	       /* descriptors of the keeper, once the tool runs */
#define OUTPUTS	     1	       /* an epoll set of the tool's outputs; with -linger */
#define MAX_DEPTH    1000 /* of the tree; deeper processes become our children as those above die */

static _Alignas(16) char keeper_stack[KEEPER_STACK];
/* Descriptors of the keeper beside these; -1: it has no such one. */
static int processes = -1; /* the host's /proc; without a PID namespace */
static int outputs = -1;   /* the set; OUTPUTS in the end */
static int watched = -1;   /* what /proc tells of OUTPUTS; with -linger */

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

/* With -hold: while there is no tool, somebody may look into the root, until the server sends 0. */
static void
hold(const struct launch *l, int dumpable)
{
	unsigned char order = 1;

	if (!l->hold)
		return;
	prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
	report(LAUNCHER_HELD, (l->isolate & CLONE_NEWNS) != 0);
	while (order != 0)
		if (recv(reporter.life, &order, 1, 0) != 1 || order == SIGKILL)
			_exit(LAUNCHER_NO_PROCESS);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Where a tool may open its output by name, as /dev/stdout: no socket can be opened so. */
static bool
names_its_output(const struct block *b)
{
	const struct mount *m;

	for (m = b->mounts; m < b->mounts + b->nmounts; m++)
		if (m->kind == PROC || m->kind == DEV)
			return (true);
	return (false);
}

/*
 * The tool gets a pipe in place of a socket; the server gets the pipe's other end, and the socket.
 * What has a network of its own must not hold one of the host's, which it could connect to elsewhere.
 */
static void
replace_socket(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct launcher_message m = {.kind = LAUNCHER_PIPE, .value = fd, .keeper = reporter.keeper};
	struct iovec data = {&m, sizeof(m)};
	struct msghdr msg = {.msg_iov = &data, .msg_control = control};
	struct cmsghdr *c = (struct cmsghdr *)control;
	int ends[2];
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISSOCK(st.st_mode))
		return;
	must(fd != STDIN_FILENO, NO_ISOLATION, "descriptor 0 is a socket");
	need(pipe2(ends, O_CLOEXEC) == 0, NO_ISOLATION, "pipe");
	msg.msg_iovlen = 1;
	msg.msg_controllen = sizeof(control);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), (int[]){ends[0], fd}, 2 * sizeof(int));
	need(sendmsg(reporter.life, &msg, MSG_NOSIGNAL) != -1 && dup2(ends[1], fd) != -1,
	    NO_ISOLATION, "descriptor %d is a socket", fd);
}

/*
 * An output stays in an epoll set until nobody at all holds it any more, us included: we close ours,
 * and so can tell whether others still have it. What cannot be watched, as a file, is not waited
 * for.
 */
static void
watch_outputs(void)
{
	struct epoll_event event = {.events = 0};
	int fd;

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
 * Passes on signals until the tool's process has ended, and nothing holds its output or `linger_us`
 * are over; or the server wants the end (end of file). Then kills what is left, again and again, as
 * new processes may appear (`to_the_last`; else the kernel does it, when we exit). Returns the
 * tool's wait status.
 */
static int
keep(pid_t tool, int64_t linger_us, bool to_the_last)
{
	const struct timespec rescan = {.tv_nsec = 20000000}, look = {.tv_nsec = 5000000};
	struct pollfd life = {.fd = LIFE, .events = POLLIN};
	bool wanted = true, goes_on;
	int status = 0, ended;
	int64_t end = 0;
	sigset_t waiting; /* all others are blocked since main() */
	pid_t pid;

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

/*
 * All that needs privilege is done before the tool's process exists. The keeper is not dumpable: a
 * tool could trace it otherwise, without setuid or with fs.suid_dumpable.
 */
static int
be_keeper(void *arg)
{
	struct launch *l = arg;
	bool pid_space = (l->isolate & CLONE_NEWPID) != 0;
	bool pipes = (l->isolate & CLONE_NEWNET) != 0 || names_its_output(l->block);
	int64_t linger = l->linger < INT_MAX ? (int64_t)l->linger : INT_MAX;
	pid_t keeper = getpid(), tool;
	int dumpable, fd;

	/* It tells of what has that number when it is read. */
	if (l->linger != 0)
		watched = open("/proc/self/fdinfo/1", O_RDONLY | O_CLOEXEC);
	root_enter(l);
	privilege_drop();
	dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Without a namespace the keeper must outlive the server, to end the tree. */
	if (pid_space)
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if ((l->isolate & CLONE_NEWNET) != 0)
		replace_socket(STDIN_FILENO);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO && pipes; fd++)
		replace_socket(fd);
	hold(l, dumpable);
	if (watched != -1)
		watch_outputs();
	/* The child uses our memory until its exec or its end, and we wait for that. */
	if ((tool = vfork()) == 0)    /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
		tool_exec(l, keeper); /* NOLINT(clang-analyzer-unix.Vfork) */
	need(tool != -1, NO_PROCESS, "cannot start a process for the tool");
	if (reporter.failed != 0) {
		waitpid(tool, NULL, 0);
		_exit(reporter.failed);
	}
	let_go(l);
	/* The kernel ends a PID namespace together with its process 1. */
	report(LAUNCHER_ENDED, keep(tool, linger * 1000000, !pid_space || l->hold));
	hold(l, dumpable);
	_exit(0);
}

/*
 * In a PID namespace the keeper is process 1, and a child of the server instead of ours, and we
 * exit. So one process less stays with each tool, and the server sees the end one process switch
 * earlier. The kernel writes the keeper's pid, as the server sees it, before the keeper runs.
 * Without a PID namespace the launcher itself becomes the keeper.
 */
void
keeper_start(struct launch *l)
{
	const int flags = CLONE_NEWPID | CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD;

	if ((l->isolate & CLONE_NEWPID) != 0) {
		if (clone(be_keeper, keeper_stack + KEEPER_STACK, flags, l, &reporter.keeper) == -1)
			fail(errno == EAGAIN ? LAUNCHER_NO_PROCESS : LAUNCHER_NO_ISOLATION, errno,
			    "cannot make a PID namespace (`isolate` in vesta.cfg, "
			    "tool_launcher.conf)");
		_exit(0);
	}
	need(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, NO_PROCESS, "child subreaper");
	processes = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(processes != -1 && faccessat(processes, "thread-self/children", R_OK, 0) == 0,
	    NO_ISOLATION, "/proc/thread-self/children: cannot find a tool's processes without it");
	be_keeper(l);
	_exit(0);
}
