#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "server/base/fd.h"
#include "files.h"
#include "input.h"
#include "relay.h"
#include "terminal.h"

#define WHY_SIZE 256

static int
open_input(const struct settings *s, const char *path, int *fd, struct srpc_error *err)
{
	char why[WHY_SIZE];

	if ((*fd = input_open(s, path, why, sizeof(why))) != -1)
		return (0);
	return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Can't open stdin file %s (%s)", path, why));
}

/* Up to version 4: a connection to the client, or /dev/null. A descriptor, or -1 with *err. */
static int
open_relay(const struct settings *s, const struct request *r, const struct sockaddr_in *to,
    bool (*wanted)(void *), void *arg, struct srpc_error *err)
{
	struct sockaddr_storage addr = {0};
	char text[ADDR_TEXT_SIZE];
	const char *why;
	int fd;

	if (to->sin_addr.s_addr == 0 && to->sin_port == 0) {
		if ((fd = open("/dev/null", O_WRONLY | O_CLOEXEC)) == -1)
			srpc_fail(err, SRPC_INTERNAL_TROUBLE, "/dev/null: %s", strerror(errno));
		return (fd);
	}
	memcpy(&addr, to, sizeof(*to));
	if (!relay_may_go(s, &r->client, &addr)) {
		why = "neither the client's address nor one that `allow` admits: see relay_hosts";
	} else {
		fd = relay_connect(&addr, s->relay_timeout * 1000, wanted, arg);
		if (fd != -1)
			return (fd);
		why = strerror(errno);
	}
	return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "TCP failure: Can't connect to %s (%s)",
	    addr_format(&addr, text, sizeof(text)), why));
}

/* What the client has closed cannot be used by the tool either. 0, or -1 with *err. */
static int
open_closed(struct files *files, int closed, struct srpc_error *err)
{
	int *const fds[] = {&files->in, &files->out, &files->err}, fd;

	for (fd = 0; fd < 3; fd++) {
		if ((closed & RPC5_CLOSED(fd)) == 0)
			continue;
		/* For the wrong direction: to use it is EBADF, as if it were closed. */
		*fds[fd] = open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
		if (*fds[fd] == -1)
			return (srpc_fail(
			    err, SRPC_INTERNAL_TROUBLE, "/dev/null: %s", strerror(errno)));
	}
	return (0);
}

static int
open_pipes(struct files *files, struct stream *stream, struct srpc_error *err)
{
	int fds[3] = {files->in, files->out, files->err}, rc;

	if ((rc = stream_open(stream, fds)) == -1)
		srpc_fail(err, SRPC_INTERNAL_TROUBLE, "%s: %s%s",
		    stream->request->run.tty != 0 ? "pseudo-terminal" : "pipe", strerror(errno),
		    terminal_remedy(errno));
	*files = (struct files){fds[0], fds[1], fds[2]};
	return (rc);
}

int
files_open(struct files *files, const struct settings *s, const struct request *r,
    struct stream *stream, bool (*wanted)(void *), void *arg, struct srpc_error *err)
{
	*files = (struct files){-1, -1, -1};
	if (open_closed(files, r->run.closed, err) == -1)
		return (-1);
	if (!r->run.stream_stdin && files->in == -1 &&
	    open_input(s, r->run.stdin_file, &files->in, err) == -1)
		return (-1);
	if (r->version >= RPC5_VERSION)
		return (open_pipes(files, stream, err));
	if ((files->out = open_relay(s, r, &r->run.out, wanted, arg, err)) == -1 ||
	    (files->err = open_relay(s, r, &r->run.err, wanted, arg, err)) == -1)
		return (-1);
	return (0);
}

void
files_close(struct files *files)
{
	fd_close(&files->in);
	fd_close(&files->out);
	fd_close(&files->err);
}
