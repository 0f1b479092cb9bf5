#include <stddef.h>
#include <string.h>

#include "lib/log.h"
#include "lib/rpc5.h"
#include "server/base/clock.h"
#include "server/base/stats.h"
#include "server/runs/killer.h"
#include "server/runs/outcome.h"
#include "server/runs/queue.h"
#include "server/runs/request.h"
#include "answer.h"
#include "calls.h"
#include "drain.h"
#include "submit.h"

#define MAX_HELLO 256 /* bytes */
#define SHOWN	  256 /* of a failure, in the log */

/* What is expected from a client next. */
enum caller_state {
	CALLER_HELLO, /* nothing was received yet */
	CALLER_IDLE,  /* between calls */
	CALLER_CALL,  /* a call has begun to arrive */
	CALLER_ACK,   /* its end_ack, once it has the results */
};

struct caller {
	struct conn conn;	 /* first */
	enum caller_state state; /* valid while its connection is open or lent */
	bool said_hello;	 /* our hello is sent, or in `conn.out` */
	bool drain;		 /* close once the reply is sent */
	bool stop;		 /* the same, and end the server */
	int32_t proc, version;
	unsigned int step; /* of the call's arguments */
	size_t start;	   /* in `conn.in`: of the call's arguments */
	size_t pos;	   /* in `conn.in`: what is decoded of the call */
};

static struct calls *
calls_of(const struct caller *c)
{
	return ((struct calls *)((char *)c->conn.all - offsetof(struct calls, conns)));
}

static void
say_hello(struct caller *c)
{
	if (!c->said_hello)
		srpc_put_hello(&c->conn.out);
	c->said_hello = true;
}

static void
fail(struct caller *c, const struct srpc_error *err)
{
	char words[SHOWN];

	if (!err->from_peer) {
		log_info("conn client=%s failure=%d why=%s", c->conn.client_text, err->code,
		    log_quote(words, sizeof(words), err->message));
		say_hello(c);
		srpc_put_failure(&c->conn.out, err->code, err->message);
	}
	conn_start_closing(&c->conn);
}

/* The bytes of the call become the request's; those behind it stay. 0, or -1. */
static int
detach_call(struct caller *c, struct request *r)
{
	struct buf rest = {0};

	buf_append(&rest, c->conn.in.data + c->pos, c->conn.in.len - c->pos);
	if (rest.failed)
		return (-1);
	r->raw = c->conn.in;
	r->raw.len = c->pos;
	c->conn.in = rest;
	return (0);
}

/* NULL when memory is short. */
static struct request *
make_request(struct caller *c)
{
	struct request *r;

	if ((r = request_new()) == NULL)
		return (NULL);
	r->id = ++calls_of(c)->last_id;
	r->conn = &c->conn;
	r->fd = c->conn.watch.fd;
	r->client = c->conn.client;
	r->version = c->version;
	r->start = clock_us();
	memcpy(r->client_text, c->conn.client_text, sizeof(r->client_text));
	if (detach_call(c, r) == -1) {
		request_free(r);
		return (NULL);
	}
	return (r);
}

/* A run call that failed before it began. From version 5 on the connection stays open. */
static void
fail_run(struct caller *c, const struct srpc_error *err)
{
	char words[SHOWN];

	if (c->version < RPC5_VERSION) {
		fail(c, err);
		return;
	}
	log_info("run client=%s failure=%d why=%s", c->conn.client_text, err->code,
	    log_quote(words, sizeof(words), err->message));
	say_hello(c);
	rpc5_put_failure(&c->conn.out, err, queue_load(calls_of(c)->queue).told);
	conn_set_deadline(&c->conn, 0);
}

/* There is no room for it: the bytes of its call are dropped. */
static void
refuse_run(struct caller *c)
{
	struct srpc_error err;

	outcome_say_busy(&err, queue_load(calls_of(c)->queue).waiting);
	stats_count(STATS_REFUSED);
	stats_call(RPC5_CALL_RUN, true, clock_us());
	buf_consume(&c->conn.in, c->pos);
	fail_run(c, &err);
}

static void
start_run(struct caller *c)
{
	const struct calls *all = calls_of(c);
	struct srpc_error err;
	struct request *r;

	c->state = CALLER_ACK;
	conn_flush(&c->conn);
	if (c->conn.state == CONN_CLOSED)
		return;
	if ((c->conn.spare && reserve_lack(c->conn.all->reserve) != NULL) ||
	    (r = make_request(c)) == NULL) {
		refuse_run(c);
		return;
	}
	if (request_decode(r, c->start, &err) == -1) {
		stats_count(STATS_FAILURES);
		fail_run(c, &err);
	} else {
		say_hello(c);
		conn_lend(&c->conn, &r->in, &r->reply);
		if (submit_request(all->settings, all->queue, all->killer, r, &err) == 0)
			return;
		if (conn_take_back(&c->conn, !r->gone, &r->in, &r->reply) == 0)
			fail_run(c, &err);
	}
	stats_call(RPC5_CALL_RUN, true, r->start);
	request_free(r);
}

/* The calls that need no worker; `in` stands at the arguments. */
static void
answer_call(struct caller *c, struct srpc_reader *in)
{
	const struct question q = {c->proc, c->version, &c->conn.client};

	say_hello(c);
	c->stop = answer(&c->conn.out, calls_of(c)->settings, calls_of(c)->queue, &q, in);
	c->state = CALLER_ACK;
	conn_set_deadline(&c->conn, 0);
}

/* These four decode one thing each: SRPC_OK when it is done, SRPC_MORE, or -1 with *err. */

static int
take_hello(struct caller *c, struct srpc_reader *in, struct srpc_error *err)
{
	struct srpc_item item;
	int rc;

	in->limit = MAX_HELLO;
	rc = srpc_next(in, SRPC_HELLO, &item, err);
	if (rc == SRPC_OK && (item.length < sizeof(SRPC_VERSION) - 1 ||
				 strncmp((const char *)item.bytes, SRPC_VERSION, item.length) != 0))
		rc = srpc_fail(err, SRPC_PROTOCOL_VIOLATION, "not " SRPC_VERSION);
	err->from_peer = true; /* a client that does not speak SRPC is not answered */
	if (rc == SRPC_OK) {
		buf_consume(&c->conn.in, in->pos);
		conn_set_deadline(&c->conn, 0);
		c->state = CALLER_IDLE;
	}
	return (rc);
}

/* Input and signals of a run that had ended before they came are dropped. */
static bool
is_late(const struct caller *c, const struct srpc_reader *in)
{
	uint8_t code = in->data[in->pos];

	return (c->version >= RPC5_VERSION && c->proc == RPC5_RUN &&
		(code == SRPC_BYTES || code == SRPC_INT32));
}

static int
take_ack(struct caller *c, struct srpc_reader *in, struct srpc_error *err)
{
	struct srpc_item item;
	int rc = SRPC_OK;

	while (rc == SRPC_OK && in->pos < in->len && is_late(c, in))
		rc = srpc_next(in, in->data[in->pos], &item, err);
	if (rc == SRPC_OK)
		rc = srpc_next(in, SRPC_END_ACK, &item, err);
	buf_consume(&c->conn.in, in->pos);
	if (rc == SRPC_OK) {
		conn_set_deadline(&c->conn, 0);
		c->state = CALLER_IDLE;
	}
	return (rc);
}

static int
take_start(struct caller *c, struct srpc_reader *in, struct srpc_error *err)
{
	int rc, max = calls_of(c)->settings->max_version;
	struct srpc_item item;

	c->proc = c->version = -1;
	if (c->conn.in.data[0] == SRPC_START_CALL) {
		if ((rc = srpc_next(in, SRPC_START_CALL, &item, err)) != SRPC_OK)
			return (rc);
		c->proc = item.number;
		c->version = item.version;
	}
	/* Both messages begin with the original server's words. */
	if (c->version > max)
		return (srpc_fail(err, SRPC_VERSION_SKEW,
		    "RunToolServer: Unsupported interface version %d: this server speaks %d and "
		    "older%s",
		    c->version, max, max < RPC5_VERSION ? " (max_interface_version)" : ""));
	if (c->version >= RPC5_VERSION ? !rpc5_known(c->proc) : !rpc_known(c->proc))
		return (srpc_fail(err, SRPC_VERSION_SKEW,
		    "Unknown proc_id %d of interface version %d", c->proc, c->version));
	c->start = c->pos = in->pos;
	c->step = 0;
	c->state = CALLER_CALL;
	return (SRPC_OK);
}

static int
take_arguments(struct caller *c, struct srpc_reader *in, struct srpc_error *err)
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
	answer_call(c, in);
	buf_consume(&c->conn.in, c->pos);
	return (SRPC_OK);
}

static int
take_next(struct caller *c, struct srpc_error *err)
{
	struct srpc_reader in = {.data = c->conn.in.data,
	    .len = c->conn.in.len,
	    .limit = (size_t)calls_of(c)->settings->max_request_bytes};

	switch (c->state) {
	case CALLER_HELLO:
		return (take_hello(c, &in, err));
	case CALLER_IDLE:
		return (take_start(c, &in, err));
	case CALLER_CALL:
		return (take_arguments(c, &in, err));
	case CALLER_ACK:
		return (take_ack(c, &in, err));
	}
	return (SRPC_MORE);
}

/* Reads on as far as the received bytes allow. */
static void
received(struct conn *conn)
{
	struct caller *c = (struct caller *)conn;
	struct srpc_error err = {0};
	int rc = SRPC_OK;
	bool stop;

	while (rc == SRPC_OK && conn->in.len > 0 && conn->state == CONN_OPEN && !c->stop)
		rc = take_next(c, &err);
	stop = c->stop && conn->state != CONN_CLOSING;
	if (rc == -1)
		fail(c, &err);
	if (stop)
		conn_start_closing(conn);
	/* A call that has begun to arrive must be complete in time. */
	if (rc == SRPC_MORE && conn->in.len > 0 && conn->deadline == 0)
		conn_set_deadline(conn, calls_of(c)->settings->request_timeout * 1000LL);
	if (conn->state != CONN_LENT && conn->state != CONN_CLOSED)
		conn_flush(conn);
	if (stop)
		drain_begin(calls_of(c)->drain, "stop call");
}

static void
expired(struct conn *conn)
{
	struct caller *c = (struct caller *)conn;
	struct srpc_error err;

	srpc_fail(&err, SRPC_READ_TIMEOUT,
	    "request not complete within %d seconds (request_timeout)",
	    calls_of(c)->settings->request_timeout);
	fail(c, &err);
}

void
calls_init(struct calls *all, const struct settings *s, struct watcher *watcher)
{
	*all = (struct calls){.settings = s};
	conns_init(&all->conns, watcher, sizeof(struct caller), received, expired);
}

void
calls_deny(struct calls *all, int fd, const struct sockaddr_storage *client)
{
	struct conn *conn;

	if ((conn = conn_open(&all->conns, fd, client)) == NULL)
		return;
	srpc_put_hello(&conn->out);
	srpc_put_failure(&conn->out, SRPC_CLIENT_ERROR,
	    "request denied: this host is not in the server's `allow`");
	conn_start_closing(conn);
	conn_flush(conn);
}

void
calls_finished(struct request *r)
{
	struct caller *c = (struct caller *)r->conn;
	struct conn *conn = r->conn;

	/* No worker has counted it. */
	if (!r->counted)
		stats_call(RPC5_CALL_RUN, true, r->start);
	if (conn_take_back(conn, !r->gone, &r->in, &r->reply) == 0) {
		if (r->failed || c->drain)
			conn_start_closing(conn);
		if (conn->in.len > 0)
			received(conn);
		else
			conn_flush(conn);
	}
	request_free(r);
}

void
calls_drain(struct calls *all)
{
	struct conn *conn, *next;
	struct caller *c;

	TAILQ_FOREACH_SAFE (conn, &all->conns.open, entry, next) {
		c = (struct caller *)conn;
		if (conn->state == CONN_LENT) {
			c->drain = true;
		} else if (conn->state == CONN_OPEN && c->state == CALLER_ACK) {
			conn_start_closing(conn);
			conn_flush(conn);
		} else if (conn->state == CONN_OPEN) {
			conn_close(conn);
		}
	}
}

unsigned int
calls_running(const struct calls *all)
{
	return (all->conns.lent);
}
