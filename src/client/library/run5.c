#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "run5.h"
#include "run_request.h"

#define MISSED_KEEP_ALIVES 3 /* after so many the server is gone */

/* How far the request is. */
enum stage {
	ASKING, /* the request is not sent completely */
	ASKED,
	WAITING, /* for its turn */
	STARTED,
};

struct run5 {
	struct runtool *c;
	const struct runtool_request *request;
	enum stage stage;
	int stream;		   /* of the output item that is under way: 1 or 2 */
	size_t left;		   /* bytes of it that have not come yet */
	bool closed[CALL_STREAMS]; /* outputs of which no more is wanted */
	int64_t credit;		   /* bytes of input that the server takes */
	bool input_ended;
	bool told;	  /* that it has started */
	int64_t input;	  /* bytes that were read of it, but for those given back */
	int silence_ms;	  /* at most */
	int64_t deadline; /* for the next sign of life */
	bool answered;
	struct rpc5_result result;
	struct rpc5_failure failure;
};

static void
send_all(struct run5 *run)
{
	call_send(run->c);
	if (run->stage == ASKING && !call_unsent(run->c))
		run->stage = ASKED;
}

static int
send_request(struct run5 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	struct rpc_run call;
	int rc;

	if ((rc = run_request_arguments(run->request, &call)) == 0)
		rpc5_put_run(&c->out, &call);
	rpc_run_free(&call);
	if (rc == -1 || c->out.failed)
		return (error_set(err, RUNTOOL_INTERNAL, "the request does not fit into memory"));
	c->asked = deadline_now();
	send_all(run);
	return (0);
}

/* A terminal is used from now on, and must have the size that ours has. */
static void
tell_start(struct run5 *run)
{
	if (!run->request->tty || run->told || run->stage != STARTED)
		return;
	run->told = true;
	if (run->request->started != NULL)
		run->request->started(run->request->arg);
	control_wake(&run->c->control);
}

/* ---- what the server sends ---- */

/* Takes the head of an item of output; its bytes are handed on as they come. */
static int
take_output(struct run5 *run, struct srpc_reader *r, struct srpc_error *why)
{
	const uint8_t *head = r->data + r->pos;
	uint32_t length;

	if (r->len - r->pos < 1 + sizeof(length))
		return (SRPC_MORE);
	memcpy(&length, head + 1, sizeof(length));
	if ((length = ntohl(length)) > INT32_MAX)
		return (srpc_fail(why, SRPC_PROTOCOL_VIOLATION, "an output of negative length"));
	run->stream = *head == RPC5_STDOUT ? 1 : 2;
	run->left = length;
	run->stage = STARTED;
	r->pos += 1 + sizeof(length);
	return (SRPC_OK);
}

static int
take_credit(struct run5 *run, struct srpc_reader *r, struct srpc_error *why)
{
	struct srpc_item item;
	int rc;

	if ((rc = srpc_next(r, SRPC_INT32, &item, why)) != SRPC_OK)
		return (rc);
	if (!run->request->stream_stdin || item.number <= 0)
		return (srpc_fail(why, SRPC_PROTOCOL_VIOLATION, "it asks for %d bytes of input%s",
		    item.number,
		    run->request->stream_stdin ? "" : ", and was told that there is none"));
	run->credit += item.number;
	run->stage = STARTED;
	return (SRPC_OK);
}

static int
take_stage(struct run5 *run, struct srpc_reader *r, struct srpc_error *why)
{
	struct srpc_item item;
	int rc;

	if ((rc = srpc_next(r, RPC5_RUNNING, &item, why)) != SRPC_OK)
		return (rc);
	if (item.code == RPC5_RUNNING)
		run->stage = STARTED;
	else if (run->stage != STARTED)
		run->stage = WAITING;
	return (SRPC_OK);
}

static int
take_results(struct run5 *run, struct srpc_reader *r, struct srpc_error *why)
{
	int rc = rpc5_get_result(r, &run->result, &run->failure, why);

	run->answered = rc == SRPC_OK;
	return (rc);
}

static int
take_any(struct run5 *run, struct srpc_reader *r, struct srpc_error *why)
{
	if (r->pos == r->len)
		return (SRPC_MORE);
	switch (r->data[r->pos]) {
	case RPC5_STDOUT:
	case RPC5_STDERR:
		return (take_output(run, r, why));
	case SRPC_INT32:
		return (take_credit(run, r, why));
	case RPC5_QUEUED:
	case RPC5_RUNNING:
		return (take_stage(run, r, why));
	default:
		return (take_results(run, r, why));
	}
}

static int
take_item(struct run5 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	struct srpc_reader r;
	struct srpc_error why;
	int rc;

	if ((rc = call_open_reply(c, &r, &why)) == SRPC_OK)
		rc = take_any(run, &r, &why);
	if (rc == -1)
		return (call_fail(c, &why, err));
	if (rc == SRPC_MORE)
		return (rc);
	c->answered = true;
	tell_start(run);
	if (run->answered)
		call_close_reply(c, &r);
	else
		call_take(c, &r);
	/* We sent a signal that ends the tool, but no tool runs yet: so we cancel. */
	if (run->stage == WAITING && c->control.ending != 0)
		return (control_words(&c->control, err));
	return (SRPC_OK);
}

/* Hands on what has come of an item of output. */
static int
hand_on(struct run5 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	const uint8_t *data = c->in.data + c->taken;
	bool *closed = &run->closed[run->stream - 1];
	size_t n = c->in.len - c->taken;
	int rc;

	if (n == 0)
		return (SRPC_MORE);
	if (n > run->left)
		n = run->left;
	run->left -= n;
	c->taken += n;
	if (*closed)
		return (SRPC_OK);
	if ((rc = run_request_output(run->request, run->stream, data, n, err)) ==
	    RUNTOOL_CLOSE_STREAM) {
		*closed = true;
		srpc_put_int32(&c->out, run->stream == 1 ? RPC5_NO_STDOUT : RPC5_NO_STDERR);
	}
	return (rc == -1 ? -1 : SRPC_OK);
}

static int
take_what_is_there(struct run5 *run, struct runtool_error *err)
{
	int rc = SRPC_OK;

	while (rc == SRPC_OK && !run->answered)
		rc = run->left > 0 ? hand_on(run, err) : take_item(run, err);
	return (rc == -1 ? -1 : 0);
}

/* ---- what we send ---- */

static bool
wants_input(const struct run5 *run)
{
	return (run->request->stream_stdin && !run->input_ended && run->credit > 0 &&
		!call_unsent(run->c));
}

/* Does what other threads or signal handlers want. */
static int
obey(struct run5 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	uint64_t signals = control_take(&c->control);
	bool may_run = run->stage == ASKED || run->stage == STARTED;
	int32_t size;
	int i;

	if (control_cancelled(&c->control) || (c->control.ending != 0 && !may_run))
		return (control_words(&c->control, err));
	for (i = 1; may_run && i <= RPC5_MAX_SIGNAL; i++)
		if ((signals & CONTROL_BIT(i)) != 0)
			srpc_put_int32(&c->out, i);
	if (run->request->tty && run->stage == STARTED &&
	    (size = control_take_size(&c->control)) != 0)
		srpc_put_int32(&c->out, size);
	return (0);
}

/* 0, or -1 with *err. */
static int
send_input(struct run5 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	size_t size = sizeof(c->block);
	ssize_t n;

	if (run->credit < (int64_t)size)
		size = (size_t)run->credit;
	if (run->request->input != NULL)
		n = run->request->input(run->request->arg, c->block, size);
	else
		n = read(run->request->stdin_fd, c->block, size);
	if (n == -1 && (run->request->input != NULL || errno == EAGAIN || errno == EINTR))
		return (0);
	if (n <= 0) {
		run->input_ended = true;
		n = 0;
	}
	run->credit -= n;
	run->input += n;
	/* A new size, or a signal, is there before what was typed after it. */
	if (obey(run, err) == -1)
		return (-1);
	srpc_put_bytes(&c->out, c->block, (size_t)n);
	return (0);
}

/* Lets the input stand behind so many bytes, where it can be seeked. */
static void
give_back(struct run5 *run, int64_t used)
{
	if (run->input > used && lseek(run->request->stdin_fd, used - run->input, SEEK_CUR) != -1)
		run->input = used;
}

/* ---- the course of a run ---- */

enum { ANSWER, INPUT, CONTROL, DESCRIPTORS };

static int
serve(struct run5 *run, const struct pollfd *fds, struct runtool_error *err)
{
	struct runtool *c = run->c;

	if (fds[CONTROL].revents != 0 && obey(run, err) == -1)
		return (-1);
	if (fds[INPUT].revents != 0 && send_input(run, err) == -1)
		return (-1);
	if (fds[ANSWER].revents != 0 &&
	    (call_go_on(c, err) == -1 || take_what_is_there(run, err) == -1))
		return (-1);
	if (c->out.failed)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	send_all(run);
	return (0);
}

static int
step(struct run5 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	struct pollfd fds[DESCRIPTORS] = {
	    [ANSWER] = call_awaits(c),
	    [INPUT] = {.fd = wants_input(run) ? run->request->stdin_fd : -1, .events = POLLIN},
	    [CONTROL] = {.fd = c->control.fd, .events = POLLIN},
	};
	uint64_t received = c->received;
	bool asking = run->stage == ASKING;
	size_t sent = c->sent;

	if (deadline_poll(fds, DESCRIPTORS, run->deadline) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
	if (serve(run, fds, err) == -1)
		return (-1);
	/* The time that we took ourselves does not count as silence. */
	if (c->received != received || (asking && c->sent != sent))
		run->deadline = deadline_in(run->silence_ms);
	else if (deadline_over(run->deadline))
		return (error_set(err, RUNTOOL_TIMEOUT, "the server has been silent for %g s",
		    run->silence_ms / 1e3));
	return (0);
}

static int
run_to_end(struct run5 *run, struct runtool_error *err)
{
	if (call_begin(run->c, err) == -1 || send_request(run, err) == -1)
		return (-1);
	run->deadline = deadline_in(run->silence_ms);
	while (!run->answered)
		if (step(run, err) == -1)
			return (-1);
	return (0);
}

static void
put_result(const struct rpc5_result *from, struct runtool_result *to)
{
	_Static_assert((int)RUNTOOL_ENDED == (int)RPC5_ENDED &&
			   (int)RUNTOOL_TIME_LIMIT == (int)RPC5_TIME_LIMIT &&
			   (int)RUNTOOL_CLIENT_SIGNAL == (int)RPC5_CLIENT_SIGNAL &&
			   (int)RUNTOOL_SERVER_SHUTDOWN == (int)RPC5_SHUTDOWN,
	    "the library has the interface's order");

	*to = (struct runtool_result){
	    .status = from->status,
	    .signal = from->signal,
	    .core = from->core != 0,
	    .why = (enum runtool_why)from->why,
	    .interface = RPC5_VERSION,
	    .wall_s = (double)from->wall_us / 1e6,
	    .queue_s = (double)from->queue_us / 1e6,
	    .user_s = (double)from->user_us / 1e6,
	    .system_s = (double)from->system_us / 1e6,
	    .max_rss_kb = from->max_rss_kb,
	    .loaded = from->load.loaded != 0,
	    .in_flight = from->load.in_flight,
	    .linger_s = (double)from->linger_us.n / 1e6,
	};
}

/* 0 with the result, or -1 with *err: nothing was run, or it is not known what. */
static int
conclude(struct run5 *run, struct runtool_result *result, int *retry_ms, struct runtool_error *err)
{
	if (run_to_end(run, err) == -1) {
		call_hang_up(run->c);
		return (-1);
	}
	if (run->failure.code != 0) {
		failure_result(err, &run->failure);
		*retry_ms = run->failure.retry_ms;
		rpc5_failure_free(&run->failure);
		return (-1);
	}
	put_result(&run->result, result);
	return (0);
}

int
run5(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    int *retry_ms, struct runtool_error *err)
{
	struct run5 run = {.c = c, .request = request};
	int keep_alive = request->keep_alive_ms, rc;

	run.silence_ms =
	    MISSED_KEEP_ALIVES * (keep_alive == 0 ? RPC5_DEFAULT_KEEP_ALIVE : keep_alive);
	*retry_ms = 0;
	rc = conclude(&run, result, retry_ms, err);
	if (rc == -1)
		give_back(&run, 0);
	else if (run.result.stdin_read.given)
		give_back(&run, run.result.stdin_read.n);
	c->input_read |= run.input > 0;
	return (rc);
}
