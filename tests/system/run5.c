#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run5.h"

#define FINISH_MS   60000
#define AWAIT_MS    30000
#define MAX_PORTION 100000 /* of input in an item */
#define MAX_OPTIONS 128

void
run5_server(struct server *s, enum mode mode, const char *settings)
{
	server_start_mode(s, mode,
	    harness_text("max_interface_version = 5\n%s", settings == NULL ? "" : settings));
}

void
run5_server_best(struct server *s, const char *settings)
{
	run5_server(s, harness_mode(), settings);
}

void
run5_encode(struct run5 *r, struct buf *b)
{
	const char *must[MAX_OPTIONS + 2] = {NULL};
	size_t n = 0;

	if (!r->greeted[0])
		srpc_put_hello(b);
	r->greeted[0] = true;
	if (!r->no_root)
		must[n++] = harness_text("root=%u", r->root == 0 ? 1 : r->root);
	for (size_t i = 0; r->must[i] != NULL; i++) {
		ck_assert_uint_lt(n, MAX_OPTIONS);
		must[n++] = r->must[i];
	}
	srpc_put_start_call(b, r->proc, r->version);
	srpc_put_chars_seq(b, must);
	srpc_put_chars_seq(b, r->may);
	if (r->proc == RPC5_RUN) {
		srpc_put_chars_seq(b, r->env);
		srpc_put_chars_seq(b, r->argv);
	}
	srpc_put_code(b, SRPC_END_CALL);
	buf_append(b, r->behind, r->behind_length);
}

void
run5_start(const struct server *s, struct run5 *r)
{
	struct buf b = {0};

	if (r->root == 0)
		r->root = harness_root(s->mode);
	if (r->conn == -1)
		r->conn = call_connect_from(s, r->from);
	else if (r->greeted[1])
		srpc_put_code(&b, SRPC_END_ACK);
	run5_encode(r, &b);
	call_send_buf(r->conn, &b);
}

static const char *const *
strings_of(const struct srpc_item *list)
{
	const char **strings =
	    (const char **)(void *)harness_alloc(((size_t)list->number + 1) * sizeof(*strings));
	struct srpc_error err;

	ck_assert_msg(pairs_check(list, &err) == 0, "bad results: %s", err.message);
	for (int32_t i = 0; i < list->number; i++)
		strings[i] = harness_text("%s", srpc_string(list, i));
	return (strings);
}

static void
take_output(struct run5 *r, int which, const struct srpc_item *item)
{
	ck_assert_uint_gt(item->length, 0);
	r->received[which] += item->length;
	if (!r->keep_nothing)
		buf_append(&r->output[which], item->bytes, item->length);
}

/* The results are all there, or nothing of them is taken. */
static bool
take_results(struct run5 *r, struct srpc_reader *in, const struct srpc_item *list)
{
	struct srpc_item end;

	if (!call_item(in, &end))
		return (false);
	ck_assert_int_eq(end.code, SRPC_END_CALL);
	ck_assert_msg(in->pos == in->len, "the server goes on behind its results");
	r->results = strings_of(list);
	r->ended = true;
	return (true);
}

static bool
take_item(struct run5 *r, struct srpc_reader *in)
{
	struct srpc_item item;

	if (!call_item(in, &item))
		return (false);
	ck_assert_msg((item.code == SRPC_HELLO) == !r->greeted[1], "item %d, and hello comes first",
	    item.code);
	switch (item.code) {
	case SRPC_HELLO:
		r->greeted[1] = true;
		return (true);
	case SRPC_CHARS_SEQ:
		return (take_results(r, in, &item));
	case SRPC_FAILURE:
		srpc_fail(
		    &r->failure, item.number, "%.*s", (int)item.length, (const char *)item.bytes);
		return (true);
	default:
		break;
	}
	ck_assert_int_eq(r->proc, RPC5_RUN);
	if (item.code == RPC5_STDOUT || item.code == RPC5_STDERR) {
		take_output(r, item.code == RPC5_STDERR, &item);
	} else if (item.code == SRPC_INT32) {
		ck_assert_int_gt(item.number, 0);
		r->welcome += (size_t)item.number;
		r->invited++;
	} else if (item.code == RPC5_QUEUED) {
		ck_assert_msg(r->going_on + r->invited == 0, "it waits, after it had begun");
		r->waits++;
	} else {
		ck_assert_int_eq(item.code, RPC5_RUNNING);
		r->going_on++;
	}
	return (true);
}

void
run5_pump(struct run5 *r, int ms)
{
	struct srpc_reader in;
	size_t done = 0;
	int n;

	if (r->ended || (n = call_receive(r->conn, &r->in, ms)) == -1)
		return;
	in = call_reader(&r->in);
	while (!r->ended && take_item(r, &in))
		done = in.pos;
	buf_consume(&r->in, r->ended && r->results != NULL ? r->in.len : done);
	if (n == 0)
		r->ended = true;
	if (n == 0 && r->results == NULL)
		ck_assert_msg(r->in.len == 0, "the connection ends within an item");
}

void
run5_pump_for(struct run5 *r, int ms)
{
	int64_t end = harness_now() + ms, left;

	while (!r->ended && (left = end - harness_now()) > 0)
		run5_pump(r, (int)left);
}

void
run5_finish(struct run5 *r)
{
	int64_t end = harness_now() + FINISH_MS;

	while (!r->ended) {
		ck_assert_msg(harness_now() < end,
		    "no results within %d s; %llu and %llu bytes came", FINISH_MS / 1000,
		    (unsigned long long)r->received[0], (unsigned long long)r->received[1]);
		run5_pump(r, 100);
	}
}

void
run5_await(struct run5 *r, const char *text)
{
	int64_t end = harness_now() + AWAIT_MS;

	while (r->output[0].len == 0 ||
	       memmem(r->output[0].data, r->output[0].len, text, strlen(text)) == NULL) {
		ck_assert_msg(!r->ended, "the run ended before '%s' (%s): %s", text,
		    run5_has(r, "words") ? run5_text(r, "words") : r->failure.message, run5_err(r));
		ck_assert_msg(harness_now() < end, "no '%s' from the tool", text);
		run5_pump(r, 100);
	}
}

void
run5_await_something(const struct run5 *r)
{
	struct pollfd p = {.fd = r->conn, .events = POLLIN};

	ck_assert_msg(poll(&p, 1, AWAIT_MS) == 1, "nothing comes from the server");
}

/* As every list of results does. */
static void
tells_load(const struct run5 *r)
{
	ck_assert(run5_has(r, "state"));
	ck_assert_int_ge(run5_number(r, "in_flight"), 0);
}

void
run5_do(const struct server *s, struct run5 *r)
{
	run5_start(s, r);
	run5_finish(r);
	ck_assert_msg(r->results != NULL && !run5_has(r, "failure"),
	    "the call failed: %s; failure item %d '%s'; log: %s",
	    run5_has(r, "words") ? run5_text(r, "words") : "no results", r->failure.code,
	    r->failure.message, server_log(s));
	tells_load(r);
}

void
run5_failed(const struct run5 *r, int code, const char *words)
{
	ck_assert_msg(r->results != NULL, "no results; failure item %d '%s'", r->failure.code,
	    r->failure.message);
	ck_assert_msg(run5_has(r, "failure"), "no failure, where '%s' is due", words);
	ck_assert_contains(run5_text(r, "words"), words);
	ck_assert_int_eq(run5_number(r, "failure"), code);
	ck_assert(!run5_has(r, "status"));
	tells_load(r);
}

void
run5_fails(const struct server *s, struct run5 *r, int code, const char *words)
{
	run5_start(s, r);
	run5_finish(r);
	run5_failed(r, code, words);
}

void
run5_broke(struct run5 *r, int code, const char *words)
{
	run5_finish(r);
	ck_assert_msg(r->results == NULL, "results, where '%s' is due", words);
	ck_assert_msg(r->failure.code == code, "failure %d '%s', not %d '%s'", r->failure.code,
	    r->failure.message, code, words);
	ck_assert_contains(r->failure.message, words);
}

void
run5_breaks(const struct server *s, struct run5 *r, int code, const char *words)
{
	run5_start(s, r);
	run5_broke(r, code, words);
}

bool
run5_send(struct run5 *r, const void *data, size_t len)
{
	struct buf b = {0};

	srpc_put_bytes(&b, data, len);
	return (call_send_buf(r->conn, &b));
}

bool
run5_order(struct run5 *r, int32_t order)
{
	struct buf b = {0};

	srpc_put_int32(&b, order);
	return (call_send_buf(r->conn, &b));
}

void
run5_feed(struct run5 *r, const void *data, size_t len)
{
	int64_t end = harness_now() + FINISH_MS;
	const char *p = data;
	size_t n;

	while (len > 0 && !r->ended) {
		ck_assert_msg(harness_now() < end, "%zu bytes of input are not welcome", len);
		run5_pump(r, r->welcome == 0 ? 100 : 0);
		n = len < r->welcome ? len : r->welcome;
		if (n > MAX_PORTION)
			n = MAX_PORTION;
		if (n == 0)
			continue;
		ck_assert(run5_send(r, p, n));
		r->welcome -= n;
		p += n;
		len -= n;
	}
	run5_send(r, "", 0);
}

static const char *
find(const struct run5 *r, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; r->results != NULL && r->results[i] != NULL; i++)
		if (strncmp(r->results[i], name, len) == 0 && r->results[i][len] == '=')
			return (r->results[i] + len + 1);
	return (NULL);
}

bool
run5_has(const struct run5 *r, const char *name)
{
	return (find(r, name) != NULL);
}

const char *
run5_text(const struct run5 *r, const char *name)
{
	const char *value = find(r, name);

	ck_assert_msg(value != NULL, "no result %s", name);
	return (value);
}

int64_t
run5_number(const struct run5 *r, const char *name)
{
	const char *value = run5_text(r, name);
	char *end;
	long long n = strtoll(value, &end, 10);

	ck_assert_msg(end != value && *end == '\0', "%s=%s is no number", name, value);
	return (n);
}

static void
ended_so(const struct run5 *r, int status, int sig, const char *why)
{
	ck_assert_msg(r->results != NULL && run5_has(r, "status"),
	    "no results of a tool: %s; failure item %d '%s'",
	    run5_has(r, "words") ? run5_text(r, "words") : "", r->failure.code, r->failure.message);
	ck_assert_msg(run5_number(r, "status") == status && run5_number(r, "signal") == sig &&
			  strcmp(run5_text(r, "why"), why) == 0,
	    "status=%s signal=%s why=%s, not status=%d signal=%d why=%s; stderr: %s",
	    run5_text(r, "status"), run5_text(r, "signal"), run5_text(r, "why"), status, sig, why,
	    r->output[1].len < 1000 ? run5_err(r) : "a lot");
}

void
run5_exited(const struct run5 *r, int status, const char *why)
{
	ended_so(r, status, 0, why);
}

void
run5_signalled(const struct run5 *r, int sig, const char *why)
{
	ended_so(r, 0, sig, why);
}

static const char *
text_of(const struct buf *b)
{
	char *s = harness_alloc(b->len + 1);

	if (b->len > 0)
		memcpy(s, b->data, b->len);
	return (s);
}

const char *
run5_out(const struct run5 *r)
{
	return (text_of(&r->output[0]));
}

const char *
run5_err(const struct run5 *r)
{
	return (text_of(&r->output[1]));
}

struct run5
run5_next(struct run5 *last, struct run5 next)
{
	next.conn = last->conn;
	next.greeted[0] = last->greeted[0];
	next.greeted[1] = last->greeted[1];
	last->conn = -1;
	run5_free(last);
	return (next);
}

void
run5_free(struct run5 *r)
{
	if (r->conn != -1)
		close(r->conn);
	r->conn = -1;
	buf_free(&r->in);
	buf_free(&r->output[0]);
	buf_free(&r->output[1]);
}
