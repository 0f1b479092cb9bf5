#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call.h"
#include "connect.h"
#include "failure.h"
#include "lib/deadline.h"
#include "lib/error.h"

#define REPLY_MAX    (1U << 20)	  /* bytes of an item that must arrive whole */
#define RECEIVE_SIZE (128U << 10) /* bytes read at a time: so many fit into a cache */
#define KEPT_SIZE    (256U << 10) /* bytes of `out` that are kept when all is sent */

int
call_check_free(const struct runtool *c, struct runtool_error *err)
{
	if (!c->busy)
		return (0);
	return (error_set(err, RUNTOOL_INVALID,
	    "a run that was started goes on: runtool_process() tells when it is over"));
}

static bool
is_same(const char *a, const char *b)
{
	return (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int
call_change_server(struct runtool *c, const char *host, const char *port)
{
	char *new_host = NULL, *new_port = NULL;

	if (is_same(c->host, host) && is_same(c->port, port))
		return (0);
	if (host != NULL &&
	    ((new_host = strdup(host)) == NULL || (new_port = strdup(port)) == NULL)) {
		free(new_host);
		return (-1);
	}
	call_hang_up(c);
	c->version = RPC5_VERSION;
	free(c->host);
	free(c->port);
	c->host = new_host;
	c->port = new_port;
	return (0);
}

static int
connect_by(struct runtool *c, int family, struct runtool_error *err)
{
	const struct race_rules rules = {
	    .deadline = deadline_in(c->timeout_ms),
	    .control = &c->control,
	    .remembers = c->servers != NULL,
	};
	int on = 1;

	if ((c->fd = connect_open(c->host, c->port, family, &rules, err)) == -1)
		return (-1);
	connect_keep_alive(c->fd);
	/* An end_ack and the call behind it must not wait for an ack of TCP. */
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->ipv4 = connect_ipv4(c->fd, &c->local, &c->peer);
	return (0);
}

int
call_connect(struct runtool *c, struct runtool_error *err)
{
	return (connect_by(c, AF_UNSPEC, err));
}

/*
 * Whether the connection can take another call. If the server sent something between two calls, it
 * was its last word. One that speaks before the first call is no RunToolServer: that shows when its
 * answer is read.
 */
static bool
is_of_use(const struct runtool *c)
{
	char byte;
	ssize_t n;

	if (c->fd == -1 || c->send_error != 0 || c->in.len > c->taken)
		return (false);
	n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return (n == -1 ? errno == EAGAIN : n > 0 && !c->greeted);
}

static void
greet(struct runtool *c)
{
	if (!c->greeted)
		srpc_put_hello(&c->out);
	c->greeted = true;
}

int
call_prepare(struct runtool *c, struct runtool_error *err)
{
	if (c->host == NULL)
		return (error_set(err, RUNTOOL_INVALID, "runtool_run() has not chosen a server"));
	if (is_of_use(c))
		return (0);
	call_hang_up(c);
	return (call_connect(c, err));
}

int
call_begin(struct runtool *c, struct runtool_error *err)
{
	rpc_info_free(&c->info);
	if (call_prepare(c, err) == -1)
		return (-1);
	greet(c);
	return (0);
}

int
call_change_to_ipv4(struct runtool *c, struct runtool_error *err)
{
	call_hang_up(c);
	if (connect_by(c, AF_INET, err) == -1)
		return (-1);
	greet(c);
	return (0);
}

bool
call_unsent(const struct runtool *c)
{
	return (c->sent < c->out.len);
}

void
call_send(struct runtool *c)
{
	ssize_t n;

	while (call_unsent(c)) {
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
	c->sent = 0;
	c->out.len = 0;
	if (c->out.size > KEPT_SIZE)
		buf_free(&c->out);
}

/* Moves the bytes not taken yet, which are few, to the front, and makes room behind them. */
static int
make_room(struct runtool *c)
{
	if (c->taken > 0) {
		c->in.len -= c->taken;
		memmove(c->in.data, c->in.data + c->taken, c->in.len);
		c->taken = 0;
	}
	return (buf_reserve(&c->in, c->in.size == 0 ? RECEIVE_SIZE : 1));
}

static int
receive(struct runtool *c, struct runtool_error *err)
{
	ssize_t n;

	if (make_room(c) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	n = recv(c->fd, c->in.data + c->in.len, c->in.size - c->in.len, 0);
	if (n > 0) {
		c->in.len += (size_t)n;
		c->received += (size_t)n;
		c->heard = true;
		return (0);
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	c->unanswered = !c->heard;
	if (n == 0)
		errno = c->send_error;
	return (error_set(err, RUNTOOL_TRANSPORT, "the server closed the connection%s%s%s",
	    errno == 0 ? "" : ": ", errno == 0 ? "" : strerror(errno),
	    c->heard ? "" : " (and said nothing: does its `allow` name this host?)"));
}

struct pollfd
call_awaits(const struct runtool *c)
{
	return ((struct pollfd){
	    .fd = c->fd, .events = (short)(POLLIN | (call_unsent(c) ? POLLOUT : 0))});
}

int
call_go_on(struct runtool *c, struct runtool_error *err)
{
	call_send(c);
	return (receive(c, err));
}

static struct srpc_reader
reader(const struct runtool *c)
{
	return ((struct srpc_reader){
	    .data = c->in.data + c->taken, .len = c->in.len - c->taken, .limit = REPLY_MAX});
}

int
call_open_reply(struct runtool *c, struct srpc_reader *r, struct srpc_error *why)
{
	struct srpc_item hello;
	int rc;

	*r = reader(c);
	if (c->met)
		return (SRPC_OK);
	if ((rc = srpc_next(r, SRPC_HELLO, &hello, why)) != SRPC_OK)
		return (rc);
	/* Only bytes before the first NUL count; there may be no NUL. */
	if (strnlen((const char *)hello.bytes, hello.length) != strlen(SRPC_VERSION) ||
	    memcmp(hello.bytes, SRPC_VERSION, strlen(SRPC_VERSION)) != 0)
		return (
		    srpc_fail(why, SRPC_PROTOCOL_VIOLATION, "it does not speak %s", SRPC_VERSION));
	c->met = true;
	call_take(c, r);
	*r = reader(c);
	return (SRPC_OK);
}

void
call_take(struct runtool *c, const struct srpc_reader *r)
{
	c->taken += r->pos;
}

void
call_close_reply(struct runtool *c, const struct srpc_reader *r)
{
	call_take(c, r);
	c->answered = true;
	srpc_put_code(&c->out, SRPC_END_ACK);
	call_send(c);
}

int
call_fail(struct runtool *c, const struct srpc_error *why, struct runtool_error *err)
{
	failure_reply(err, why);
	if (!why->from_peer || why->code != SRPC_VERSION_SKEW || c->answered)
		return (-1);
	if (c->version == RPC_VERSION)
		error_set(err, RUNTOOL_VERSION_SKEW,
		    "this client speaks versions %d and %d of the interface, the server "
		    "neither: %s",
		    RPC5_VERSION, RPC_VERSION, why->message);
	c->version = RPC_VERSION;
	return (-1);
}

void
call_hang_up(struct runtool *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->greeted = c->met = c->heard = c->answered = false;
	c->send_error = 0;
	c->sent = c->taken = 0;
	buf_free(&c->out);
	buf_free(&c->in);
}
