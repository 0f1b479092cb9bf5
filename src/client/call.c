#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call.h"
#include "error.h"

#define REPLY_MAX    (1U << 20) /* bytes of a reply, its strings included */
#define RECEIVE_SIZE 4096	/* bytes read from the server at a time */

int
call_begin(struct runtool *c, struct runtool_error *err)
{
	rpc_info_free(&c->info);
	if (c->fd == -1)
		return (error_set(err, RUNTOOL_TRANSPORT, "an earlier call closed the connection"));
	if (!c->greeted)
		srpc_put_hello(&c->out);
	c->greeted = true;
	return (0);
}

static bool
unsent(const struct runtool *c)
{
	return (c->sent < c->out.len);
}

void
call_send(struct runtool *c)
{
	ssize_t n;

	while (unsent(c)) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
		if (n >= 0) {
			c->sent += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return;
		c->send_error = errno;
		break;
	}
	buf_free(&c->out);
	c->sent = 0;
}

static int
receive(struct runtool *c, struct runtool_error *err)
{
	ssize_t n;

	if (buf_reserve(&c->in, RECEIVE_SIZE) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	n = recv(c->fd, c->in.data + c->in.len, RECEIVE_SIZE, 0);
	if (n > 0) {
		c->in.len += (size_t)n;
		c->heard = true;
		return (0);
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n == 0)
		errno = c->send_error;
	return (error_set(err, RUNTOOL_TRANSPORT, "the server closed the connection%s%s%s",
	    errno == 0 ? "" : ": ", errno == 0 ? "" : strerror(errno),
	    c->heard ? "" : " (and said nothing: does its `allow` name this host?)"));
}

struct pollfd
call_awaits(const struct runtool *c)
{
	return (
	    (struct pollfd){.fd = c->fd, .events = (short)(POLLIN | (unsent(c) ? POLLOUT : 0))});
}

int
call_go_on(struct runtool *c, struct runtool_error *err)
{
	call_send(c);
	return (receive(c, err));
}

int
call_open_reply(struct runtool *c, struct srpc_reader *r, struct srpc_error *why)
{
	struct srpc_item hello;
	int rc;

	*r = (struct srpc_reader){.data = c->in.data, .len = c->in.len, .limit = REPLY_MAX};
	if (c->met)
		return (SRPC_OK);
	if ((rc = srpc_next(r, SRPC_HELLO, &hello, why)) != SRPC_OK)
		return (rc);
	/* Only what stands before the first NUL counts, and there may be none. */
	if (strnlen((const char *)hello.bytes, hello.length) != strlen(SRPC_VERSION) ||
	    memcmp(hello.bytes, SRPC_VERSION, strlen(SRPC_VERSION)) != 0)
		return (
		    srpc_fail(why, SRPC_PROTOCOL_VIOLATION, "it does not speak %s", SRPC_VERSION));
	c->met = true;
	buf_consume(&c->in, r->pos);
	*r = (struct srpc_reader){.data = c->in.data, .len = c->in.len, .limit = REPLY_MAX};
	return (SRPC_OK);
}

void
call_close_reply(struct runtool *c, const struct srpc_reader *r)
{
	buf_consume(&c->in, r->pos);
	srpc_put_code(&c->out, SRPC_END_ACK);
	call_send(c);
}

void
call_hang_up(struct runtool *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	buf_free(&c->out);
	buf_free(&c->in);
}
