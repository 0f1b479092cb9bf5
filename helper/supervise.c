/* supervise.c: the tool's keeper: starts it, passes on signals, and sees all of its tree gone. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

#define NO_PID_SPACE "cannot make a PID namespace (or say isolate = none)"
#define INIT_STACK   65536
#define LIFE	     0 /* descriptors of the keeper, once the tool runs */
#define CHILDREN     1
#define PROC	     2 /* without a namespace */
#define RESCAN_MS    20

static _Alignas(16) char init_stack[INIT_STACK];

struct keeper {
	const struct launch *l;
	pid_t tool;
	bool ended; /* the tool's own process */
	int status; /* its wait status */
};

/* Every signal is blocked in us from main() on, so that SIGCHLD can be read. */
static int
open_children(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if ((fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		fail(LAUNCHER_NO_PROCESS, errno, "signalfd");
	return (fd);
}

/*
 * The tool's output ends when the tool closes it, and its environment is nobody else's to read in
 * /proc/PID/cmdline: so we keep neither.
 */
static void
let_go(const struct launch *l, int children)
{
	char **env;

	dup2(l->life, LIFE);
	dup2(children, CHILDREN);
	if (l->pid_space)
		close(PROC);
	else
		dup2(descendants_proc, PROC);
	descendants_proc = PROC;
	report_to(-1, LIFE);
	syscall(SYS_close_range, PROC + 1U, ~0U, 0);
	for (env = l->env; *env != NULL; env++)
		memset(*env, 0, strlen(*env));
}

static pid_t
start_tool(const struct launch *l)
{
	pid_t keeper = getpid(), tool;

	/* The child borrows our memory until its exec or its end, and we wait for that. */
	if ((tool = vfork()) == 0)    /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
		tool_exec(l, keeper); /* NOLINT(clang-analyzer-unix.Vfork) */
	if (tool == -1)
		fail(LAUNCHER_NO_PROCESS, errno, "cannot start a process for the tool");
	if (fail_status() != 0) {
		waitpid(tool, NULL, 0);
		_exit(fail_status());
	}
	return (tool);
}

/* True while there are children left. */
static bool
reap(struct keeper *k)
{
	struct signalfd_siginfo drained;
	pid_t pid;
	int status;

	(void)!read(CHILDREN, &drained, sizeof(drained));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->tool) {
			k->ended = true;
			k->status = status;
		}
	}
	return (pid == 0);
}

/* In a PID namespace the keeper is process 1, and -1 is everybody else in it. */
static void
signal_tree(const struct keeper *k, int sig)
{
	if (k->l->pid_space)
		kill(-1, sig);
	else
		descendants_signal(sig);
}

/* What the server asks; its end is the tool's. */
static void
obey(struct keeper *k)
{
	unsigned char sig;

	if (recv(LIFE, &sig, 1, 0) == 1)
		signal_tree(k, sig);
	else
		k->ended = true;
}

/* What the tool left running. New processes may come up while we look for them. */
static void
end_tree(struct keeper *k)
{
	struct pollfd children = {.fd = CHILDREN, .events = POLLIN};

	while (reap(k)) {
		signal_tree(k, SIGKILL);
		poll(&children, 1, RESCAN_MS);
	}
}

static _Noreturn void
keep(struct keeper *k)
{
	struct pollfd fds[] = {
	    {.fd = LIFE, .events = POLLIN},
	    {.fd = CHILDREN, .events = POLLIN},
	};

	while (!k->ended) {
		poll(fds, 2, -1);
		if (fds[0].revents != 0)
			obey(k);
		if (fds[1].revents != 0)
			reap(k);
	}
	/* The kernel ends a PID namespace together with its process 1. */
	if (!k->l->pid_space)
		end_tree(k);
	report(LAUNCHER_ENDED, k->status);
	_exit(0);
}

/*
 * All that needs privilege is done before the tool's process exists. Whatever fs.suid_dumpable
 * says, a tool must not trace its keeper; the exec makes the tool itself what it would be anyway.
 */
static int
start_and_keep(void *arg)
{
	struct keeper *k = arg;
	int children = open_children();

	root_enter(k->l);
	privilege_drop();
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Without a namespace the keeper must outlive the server, to end the tree. */
	if (k->l->pid_space)
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	k->tool = start_tool(k->l);
	let_go(k->l, children);
	keep(k);
}

/*
 * The namespace's init is made a child of the server, not ours, and we are done: one process less
 * stays with each tool, and its end is seen a process switch earlier.
 */
static _Noreturn void
start_init(struct keeper *k)
{
	const int flags = CLONE_NEWPID | CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD;

	/* The kernel writes the init's pid, as the server sees it, before the init runs. */
	if (clone(start_and_keep, init_stack + sizeof(init_stack), flags, k, &report_supervisor) ==
	    -1)
		fail(LAUNCHER_NO_ISOLATION, errno, NO_PID_SPACE);
	_exit(0);
}

void
supervise(const struct launch *l)
{
	static struct keeper k; /* not on the stack: it outlives this process */

	k.l = l;
	if (l->pid_space)
		start_init(&k);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		fail(LAUNCHER_NO_PROCESS, errno, "child subreaper");
	descendants_open();
	start_and_keep(&k);
	_exit(LAUNCHER_NO_PROCESS);
}

static int
nothing(void *arg)
{
	(void)arg;
	_exit(0);
}

void
supervise_check(const struct launch *l)
{
	pid_t pid;

	if (!l->pid_space)
		return;
	pid = clone(nothing, init_stack + sizeof(init_stack), CLONE_NEWPID | SIGCHLD, NULL);
	if (pid == -1)
		fail(LAUNCHER_NO_ISOLATION, errno, NO_PID_SPACE);
	waitpid(pid, NULL, 0);
}
