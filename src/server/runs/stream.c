#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/clock.h"
#include "stream.h"
#include "terminal.h"

#define RECEIVE	 ((size_t)64 * 1024) /* bytes at a time */
#define MAX_ITEM (FEED_WINDOW + 5)   /* bytes, with its head */

enum { CONN, LIFE, INPUT, OUTPUTS }; /* places among the pollfds */

/* A pipe whose end `ours` (0: to read, 1: to write) does not block. 0, or -1 with errno. */
static int
make_pipe(int ours, int *our_end, int *tools_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return (-1);
	*our_end = ends[ours];
	*tools_end = ends[!ours];
	return (fcntl(*our_end, F_SETFL, O_NONBLOCK));
}

/*
 * What one output goes through: a pipe or a terminal. For want of a terminal a pipe does: the tool
 * runs without colours. 0, or -1 with errno.
 */
static int
make_output(struct stream *s, int which, int *tools_end)
{
	const struct rpc_run *run = &s->request->run;
	int *ours = &s->output.pipes[which];

	if (run->colour != 0) {
		if (terminal_open(true, run->rows, run->columns, ours, tools_end,
			&s->output.held[which]) == 0)
			return (0);
		log_warn("run id=%llu client=%s: no terminal for its output: %s%s",
		    (unsigned long long)s->request->id, s->request->client_text, strerror(errno),
		    terminal_remedy(errno));
	}
	return (make_pipe(0, ours, tools_end));
}

/* One terminal for all three. 0, or -1 with errno. */
static int
make_terminal(struct stream *s, int files[3])
{
	const struct rpc_run *run = &s->request->run;
	int *ours = &s->output.pipes[0];

	s->feed.terminal = true;
	if (terminal_open(false, run->rows, run->columns, ours, &files[0], &s->output.held[0]) ==
		-1 ||
	    (s->feed.pipe = fcntl(*ours, F_DUPFD_CLOEXEC, 0)) == -1 ||
	    (files[1] = fcntl(files[0], F_DUPFD_CLOEXEC, 0)) == -1 ||
	    (files[2] = fcntl(files[0], F_DUPFD_CLOEXEC, 0)) == -1)
		return (-1);
	return (0);
}

void
stream_init(struct stream *s, struct request *r)
{
	s->request = r;
	s->deaf = false;
	output_init(&s->output, r);
	feed_init(&s->feed);
}

int
stream_open(struct stream *s, int files[3])
{
	if (s->request->run.tty != 0)
		return (make_terminal(s, files));
	if (files[0] == -1 && make_pipe(1, &s->feed.pipe, &files[0]) == -1)
		return (-1);
	if (files[1] == -1 && make_output(s, 0, &files[1]) == -1)
		return (-1);
	if (s->request->run.merge)
		return ((files[2] = fcntl(files[1], F_DUPFD_CLOEXEC, 0)) == -1 ? -1 : 0);
	return (files[2] == -1 ? make_output(s, 1, &files[2]) : 0);
}

void
stream_close(struct stream *s)
{
	output_close(&s->output);
	feed_close(&s->feed);
}

/* Once the output is broken off there is no client to listen to, and no more input for the tool. */
static void
settle(struct stream *s)
{
	if (!s->output.broken)
		return;
	feed_close(&s->feed);
	s->deaf = true;
}

void
stream_tool_ended(struct stream *s)
{
	feed_tool_ended(&s->feed);
	output_tool_ended(&s->output);
}

bool
stream_is_done(const struct stream *s)
{
	return (s->output.pipes[0] == -1 && s->output.pipes[1] == -1);
}

int64_t
stream_events(const struct stream *s, struct pollfd fds[STREAM_FDS])
{
	const struct output *o = &s->output;
	const struct feed *f = &s->feed;
	bool clear = output_is_clear(o);
	int i;

	fds[CONN] = (struct pollfd){.fd = o->broken ? -1 : s->request->fd,
	    .events = (short)((s->deaf ? 0 : POLLIN) | (clear ? 0 : POLLOUT))};
	fds[LIFE] = (struct pollfd){.fd = f->unsent != 0 ? f->life : -1, .events = POLLOUT};
	fds[INPUT] =
	    (struct pollfd){.fd = f->pipe, .events = (short)(feed_has_input(f) ? POLLOUT : 0)};
	/*
	 * While something is unsent nothing more is read from the tool: a slow client slows its
	 * tool.
	 */
	for (i = 0; i < 2; i++)
		fds[OUTPUTS + i] =
		    (struct pollfd){.fd = clear ? o->pipes[i] : -1, .events = POLLIN};
	/* No keep-alive is due while something is unsent: the client will hear that. */
	return (o->broken || !clear ? 0 : o->speak_at);
}

/* The client broke the protocol: its tool is ended, and the client is told why. */
static void
reject(struct stream *s, const struct srpc_error *err)
{
	struct request *r = s->request;
	char words[256];

	log_info("run id=%llu client=%s failure=%d why=%s", (unsigned long long)r->id,
	    r->client_text, err->code, log_quote(words, sizeof(words), err->message));
	if (s->output.frame.left > 0)
		output_break(&s->output);
	else if (!err->from_peer)
		srpc_put_failure(&r->reply, err->code, err->message);
	r->failed = s->deaf = true;
	output_flush(&s->output);
	stream_close(s);
	s->feed.unsent |= UINT64_C(1) << (SIGKILL - 1);
}

/* A terminal of which no more is wanted is closed: that ends what is in it. */
static void
refuse_output(struct stream *s, int which)
{
	output_refuse(&s->output, which);
	if (s->request->run.tty != 0 && which == 0)
		feed_end_input(&s->feed);
}

/*
 * A signal for the tool, the size of its terminal, or an output of which the client wants no more.
 * 0, or -1 with *err.
 */
static int
take_order(struct stream *s, int32_t order, struct srpc_error *err)
{
	if (order == RPC5_NO_STDOUT || order == RPC5_NO_STDERR)
		refuse_output(s, order == RPC5_NO_STDERR);
	else if (RPC5_IS_SIZE(order) && s->request->run.tty != 0)
		terminal_resize(s->output.pipes[0], RPC5_ROWS(order), RPC5_COLUMNS(order));
	else if (order >= 1 && order <= RPC5_MAX_SIGNAL)
		feed_take_signal(&s->feed, order);
	else
		return (srpc_fail(err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] %d: no signal, and no stream to close", order));
	return (0);
}

/* Decodes all complete items that have arrived. */
static void
take_items(struct stream *s)
{
	struct request *r = s->request;
	struct srpc_reader in = {.data = r->in.data, .len = r->in.len};
	struct srpc_error err = {0};
	struct srpc_item item;
	int rc = SRPC_OK;

	while (rc == SRPC_OK && in.pos < in.len) {
		in.limit = in.pos + MAX_ITEM;
		rc = srpc_next(
		    &in, in.data[in.pos] == SRPC_INT32 ? SRPC_INT32 : SRPC_BYTES, &item, &err);
		if (rc == SRPC_OK && item.code == SRPC_BYTES)
			rc = feed_take_input(&s->feed, &item, &err);
		else if (rc == SRPC_OK)
			rc = take_order(s, item.number, &err);
	}
	buf_consume(&r->in, in.pos);
	/* The item was refused for its size alone. */
	if (rc == -1 && err.code == SRPC_INVALID_PARAMETER)
		srpc_fail(&err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] more input than the %zu bytes that were welcome",
		    s->feed.welcome);
	if (rc == -1)
		reject(s, &err);
}

static void
invite(struct stream *s)
{
	size_t room;

	if (!output_is_clear(&s->output) || (room = feed_invite(&s->feed)) == 0)
		return;
	srpc_put_int32(&s->request->reply, (int32_t)room);
	output_flush(&s->output);
}

void
stream_start(struct stream *s, int life)
{
	struct request *r = s->request;

	s->feed.life = life;
	s->output.speak_at = clock_ms() + r->run.keep_alive_ms;
	if (r->queued)
		output_say_running(&s->output);
	if (r->in.len > 0)
		take_items(s);
	invite(s);
	settle(s);
}

static void
receive(struct stream *s)
{
	struct buf *in = &s->request->in;
	ssize_t n;

	if (buf_reserve(in, RECEIVE) == -1) {
		output_break(&s->output);
		return;
	}
	n = recv(s->request->fd, in->data + in->len, RECEIVE, MSG_DONTWAIT);
	if (n > 0) {
		in->len += (size_t)n;
		take_items(s);
	} else if (n == 0 && !s->deaf) {
		s->deaf = true; /* the child killer has seen it too */
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		output_break(&s->output);
	}
}

static void
move_input(struct feed *f)
{
	if (feed_has_input(f))
		feed_write(f);
	else
		feed_end_input(f); /* the tool has closed it */
}

/* The outputs take turns, except in the middle of a frame. */
static void
move_outputs(struct output *o, const struct pollfd fds[STREAM_FDS])
{
	int i;

	for (i = 0; i < 2 && o->frame.left == 0; i++) {
		o->turn = !o->turn;
		if (fds[OUTPUTS + o->turn].revents != 0 && o->pipes[o->turn] != -1 &&
		    output_is_clear(o))
			output_deliver(o, o->turn);
	}
}

void
stream_move(struct stream *s, const struct pollfd fds[STREAM_FDS])
{
	struct output *o = &s->output;

	if ((fds[CONN].revents & POLLOUT) != 0)
		output_flush(o);
	if ((fds[CONN].revents & ~POLLOUT) != 0 && !o->broken)
		receive(s);
	if (fds[LIFE].revents != 0 && s->feed.life != -1)
		feed_send_signals(&s->feed);
	if (fds[INPUT].revents != 0 && s->feed.pipe != -1)
		move_input(&s->feed);
	move_outputs(o, fds);
	invite(s);
	if (!o->broken && output_is_clear(o) && clock_ms() >= o->speak_at)
		output_say_running(o);
	settle(s);
}
