#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fallback.h"
#include "lib/error.h"
#include "links.h"
#include "remarks.h"

#define NO_PATH "/bin:/usr/bin" /* where a tool is whose environment has no PATH */

bool
fallback_can(const struct cmdline *cmd, const char **why)
{
	const struct directory *d = &cmd->directory;

	*why = NULL;
	if (!d->here && (d->asked == NULL || *d->asked != '/'))
		*why = "needs a working directory that is the same here: say -w here";
	else if (d->here && strcmp(d->own, d->path) != 0)
		*why = "the working directory must be the same here, and -w maps it to another one";
	else if (cmd->request.stdin_file != NULL)
		*why = "not together with -i FILE, which is a file of the server's host";
	else if (cmd->request.time_limit_ms != 0)
		*why = "not together with -t";
	else if (cmd->json)
		*why = "not together with --json";
	return (*why == NULL);
}

bool
fallback_is_due(const struct remote_result *o)
{
	const struct runtool_error *e = &o->error;

	return (!o->ran && e->lost_before == 0 && o->signal == 0 && !e->lost &&
		(e->refused || e->code == RUNTOOL_TRANSPORT || e->code == RUNTOOL_TIMEOUT));
}

/* The same input: none, or one that is closed, where it would have had that. */
static int
take_input(const struct cmdline *cmd)
{
	int fd;

	if (cmd->request.stream_stdin || (cmd->request.closed & RUNTOOL_CLOSED_STDIN) != 0)
		return (0);
	if ((fd = open("/dev/null", O_RDONLY)) == -1 || dup2(fd, STDIN_FILENO) == -1)
		return (-1);
	if (fd != STDIN_FILENO)
		close(fd);
	return (0);
}

/*
 * Executes the first tool of this name in these directories, as execvp(3) does. It is called by its
 * path name: a compiler looks for its parts beside what PATH has under its name, and that is a link.
 * Comes back with errno.
 */
static void
execute_from(char *dirs, char *const *argv, char **env)
{
	char *dir, file[PATH_MAX], **args;
	int error = ENOENT;
	size_t n = 0;

	while (argv[n] != NULL)
		n++;
	if ((args = calloc(n + 1, sizeof(*args))) == NULL)
		return;
	memcpy(args, argv, n * sizeof(*args));
	args[0] = file;
	while ((dir = strsep(&dirs, ":")) != NULL) {
		if (*dir == '\0' ||
		    snprintf(file, sizeof(file), "%s/%s", dir, argv[0]) >= (int)sizeof(file))
			continue;
		execvpe(file, args, env);
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		if (error != ENOENT && error != EACCES)
			break;
	}
	free(args);
	errno = error;
}

/*
 * Executes the tool, but no runtool that has its name: that would be a link, which would lead here
 * again. Comes back with errno.
 */
static void
execute(char *const *argv, char **env)
{
	const char *path;
	char *skipped;

	environ = env;
	if (strchr(argv[0], '/') != NULL) {
		execvpe(argv[0], argv, env);
		return;
	}
	if ((path = getenv("PATH")) == NULL)
		path = NO_PATH;
	if ((skipped = links_skip(path, argv[0])) == NULL)
		return;
	if (strcmp(skipped, path) == 0)
		execvpe(argv[0], argv, env);
	else
		execute_from(skipped, argv, env);
	free(skipped);
}

void
fallback_run(const struct cmdline *cmd, struct remote_result *o)
{
	static char *none[] = {NULL};
	char words[ERROR_WORDS_SIZE];
	const char *tool = cmd->request.argv[0], *directory = directory_name(&cmd->directory);

	remarks_say("%s: is run here: %s", tool, error_words(&o->error, words));
	o->local = true;
	if (take_input(cmd) == -1) {
		error_set(&o->error, RUNTOOL_INTERNAL, "/dev/null: %s", strerror(errno));
		return;
	}
	if (!cmd->directory.here && chdir(directory) == -1) {
		error_set(&o->error, RUNTOOL_CLIENT, "%s: %s", directory, strerror(errno));
		return;
	}
	signal(SIGPIPE, SIG_DFL);
	execute((char *const *)(const void *)cmd->request.argv,
	    cmd->env.n == 0 ? none : (char **)(void *)cmd->env.list);
	error_set(&o->error, RUNTOOL_CLIENT, "%s: %s", tool, strerror(errno));
	o->error.exec_errno = errno;
}
