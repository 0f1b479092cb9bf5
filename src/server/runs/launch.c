#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "launcher.h"
#include "lib/deadline.h"
#include "server/base/fd.h"
#include "command.h"
#include "launch.h"
#include "spawn.h"
#include "trace.h"

#define ANSWER_MS 10000 /* for a launcher to say what it is */

/* The launcher's pid, or -1 with errno. */
static pid_t
start(const struct command *c, const struct files *files, int err, int life)
{
	const struct spawn how = {.argv = c->argv,
	    .in = files->in,
	    .out = files->out,
	    .err = files->err,
	    .kept = {err, life, trace_fd()}};

	return (spawn_run(&how));
}

int
launch_start(struct launch *l, const struct settings *s, const struct rpc_run *run, int32_t version,
    const char *root, const struct files *files, struct srpc_error *err)
{
	int words[2] = {-1, -1}, life[2] = {-1, -1}, error = 0;
	struct command c = {0};

	*l = (struct launch){.life = -1, .err = -1};
	if (pipe2(words, O_CLOEXEC) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life) == -1 ||
	    command_for_run(&c, s, run, version, root, words[1], life[1]) == -1)
		error = errno;
	else
		error = (l->launcher = start(&c, files, words[1], life[1])) == -1 ? errno : 0;
	command_free(&c);
	fd_close(&words[1]);
	fd_close(&life[1]);
	if (error != 0) {
		fd_close(&words[0]);
		fd_close(&life[0]);
		return (srpc_fail(err, SRPC_CONFIGURATION_ERROR, "Can't exec helper %s (%s)",
		    s->helper, strerror(error)));
	}
	l->life = life[0];
	l->err = words[0];
	return (0);
}

void
launch_words(int fd, char *words, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, words + len, size - 1 - len)) > 0)
		len += (size_t)n;
	words[len] = '\0';
}

int
launch_reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return (status);
}

void
launch_close(struct launch *l)
{
	fd_close(&l->life);
	fd_close(&l->err);
}

bool
launch_is_ours(const struct settings *s)
{
	struct files files = {.in = -1, .out = -1, .err = -1};
	struct command c = {0};
	struct launcher_message m = {0};
	int life[2] = {-1, -1};
	pid_t pid = -1;
	ssize_t n = 0;

	files.in = files.out = files.err = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (files.in != -1 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life) == 0 &&
	    command_for_nothing(&c, s, files.in, life[1]) == 0)
		pid = start(&c, &files, files.in, life[1]);
	fd_close(&life[1]);
	if (pid != -1) {
		/* One that is not ours may run for ever. */
		if (deadline_poll(&(struct pollfd){.fd = life[0], .events = POLLIN}, 1,
			deadline_in(ANSWER_MS)) == 1)
			n = recv(life[0], &m, sizeof(m), 0);
		if (kill(pid, SIGKILL) == 0 || n > 0)
			launch_reap(pid);
	}
	command_free(&c);
	fd_close(&life[0]);
	fd_close(&files.in);
	return (pid == -1 || (n == sizeof(m) && m.kind == LAUNCHER_FAILED &&
				 m.value == LAUNCHER_MISSING_SWITCH));
}

int
launch_check(const struct settings *s, char *why, size_t size)
{
	struct files files = {.in = -1, .out = -1, .err = -1};
	struct command c = {0};
	int words[2] = {-1, -1}, error = 0, status = 0;
	pid_t pid = 0;

	files.in = files.out = files.err = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (files.in == -1 || pipe2(words, O_CLOEXEC) == -1 ||
	    command_for_check(&c, s, words[1]) == -1)
		error = errno;
	else
		error = (pid = start(&c, &files, words[1], -1)) == -1 ? errno : 0;
	fd_close(&words[1]);
	if (error != 0) {
		strlcpy(why, strerror(error), size);
	} else {
		launch_words(words[0], why, size);
		/* It must not wait for us if it has more to say. */
		fd_close(&words[0]);
		status = launch_reap(pid);
	}
	command_free(&c);
	fd_close(&words[0]);
	fd_close(&files.in);
	if (error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == LAUNCHER_BAD_BLOCK)
		return (1);
	return (error == 0 && status == 0 ? 0 : -1);
}
