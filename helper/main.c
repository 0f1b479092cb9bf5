/*
 * tool_launcher: the setuid-root helper. It enters a tool's root, gives up privilege for good and
 * executes the tool. Its steps stand here in their order, and in tool_launcher(8) with their
 * reasons. What has to be trusted ends at privilege_drop(): keep.c, tool.c and look.c are executed
 * behind it, as the tool's own user.
 */
#include "helper.h"

/*
 * Gives every signal its default action again, whatever the caller ignored. Not by signal(3), which
 * refuses the signals that libc uses itself. All stay blocked until the tool runs.
 */
static void
reset_signals(void)
{
	static const unsigned long dfl[8]; /* a zeroed struct sigaction of the kernel's, and more */
	static const unsigned long all[8] = {~0UL, ~0UL};
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, (NSIG - 1) / 8);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, NULL, (NSIG - 1) / 8);
}

static void
debug(const struct launch *l)
{
	char *const *arg;

	dprintf(l->dbg, "tool_launcher: pid %d uid %u root %s directory %s%s%s command", getpid(),
	    getuid(), l->root, l->where ? l->where : ".", l->testing ? " testing" : "",
	    l->rootless ? " rootless" : "");
	for (arg = l->argv; *arg != NULL; arg++)
		dprintf(l->dbg, " %s%s", *arg, arg[1] == NULL ? "\n" : "");
}

/* Without a session of its own a tool could type into the caller's terminal (TIOCSTI). */
static void
leave_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd == -1 && (errno == ENXIO || errno == ENOENT))
		return;
	/* The leader of a session could take the terminal again. */
	must(getsid(0) != getpid(), NO_PROCESS,
	    "leads a terminal's session: needs -life, or a shell");
	need(fd != -1 && ioctl(fd, TIOCNOTTY) == 0, NO_PROCESS, "cannot leave the terminal");
	close(fd);
}

int
main(int argc, char **argv)
{
	static struct policy policy; /* not on the stack: the keeper still needs them */
	static struct launch l;
	int fd;

	if (argc < 1)
		return (LAUNCHER_MISSING_SWITCH);
	/* A file opened later must not become somebody's standard output. */
	for (fd = 0; fd <= 2; fd++)
		need(fcntl(fd, F_GETFD) != -1, BAD_DESCRIPTOR, "descriptor %d", fd);
	l.block = policy.blocks;
	args_parse(&l, argc, argv);
	reset_signals();
	umask(S_IWGRP | S_IWOTH);
	if (l.testing) {
		privilege_drop();
	} else {
		policy_read(&policy, &l);
		if (l.check)
			check(&policy, &l);
		privilege_become_caller(&policy, &l);
		namespaces_make(&l);
	}
	root_open(&l, &policy);
	if (l.check)
		return (0);
	if (l.dbg != -1)
		debug(&l);
	if (l.life != -1)
		keeper_start(&l);
	leave_terminal();
	root_enter(&l);
	privilege_drop();
	tool_exec(&l, 0);
}
