#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calls.h"
#include "server/base/clock.h"
#include "conn_state.h"
#include "crowd.h"
#include "lib/log.h"
#include "server/base/stats.h"

#define READ_SIZE      65536
#define LINGER_MS      2000 /* to read what a client still sends after our failure */
#define DEADLINE_ROUND 500  /* ms between two looks at the deadlines */

TAILQ_HEAD(conn_list, conn);
static struct conn_list conns = TAILQ_HEAD_INITIALIZER(conns);
static struct conn_list closed = TAILQ_HEAD_INITIALIZER(closed);
static unsigned int nrunning, ndeadlines;

void
conn_set_deadline(struct conn *c, int64_t ms)
{
	ndeadlines += (ms != 0) - (c->deadline != 0);
	c->deadline = ms == 0 ? 0 : clock_ms() + ms;
}

static void
close_conn(struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return;
	if (c->state == CONN_RUNNING)
		nrunning--;
	else
		loop_unwatch(&c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	c->state = CONN_CLOSED;
	conn_set_deadline(c, 0);
	buf_free(&c->in);
	buf_free(&c->out);
	TAILQ_REMOVE(&conns, c, entry);
	crowd_leave(&c->client);
	TAILQ_INSERT_TAIL(&closed, c, entry);
}

void
conn_start_closing(struct conn *c)
{
	if (c->state == CONN_CLOSING || c->state == CONN_CLOSED)
		return;
	c->state = CONN_CLOSING;
	buf_free(&c->in);
	conn_set_deadline(c, LINGER_MS);
	if (c->out.len == 0)
		shutdown(c->watch.fd, SHUT_WR);
}

void
conn_flush(struct conn *c)
{
	uint32_t events;
	ssize_t n;

	if (c->out.failed) {
		log_warn("conn client=%s: out of memory for a reply", c->client_text);
		close_conn(c);
		return;
	}
	while (c->out.len > 0) {
		n = send(c->watch.fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EAGAIN) {
			close_conn(c);
			return;
		}
		if (n == -1)
			break;
		buf_consume(&c->out, (size_t)n);
	}
	if (c->out.len == 0 && c->state == CONN_CLOSING)
		shutdown(c->watch.fd, SHUT_WR);
	/* Who does not take its answers asks no further questions. */
	events = c->out.len == 0	    ? EPOLLIN
		 : c->state == CONN_CLOSING ? EPOLLIN | EPOLLOUT
					    : EPOLLOUT;
	if (loop_change(&c->watch, events) == -1)
		close_conn(c);
}

void
conn_lend(struct conn *c, struct request *r)
{
	loop_unwatch(&c->watch);
	c->state = CONN_RUNNING;
	nrunning++;
	conn_set_deadline(c, 0);
	r->in = c->in;
	r->reply = c->out;
	c->in = c->out = (struct buf){0};
}

int
conn_take_back(struct conn *c, struct request *r)
{
	if (r->gone || r->reply.failed || loop_watch(&c->watch, EPOLLIN) == -1) {
		close_conn(c);
		return (-1);
	}
	nrunning--;
	c->in = r->in;
	c->out = r->reply;
	r->in = r->reply = (struct buf){0};
	return (0);
}

static void
receive(struct conn *c)
{
	static uint8_t bytes[READ_SIZE];
	ssize_t n;

	n = recv(c->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* In the middle of a request this is silence, no error. */
		close_conn(c);
		return;
	}
	if (c->state == CONN_CLOSING)
		return;
	buf_append(&c->in, bytes, (size_t)n);
	if (c->in.failed) {
		log_warn("conn client=%s: out of memory for a request", c->client_text);
		close_conn(c);
		return;
	}
	calls_process(c);
}

static void
ready(struct watch *w, uint32_t events)
{
	struct conn *c = (struct conn *)w;

	/* An event of this round may be stale: an earlier one closed the connection. */
	if (c->state != CONN_CLOSED && (events & EPOLLOUT) != 0)
		conn_flush(c);
	if (c->state != CONN_CLOSED && (events & ~(uint32_t)EPOLLOUT) != 0)
		receive(c);
}

int
conn_open(const struct conn_context *context, int fd, const struct sockaddr_storage *client)
{
	struct conn *c;
	int saved;

	if ((c = calloc(1, sizeof(*c))) == NULL || crowd_enter(client) == -1)
		goto fail;
	c->watch = (struct watch){.ready = ready, .fd = fd};
	c->context = context;
	c->client = *client;
	addr_format(client, c->client_text, sizeof(c->client_text));
	if (loop_watch(&c->watch, EPOLLIN) == 0) {
		stats_count(STATS_CONNECTIONS);
		TAILQ_INSERT_TAIL(&conns, c, entry);
		return (0);
	}
	crowd_leave(client);
fail:
	saved = errno;
	close(fd);
	free(c);
	errno = saved;
	return (-1);
}

void
conn_finished(struct request *r)
{
	struct conn *c = r->conn;

	/* It never came to a worker. */
	if (!r->counted)
		stats_call(RPC5_CALL_RUN, true, r->start);
	if (conn_take_back(c, r) == 0) {
		c->state = CONN_ACK;
		if (r->failed || c->drain)
			conn_start_closing(c);
		if (c->in.len > 0)
			calls_process(c);
		else
			conn_flush(c);
	}
	request_free(r);
}

int
conn_check_deadlines(void)
{
	struct conn *c, *next;
	struct srpc_error err;
	int64_t now;

	if (ndeadlines == 0)
		return (-1);
	now = clock_ms();
	TAILQ_FOREACH_SAFE (c, &conns, entry, next) {
		if (c->deadline == 0 || c->deadline > now)
			continue;
		if (c->state == CONN_CLOSING) {
			close_conn(c);
			continue;
		}
		srpc_fail(&err, SRPC_READ_TIMEOUT,
		    "request not complete within %d seconds (request_timeout)",
		    c->context->settings->request_timeout);
		calls_fail(c, &err);
		conn_flush(c);
	}
	return (DEADLINE_ROUND);
}

void
conn_drain(void)
{
	struct conn *c, *next;

	TAILQ_FOREACH_SAFE (c, &conns, entry, next) {
		if (c->state == CONN_RUNNING) {
			c->drain = true;
		} else if (c->state == CONN_ACK) {
			conn_start_closing(c);
			conn_flush(c);
		} else if (c->state != CONN_CLOSING) {
			close_conn(c);
		}
	}
}

void
conn_close_all(void)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&conns)) != NULL)
		close_conn(c);
	conn_collect();
}

void
conn_collect(void)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&closed)) != NULL) {
		TAILQ_REMOVE(&closed, c, entry);
		free(c);
	}
}

unsigned int
conn_running(void)
{
	return (nrunning);
}
