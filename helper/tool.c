/* tool.c: the process that becomes the tool. */
#include <linux/close_range.h>

#include "helper.h"

#define NO_PATH "/bin:/usr/bin" /* where a tool is whose environment has no PATH */

enum how { SOFT, LOWER, HARD };

/*
 * Sets the soft limit: to at most the hard one; LOWER: to at most what it is. HARD: that one too. The
 * hard limit of processor time is a second more, so that SIGXCPU comes before SIGKILL.
 */
static void
set_limit(int resource, rlim_t limit, enum how how)
{
	struct rlimit r;
	rlim_t most;

	need(getrlimit(resource, &r) == 0, NO_PROCESS, "getrlimit");
	most = how == LOWER ? r.rlim_cur : r.rlim_max;
	r.rlim_cur = limit < most ? limit : most;
	if (how == HARD && r.rlim_cur < r.rlim_max)
		r.rlim_max = r.rlim_cur + (resource == RLIMIT_CPU);
	need(setrlimit(resource, &r) == 0, NO_PROCESS, "setrlimit");
}

/* Executes a file. As with execvp(3), one that is no program is a script for /bin/sh. */
static void
execute(const struct launch *l, char *file)
{
	static char shell[] = "/bin/sh";
	char **script = l->argv - 1; /* there is room: the place of -cmd */
	char *tool = l->argv[0];

	if (l->look) {
		look_at_command(l, file);
		return;
	}
	execve(file, l->argv, l->env);
	if (errno != ENOEXEC)
		return;
	script[0] = shell;
	script[1] = file;
	execve(shell, script, l->env);
	script[1] = tool;
	errno = ENOEXEC;
}

/*
 * Executes the first file with the tool's name in `path` that can be, as execvp(3) does: what may
 * not be executed gives way to what comes later, and an empty entry is the working directory. Comes
 * back with errno, and the file that it is about; "": there is none.
 */
static const char *
search(const struct launch *l, const char *path)
{
	static char file[PATH_MAX], found[PATH_MAX];
	const char *end = path;
	int error = ENOENT;

	for (; *l->argv[0] != '\0' && path != NULL; path = *end == '\0' ? NULL : end + 1) {
		end = strchrnul(path, ':');
		if (snprintf(file, sizeof(file), "%.*s%s%s", (int)(end - path), path,
			end == path ? "" : "/", l->argv[0]) >= (int)sizeof(file))
			continue;
		execute(l, file);
		if (errno == ENOTDIR || errno == ESTALE || errno == ENODEV || errno == ETIMEDOUT ||
		    (errno == ENOENT && access(file, F_OK) == -1))
			continue;
		snprintf(found, sizeof(found), "%s", file);
		error = errno;
		if (error != EACCES && error != ENOENT)
			break;
	}
	errno = error;
	return (found);
}

/* Says that the tool could not be executed: `file`, if there is one; how it was come by, or not. */
static _Noreturn void
no_exec(const struct launch *l, const char *file, const char *how, const char *place)
{
	const char *tool = l->argv[0];
	int error = reporter.error = errno;
	bool there = error == ENOENT && file != NULL && access(file, F_OK) == 0;

	if (l->look)
		look_in_vain(l, error, how, place);
	fail(LAUNCHER_NO_EXEC, 0, "%.1024s: Execve failure, %s (errno = %d)%s%.2048s%s", tool,
	    strerror(error), error, how, place,
	    there ? "\n  The file is there: its interpreter (#! line, or dynamic loader) is "
		    "missing from the root"
		  : "");
}

/* Executes the tool, by its name or as it is found in the PATH of its own environment. */
static _Noreturn void
find_and_execute(const struct launch *l)
{
	char *tool = l->argv[0];
	const char *path, *found;

	environ = l->env;
	path = getenv("PATH");
	if (strchr(tool, '/') != NULL) {
		if (l->look)
			look_at_command(l, tool);
		else
			execve(tool, l->argv, l->env);
		no_exec(l, tool, "", "");
	}
	if (!l->path_only && access(tool, F_OK) == 0) {
		execute(l, tool);
		no_exec(l, tool, "\n  It is in the working directory", "");
	}
	found = search(l, path != NULL ? path : NO_PATH);
	if (*found != '\0')
		no_exec(l, found, "\n  It is ", found);
	no_exec(l, NULL,
	    path == NULL   ? "\n  Without PATH it is looked for in "
	    : l->path_only ? "\n  It is not in its PATH, "
			   : "\n  It is neither in the working directory nor in its PATH, ",
	    path != NULL ? path : NO_PATH);
}

/*
 * Descriptors above 2 are closed by the exec and not before: a failed exec must still be reported.
 * PDEATHSIG comes last: every change of credentials clears it.
 */
void
tool_exec(const struct launch *l, pid_t keeper)
{
	const struct block *b = l->block;
	sigset_t none;
	int i;

	/* Fails for a group leader, which we can only be without -life. */
	setsid();
	need(!l->tty || ioctl(0, TIOCSCTTY, 0) == 0, NO_PROCESS, "descriptor 0 as terminal");
	/*
	 * Soft limits that the server raised for itself, or the kernel lowered for a setuid exec.
	 */
	if (l->nofile != 0)
		set_limit(RLIMIT_NOFILE, l->nofile, SOFT);
	if (l->stack != 0)
		set_limit(RLIMIT_STACK, l->stack, SOFT);
	for (i = 0; i < RLIM_NLIMITS && b->name != NULL; i++)
		if (b->numbers[i] != ULONG_MAX)
			set_limit(i, b->numbers[i], HARD);
	for (i = 0; i < RLIM_NLIMITS; i++)
		if (l->lower[i] != RLIM_INFINITY)
			set_limit(i, l->lower[i], LOWER);
	umask(l->mask);
	need(syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0, CLOSE_ON_EXEC,
	    "close_range");
	need(keeper == 0 || (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == keeper),
	    NO_PROCESS, "the keeper is gone");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	look(l);
	find_and_execute(l);
}
