/* tool.c: the process that becomes the tool. */
#include <linux/close_range.h>

#include "helper.h"

/*
 * Sets the soft limit, at most to the hard one; if `hard`, that one too. The hard limit of
 * processor time is a second more, so that SIGXCPU comes before SIGKILL.
 */
static void
set_limit(int resource, rlim_t limit, bool hard)
{
	struct rlimit r;

	need(getrlimit(resource, &r) == 0, NO_PROCESS, "getrlimit");
	r.rlim_cur = limit < r.rlim_max ? limit : r.rlim_max;
	if (hard && r.rlim_cur < r.rlim_max)
		r.rlim_max = r.rlim_cur + (resource == RLIMIT_CPU);
	need(setrlimit(resource, &r) == 0, NO_PROCESS, "setrlimit");
}

/*
 * Descriptors above 2 are closed by the exec and not before: a failed exec must still be reported.
 * PDEATHSIG comes last: every change of credentials clears it.
 */
void
tool_exec(const struct launch *l, pid_t keeper)
{
	const struct block *b = l->block;
	const char *tool = l->argv[0];
	bool present, no_path;
	sigset_t none;
	int i;

	/* Fails for a group leader, which we can only be without -life. */
	setsid();
	/*
	 * Soft limits that the server raised for itself, or the kernel lowered for a setuid exec.
	 */
	if (l->nofile != 0)
		set_limit(RLIMIT_NOFILE, l->nofile, false);
	if (l->stack != 0)
		set_limit(RLIMIT_STACK, l->stack, false);
	for (i = 0; i < RLIM_NLIMITS && b->name != NULL; i++)
		if (b->numbers[i] != ULONG_MAX)
			set_limit(i, b->numbers[i], true);
	need(syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0, CLOSE_ON_EXEC,
	    "close_range");
	need(keeper == 0 || (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == keeper),
	    NO_PROCESS, "the keeper is gone");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* The tool is looked up in the PATH of its own environment. */
	environ = l->env;
	present = access(tool, F_OK) == 0;
	no_path = getenv("PATH") == NULL && strchr(tool, '/') == NULL;
	if (present || no_path)
		execve(tool, l->argv, l->env);
	else
		execvp(tool, l->argv);
	reporter.error = errno;
	fail(LAUNCHER_NO_EXEC, 0, "%.1024s: Execve failure, %s (errno = %d)%s", tool,
	    strerror(reporter.error), reporter.error,
	    reporter.error != ENOENT ? ""
	    : present ? "\n  The file is there: its interpreter (#! line, or dynamic loader) is "
			"missing from the root"
	    : no_path ? "\n  Its environment has no PATH"
		      : "");
}
