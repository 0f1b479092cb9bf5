/* keeper.c: the process that starts the tool, and stays until its whole tree is gone. */
#include <sys/wait.h>

#include "helper.h"

#define KEEPER_STACK \
	(256 << 10) /* bytes: a few paths, also of the tool's process before its exec */

static _Alignas(16) char keeper_stack[KEEPER_STACK];

/* Opens what is needed of the host's /proc, before the root is entered. */
static void
open_host(const struct launch *l, struct kept *kept)
{
	*kept = (struct kept){-1, -1};
	if (l->linger != 0)
		kept->watched = open("/proc/self/fdinfo/1", O_RDONLY | O_CLOEXEC);
	if ((l->isolate & CLONE_NEWPID) != 0)
		return;
	kept->processes = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(kept->processes != -1 &&
		 faccessat(kept->processes, "thread-self/children", R_OK, 0) == 0,
	    NO_ISOLATION, "/proc/thread-self/children: cannot find a tool's processes without it");
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
 * All that needs privilege is done before the tool's process exists. The keeper is not dumpable: a
 * tool could trace it otherwise, without setuid or with fs.suid_dumpable.
 */
static int
be_keeper(void *arg)
{
	struct launch *l = arg;
	bool pid_space = (l->isolate & CLONE_NEWPID) != 0;
	bool pipes = (l->isolate & CLONE_NEWNET) != 0 || names_its_output(l->block);
	pid_t keeper = getpid(), tool;
	struct kept kept;
	int dumpable, fd;

	open_host(l, &kept);
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
	keep_begin(&kept);
	/* The child uses our memory until its exec or its end, and we wait for that. */
	if ((tool = vfork()) == 0)    /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
		tool_exec(l, keeper); /* NOLINT(clang-analyzer-unix.Vfork) */
	need(tool != -1, NO_PROCESS, "cannot start a process for the tool");
	if (reporter.failed != 0) {
		waitpid(tool, NULL, 0);
		_exit(reporter.failed);
	}
	report(LAUNCHER_ENDED, keep(l, tool));
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
	be_keeper(l);
	_exit(0);
}
