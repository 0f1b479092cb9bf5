/* tool.c: the process that becomes the tool. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "helper.h"

static const char *
path_of(char **env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return (*env + 5);
	return (NULL);
}

/*
 * Tries the tool in each directory of PATH. Returns the errno to report: of the last file that was
 * there and could not be executed, else ENOENT.
 */
static int
exec_in_path(const struct launch *l, const char *path)
{
	char file[PATH_MAX];
	int error = ENOENT;
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, ":");
		if (snprintf(file, sizeof(file), "%.*s%s%s", (int)len, path, len > 0 ? "/" : "",
			l->argv[0]) < (int)sizeof(file)) {
			execve(file, l->argv, l->env);
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
		}
		if (path[len] == '\0')
			return (error);
	}
}

/* Only returns when the tool cannot be executed: with the errno. */
static int
exec_tool(const struct launch *l, bool *present)
{
	const char *tool = l->argv[0], *path = path_of(l->env);

	*present = access(tool, F_OK) == 0;
	if (!*present && *tool != '\0' && strchr(tool, '/') == NULL && path != NULL)
		return (exec_in_path(l, path));
	execve(tool, l->argv, l->env);
	return (errno);
}

/* Soft limits that the server raised for itself, or the kernel lowered for a setuid program. */
static void
set_limit(int resource, rlim_t soft)
{
	struct rlimit r;

	if (soft == 0)
		return;
	if (getrlimit(resource, &r) == -1)
		fail(LAUNCHER_NO_PROCESS, errno, "getrlimit");
	r.rlim_cur = soft < r.rlim_max ? soft : r.rlim_max;
	if (setrlimit(resource, &r) == -1)
		fail(LAUNCHER_NO_PROCESS, errno, "setrlimit");
}

/*
 * What we hold beside 0, 1 and 2 goes at the exec and not before: a failing exec has to be told.
 * PDEATHSIG comes last: every change of credentials clears it.
 */
void
tool_exec(const struct launch *l, pid_t keeper)
{
	sigset_t none;
	bool present;
	int error;

	/* Fails for a group leader, which only a process is that was not forked here. */
	setsid();
	set_limit(RLIMIT_NOFILE, l->nofile);
	set_limit(RLIMIT_STACK, l->stack);
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == -1)
		fail(LAUNCHER_CLOSE_ON_EXEC, errno, "close_range");
	if (keeper != 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 || getppid() != keeper))
		fail(LAUNCHER_NO_PROCESS, errno, "the supervisor is gone");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	error = exec_tool(l, &present);
	fail(LAUNCHER_NO_EXEC, 0, "%.1024s: Execve failure, %s (errno = %d)%s", l->argv[0],
	    strerror(error), error,
	    error == ENOENT && present
		? "\n  The file is there: its interpreter (#! line, or dynamic "
		  "loader) is missing from the root"
		: "");
}
