#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bsd/sys/queue.h>

#include "access.h"
#include "clock.h"
#include "conn.h"
#include "crowd.h"
#include "info.h"
#include "log.h"
#include "loop.h"
#include "rpc5.h"
#include "stats.h"
#include "submit.h"

#define READ_SIZE      65536
#define MAX_HELLO      256  /* bytes */
#define LINGER_MS      2000 /* to read what a client still sends after our failure */
#define DEADLINE_ROUND 500  /* ms between two looks at the deadlines */
#define SHOWN	       256  /* bytes of a failure, in the log */

enum state {
	HELLO,	 /* nothing was received yet */
	IDLE,	 /* between calls */
	CALL,	 /* a call has begun to arrive */
	ACK,	 /* the results are sent, the end_ack is due */
	RUNNING, /* its request is with the queue or a worker: nothing is read */
	CLOSING, /* our side is shut down; the client's bytes are dropped */
	CLOSED,	 /* waits for conn_collect() */
};

struct conn {
	struct watch watch; /* first */
	const struct conn_context *context;
	struct sockaddr_storage client;
	char client_text[ADDR_TEXT_SIZE];
	enum state state;
	bool said_hello; /* we have */
	bool drain;	 /* close once the reply is out */
	bool stop;	 /* the same, and end the server */
	int32_t proc, version;
	unsigned int step; /* of the call's arguments */
	size_t start;	   /* in `in`: of the call's arguments */
	size_t pos;	   /* in `in`: what is decoded of the call */
	struct buf in, out;
	int64_t deadline; /* monotonic milliseconds; 0: none */
	TAILQ_ENTRY(conn) entry;
};

TAILQ_HEAD(conn_list, conn);
static struct conn_list conns = TAILQ_HEAD_INITIALIZER(conns);
static struct conn_list closed = TAILQ_HEAD_INITIALIZER(closed);
static unsigned int nrunning, ndeadlines;
static uint64_t last_id;

static void
set_deadline(struct conn *c, int64_t ms)
{
	ndeadlines += (ms != 0) - (c->deadline != 0);
	c->deadline = ms == 0 ? 0 : clock_ms() + ms;
}

static void
close_conn(struct conn *c)
{
	if (c->state == CLOSED)
		return;
	if (c->state == RUNNING)
		nrunning--;
	else
		loop_unwatch(&c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	c->state = CLOSED;
	set_deadline(c, 0);
	buf_free(&c->in);
	buf_free(&c->out);
	TAILQ_REMOVE(&conns, c, entry);
	crowd_leave(&c->client);
	TAILQ_INSERT_TAIL(&closed, c, entry);
}

/*
 * A connection that is closed while bytes of the client are unread is reset, and the client loses
 * our failure: so we say that we are done, and read on for a while.
 */
static void
start_closing(struct conn *c)
{
	if (c->state == CLOSING || c->state == CLOSED)
		return;
	c->state = CLOSING;
	buf_free(&c->in);
	set_deadline(c, LINGER_MS);
	if (c->out.len == 0)
		shutdown(c->watch.fd, SHUT_WR);
}

static void
flush(struct conn *c)
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
	if (c->out.len == 0 && c->state == CLOSING)
		shutdown(c->watch.fd, SHUT_WR);
	/* Who does not take its answers asks no further questions. */
	events = c->out.len == 0 ? EPOLLIN : c->state == CLOSING ? EPOLLIN | EPOLLOUT : EPOLLOUT;
	if (loop_change(&c->watch, events) == -1)
		close_conn(c);
}

static void
say_hello(struct conn *c, struct buf *out)
{
	if (!c->said_hello)
		srpc_put_hello(out);
	c->said_hello = true;
}

/* The call ends here, and with it the connection. */
static void
fail_call(struct conn *c, const struct srpc_error *err)
{
	char words[SHOWN];

	if (!err->from_peer) {
		log_info("conn client=%s failure=%d why=%s", c->client_text, err->code,
		    log_quote(words, sizeof(words), err->message));
		say_hello(c, &c->out);
		srpc_put_failure(&c->out, err->code, err->message);
	}
	start_closing(c);
}

/* The bytes of the call become the request's; what followed them stays. 0, or -1. */
static int
detach_call(struct conn *c, struct request *r)
{
	struct buf rest = {0};

	buf_append(&rest, c->in.data + c->pos, c->in.len - c->pos);
	if (rest.failed)
		return (-1);
	r->raw = c->in;
	r->raw.len = c->pos;
	c->in = rest;
	return (0);
}

/* NULL when memory is short. */
static struct request *
make_request(struct conn *c)
{
	struct request *r;

	if ((r = request_new()) == NULL)
		return (NULL);
	r->id = ++last_id;
	r->conn = c;
	r->fd = c->watch.fd;
	r->client = c->client;
	r->version = c->version;
	r->start = clock_us();
	memcpy(r->client_text, c->client_text, sizeof(r->client_text));
	if (detach_call(c, r) == -1) {
		request_free(r);
		return (NULL);
	}
	return (r);
}

/* What the conn has received and not yet sent goes with the request, and comes back with it. */
static void
lend_buffers(struct conn *c, struct request *r)
{
	r->in = c->in;
	r->reply = c->out;
	c->in = c->out = (struct buf){0};
	say_hello(c, &r->reply);
}

static void
take_buffers_back(struct conn *c, struct request *r)
{
	c->in = r->in;
	c->out = r->reply;
	r->in = r->reply = (struct buf){0};
}

/*
 * From here on until loop_finished() the descriptor is watched by the child killer instead, and the
 * request is others'. 0, or -1 with *err: it is ours again.
 */
static int
submit(struct conn *c, struct request *r, struct srpc_error *err)
{
	const struct conn_context *x = c->context;

	loop_unwatch(&c->watch);
	c->state = RUNNING;
	nrunning++;
	set_deadline(c, 0);
	if (submit_request(x->settings, x->queue, x->killer, r, err) == 0)
		return (0);
	nrunning--;
	c->state = CALL;
	if (loop_watch(&c->watch, EPOLLIN) == -1)
		close_conn(c);
	return (-1);
}

/* A run call that failed before it began. From version 5 on the connection lives on. */
static void
fail_run(struct conn *c, const struct srpc_error *err)
{
	char words[SHOWN];

	if (c->version < RPC5_VERSION) {
		fail_call(c, err);
		return;
	}
	log_info("run client=%s failure=%d why=%s", c->client_text, err->code,
	    log_quote(words, sizeof(words), err->message));
	say_hello(c, &c->out);
	rpc5_put_failure(&c->out, err);
	c->state = ACK;
	set_deadline(c, 0);
}

static void
start_run(struct conn *c)
{
	struct srpc_error err;
	struct request *r;

	flush(c);
	if (c->state == CLOSED)
		return;
	if ((r = make_request(c)) == NULL) {
		srpc_fail(&err, SRPC_INTERNAL_TROUBLE, "request denied: server is out of memory");
		fail_call(c, &err);
		return;
	}
	if (request_decode(r, c->start, &err) == -1) {
		stats_count(STATS_FAILURES);
	} else {
		lend_buffers(c, r);
		if (submit(c, r, &err) == 0)
			return;
		if (c->state != CLOSED)
			take_buffers_back(c, r);
	}
	if (c->state != CLOSED)
		fail_run(c, &err);
	request_free(r);
}

/* Nobody is authenticated: it is for the server's own host, as signals are. */
static void
answer_stop(struct conn *c, struct queue_load load)
{
	struct srpc_error err;

	if (access_this_host(&c->client)) {
		rpc5_put_stop(&c->out, (int32_t)(load.running + load.waiting));
		c->stop = true;
		return;
	}
	srpc_fail(&err, SRPC_INVALID_PARAMETER, "stop: only from the server's own host");
	rpc5_put_failure(&c->out, &err);
}

/* The calls that need no worker; `in` stands at the arguments. */
static void
answer(struct conn *c, struct srpc_reader *in)
{
	const struct settings *s = c->context->settings;
	struct queue_load load = queue_load(c->context->queue);
	struct srpc_error err;

	say_hello(c, &c->out);
	if (c->version >= RPC5_VERSION && rpc5_get_options(in, &err) == -1)
		rpc5_put_failure(&c->out, &err);
	else if (c->proc == RPC5_PING)
		info_ping(&c->out, s, load);
	else if (c->proc == RPC5_STOP)
		answer_stop(c, load);
	else
		info_reply(&c->out, s, c->proc, c->version, load);
	c->state = ACK;
	set_deadline(c, 0);
}

/* These four decode one thing each: SRPC_OK when it is done, SRPC_MORE, or -1 with *err. */

static int
take_hello(struct conn *c, struct srpc_reader *in, struct srpc_error *err)
{
	struct srpc_item item;
	int rc;

	in->limit = MAX_HELLO;
	rc = srpc_next(in, SRPC_HELLO, &item, err);
	if (rc == SRPC_OK && (item.length < sizeof(SRPC_VERSION) - 1 ||
				 strncmp((const char *)item.bytes, SRPC_VERSION, item.length) != 0))
		rc = srpc_fail(err, SRPC_PROTOCOL_VIOLATION, "not " SRPC_VERSION);
	err->from_peer = true; /* whoever this is does not speak SRPC: nothing is answered */
	if (rc == SRPC_OK) {
		buf_consume(&c->in, in->pos);
		set_deadline(c, 0);
		c->state = IDLE;
	}
	return (rc);
}

/* Input and signals of a run that had ended before they came are dropped. */
static bool
is_late(const struct conn *c, const struct srpc_reader *in)
{
	uint8_t code = in->data[in->pos];

	return (c->version >= RPC5_VERSION && c->proc == RPC5_RUN &&
		(code == SRPC_BYTES || code == SRPC_INT32));
}

static int
take_ack(struct conn *c, struct srpc_reader *in, struct srpc_error *err)
{
	struct srpc_item item;
	int rc = SRPC_OK;

	while (rc == SRPC_OK && in->pos < in->len && is_late(c, in))
		rc = srpc_next(in, in->data[in->pos], &item, err);
	if (rc == SRPC_OK)
		rc = srpc_next(in, SRPC_END_ACK, &item, err);
	buf_consume(&c->in, in->pos);
	if (rc == SRPC_OK) {
		set_deadline(c, 0);
		c->state = IDLE;
	}
	return (rc);
}

static int
take_start(struct conn *c, struct srpc_reader *in, struct srpc_error *err)
{
	struct srpc_item item;
	int rc;

	c->proc = c->version = -1;
	if (c->in.data[0] == SRPC_START_CALL) {
		if ((rc = srpc_next(in, SRPC_START_CALL, &item, err)) != SRPC_OK)
			return (rc);
		c->proc = item.number;
		c->version = item.version;
	}
	if (c->version > c->context->settings->max_version)
		return (srpc_fail(
		    err, SRPC_VERSION_SKEW, "RunToolServer: Unsupported interface version"));
	if (c->version >= RPC5_VERSION ? !rpc5_known(c->proc) : !rpc_known(c->proc))
		return (srpc_fail(err, SRPC_VERSION_SKEW, "Unknown proc_id"));
	c->start = c->pos = in->pos;
	c->step = 0;
	c->state = CALL;
	return (SRPC_OK);
}

static int
take_arguments(struct conn *c, struct srpc_reader *in, struct srpc_error *err)
{
	int rc;

	in->pos = c->pos;
	rc = c->version >= RPC5_VERSION ? rpc5_scan_call(in, c->proc, &c->step, err)
					: rpc_scan_call(in, c->proc, &c->step, err);
	c->pos = in->pos;
	if (rc != SRPC_OK)
		return (rc);
	if (c->proc == RPC_RUN || c->proc == RPC_RUN_DEFAULT) {
		start_run(c);
		return (SRPC_OK);
	}
	in->pos = c->start;
	answer(c, in);
	buf_consume(&c->in, c->pos);
	return (SRPC_OK);
}

static int
take_next(struct conn *c, struct srpc_error *err)
{
	struct srpc_reader in = {.data = c->in.data,
	    .len = c->in.len,
	    .limit = (size_t)c->context->settings->max_request_bytes};

	switch (c->state) {
	case HELLO:
		return (take_hello(c, &in, err));
	case IDLE:
		return (take_start(c, &in, err));
	case CALL:
		return (take_arguments(c, &in, err));
	case ACK:
		return (take_ack(c, &in, err));
	default:
		return (SRPC_MORE);
	}
}

/* As much as the received bytes allow. */
static void
process(struct conn *c)
{
	struct srpc_error err = {0};
	int rc = SRPC_OK;
	bool stop;

	while (rc == SRPC_OK && c->in.len > 0 && c->state < RUNNING && !c->stop)
		rc = take_next(c, &err);
	stop = c->stop && c->state != CLOSING;
	if (rc == -1)
		fail_call(c, &err);
	if (stop)
		start_closing(c);
	/* What has begun to arrive has to come to its end. */
	if (rc == SRPC_MORE && c->in.len > 0 && c->deadline == 0)
		set_deadline(c, c->context->settings->request_timeout * 1000LL);
	if (c->state != RUNNING && c->state != CLOSED)
		flush(c);
	if (stop)
		loop_drain("stop call");
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
	if (c->state == CLOSING)
		return;
	buf_append(&c->in, bytes, (size_t)n);
	if (c->in.failed) {
		log_warn("conn client=%s: out of memory for a request", c->client_text);
		close_conn(c);
		return;
	}
	process(c);
}

static void
ready(struct watch *w, uint32_t events)
{
	struct conn *c = (struct conn *)w;

	/* An event of this round may be stale: an earlier one closed the connection. */
	if (c->state != CLOSED && (events & EPOLLOUT) != 0)
		flush(c);
	if (c->state != CLOSED && (events & ~(uint32_t)EPOLLOUT) != 0)
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

	if (r->gone || r->reply.failed || loop_watch(&c->watch, EPOLLIN) == -1) {
		close_conn(c);
	} else {
		nrunning--;
		take_buffers_back(c, r);
		c->state = ACK;
		if (r->failed || c->drain)
			start_closing(c);
		if (c->in.len > 0)
			process(c);
		else
			flush(c);
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
		if (c->state == CLOSING) {
			close_conn(c);
			continue;
		}
		srpc_fail(&err, SRPC_READ_TIMEOUT,
		    "request not complete within %d seconds (request_timeout)",
		    c->context->settings->request_timeout);
		fail_call(c, &err);
		flush(c);
	}
	return (DEADLINE_ROUND);
}

void
conn_drain(void)
{
	struct conn *c, *next;

	TAILQ_FOREACH_SAFE (c, &conns, entry, next) {
		if (c->state == RUNNING) {
			c->drain = true;
		} else if (c->state == ACK) {
			start_closing(c);
			flush(c);
		} else if (c->state != CLOSING) {
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
