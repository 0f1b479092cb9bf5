#include <string.h>

#include "answer.h"
#include "calls.h"
#include "server/base/clock.h"
#include "conn_state.h"
#include "drain.h"
#include "server/base/info.h"
#include "lib/log.h"
#include "lib/rpc5.h"
#include "server/base/stats.h"
#include "submit.h"

#define MAX_HELLO 256 /* bytes */
#define SHOWN	  256 /* of a failure, in the log */

static uint64_t last_id;

static void
say_hello(struct conn *c)
{
	if (!c->said_hello)
		srpc_put_hello(&c->out);
	c->said_hello = true;
}

void
calls_fail(struct conn *c, const struct srpc_error *err)
{
	char words[SHOWN];

	if (!err->from_peer) {
		log_info("conn client=%s failure=%d why=%s", c->client_text, err->code,
		    log_quote(words, sizeof(words), err->message));
		say_hello(c);
		srpc_put_failure(&c->out, err->code, err->message);
	}
	conn_start_closing(c);
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

/* A run call that failed before it began. From version 5 on the connection lives on. */
static void
fail_run(struct conn *c, const struct srpc_error *err)
{
	char words[SHOWN];

	if (c->version < RPC5_VERSION) {
		calls_fail(c, err);
		return;
	}
	log_info("run client=%s failure=%d why=%s", c->client_text, err->code,
	    log_quote(words, sizeof(words), err->message));
	say_hello(c);
	rpc5_put_failure(&c->out, err, info_load());
	c->state = CONN_ACK;
	conn_set_deadline(c, 0);
}

static void
start_run(struct conn *c)
{
	const struct conn_context *x = c->context;
	struct srpc_error err;
	struct request *r;

	conn_flush(c);
	if (c->state == CONN_CLOSED)
		return;
	if ((r = make_request(c)) == NULL) {
		srpc_fail(&err, SRPC_INTERNAL_TROUBLE, "request denied: server is out of memory");
		calls_fail(c, &err);
		return;
	}
	if (request_decode(r, c->start, &err) == -1) {
		stats_count(STATS_FAILURES);
		fail_run(c, &err);
	} else {
		say_hello(c);
		conn_lend(c, r);
		if (submit_request(x->settings, x->queue, x->killer, r, &err) == 0)
			return;
		if (conn_take_back(c, r) == 0)
			fail_run(c, &err);
	}
	stats_call(RPC5_CALL_RUN, true, r->start);
	request_free(r);
}

/* The calls that need no worker; `in` stands at the arguments. */
static void
answer_call(struct conn *c, struct srpc_reader *in)
{
	const struct question q = {c->proc, c->version, &c->client};

	say_hello(c);
	c->stop = answer(&c->out, &q, in);
	c->state = CONN_ACK;
	conn_set_deadline(c, 0);
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
		conn_set_deadline(c, 0);
		c->state = CONN_IDLE;
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
		conn_set_deadline(c, 0);
		c->state = CONN_IDLE;
	}
	return (rc);
}

static int
take_start(struct conn *c, struct srpc_reader *in, struct srpc_error *err)
{
	int rc, max = c->context->settings->max_version;
	struct srpc_item item;

	c->proc = c->version = -1;
	if (c->in.data[0] == SRPC_START_CALL) {
		if ((rc = srpc_next(in, SRPC_START_CALL, &item, err)) != SRPC_OK)
			return (rc);
		c->proc = item.number;
		c->version = item.version;
	}
	/* Both begin with the original's words. */
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
	c->state = CONN_CALL;
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
	answer_call(c, in);
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
	case CONN_HELLO:
		return (take_hello(c, &in, err));
	case CONN_IDLE:
		return (take_start(c, &in, err));
	case CONN_CALL:
		return (take_arguments(c, &in, err));
	case CONN_ACK:
		return (take_ack(c, &in, err));
	default:
		return (SRPC_MORE);
	}
}

void
calls_process(struct conn *c)
{
	struct srpc_error err = {0};
	int rc = SRPC_OK;
	bool stop;

	while (rc == SRPC_OK && c->in.len > 0 && c->state < CONN_RUNNING && !c->stop)
		rc = take_next(c, &err);
	stop = c->stop && c->state != CONN_CLOSING;
	if (rc == -1)
		calls_fail(c, &err);
	if (stop)
		conn_start_closing(c);
	/* What has begun to arrive has to come to its end. */
	if (rc == SRPC_MORE && c->in.len > 0 && c->deadline == 0)
		conn_set_deadline(c, c->context->settings->request_timeout * 1000LL);
	if (c->state != CONN_RUNNING && c->state != CONN_CLOSED)
		conn_flush(c);
	if (stop)
		drain_begin("stop call");
}
