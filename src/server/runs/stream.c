#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "lib/log.h"
#include "lib/rpc5.h"
#include "stream.h"

#define WINDOW	  ((size_t)256 * 1024) /* bytes of input under way at most */
#define REFILL	  (WINDOW / 2)	       /* the client hears of room by such portions */
#define CHUNK	  ((size_t)32 * 1024)  /* bytes of output; more are not copied through us */
#define RECEIVE	  ((size_t)64 * 1024)
#define PIPE_SIZE ((size_t)64 * 1024) /* as they are made */
#define LARGE	  (1024 * 1024)	      /* for tools that write much */
#define HEAD	  5		      /* bytes before a byte string: its code and length */
#define MAX_ITEM  (WINDOW + HEAD)

enum { CONN, LIFE, INPUT, OUTPUTS }; /* places among the pollfds */

static void
close_if_open(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

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

int
stream_open(struct stream *s, struct request *r, int files[3])
{
	*s = (struct stream){.request = r, .life = -1, .input = -1, .outputs = {-1, -1}};
	if (files[0] == -1 && make_pipe(1, &s->input, &files[0]) == -1)
		return (-1);
	if (make_pipe(0, &s->outputs[0], &files[1]) == -1)
		return (-1);
	if (r->run.merge)
		return ((files[2] = fcntl(files[1], F_DUPFD_CLOEXEC, 0)) == -1 ? -1 : 0);
	return (make_pipe(0, &s->outputs[1], &files[2]));
}

void
stream_close(struct stream *s)
{
	close_if_open(&s->input);
	close_if_open(&s->outputs[0]);
	close_if_open(&s->outputs[1]);
	buf_free(&s->data);
}

/* Nobody listens any more: the tool's next write is a broken pipe. */
static void
break_off(struct stream *s)
{
	s->broken = s->deaf = true;
	s->owed = 0;
	stream_close(s);
	buf_free(&s->request->reply);
	s->request->reply.failed = true;
}

static bool
has_unsent(const struct stream *s)
{
	return (s->owed > 0 || s->request->reply.len > 0);
}

static void
sent(struct stream *s)
{
	s->speak_at = clock_ms() + s->request->run.keep_alive_ms;
}

static size_t
bytes_in(int fd)
{
	int n = 0;

	return (ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0);
}

/*
 * Moves what was announced from the tool's pipe to the client. A tool that has read it itself, by
 * /dev/stdout, has lost its client.
 */
static void
pay(struct stream *s)
{
	ssize_t n;

	while (s->owed > 0) {
		n = splice(s->outputs[s->turn], NULL, s->request->fd, NULL, s->owed,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n == -1 && errno == EAGAIN && bytes_in(s->outputs[s->turn]) > 0)
			return;
		if (n <= 0) {
			break_off(s);
			return;
		}
		s->owed -= (size_t)n;
		sent(s);
	}
	if (s->unwanted[s->turn])
		close_if_open(&s->outputs[s->turn]);
}

static void
flush(struct stream *s)
{
	struct request *r = s->request;
	ssize_t n;

	if (s->broken)
		return;
	if (r->reply.failed) {
		log_warn("run id=%llu client=%s: out of memory", (unsigned long long)r->id,
		    r->client_text);
		break_off(s);
		return;
	}
	if (r->reply.len > 0) {
		n = send(r->fd, r->reply.data, r->reply.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL | (s->owed > 0 ? MSG_MORE : 0));
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			break_off(s);
		if (n <= 0)
			return;
		buf_consume(&r->reply, (size_t)n);
		sent(s);
	}
	if (r->reply.len == 0 && s->owed > 0)
		pay(s);
}

void
stream_tool_ended(struct stream *s)
{
	s->life = -1;
	s->unsent = 0;
	close_if_open(&s->input);
}

bool
stream_is_done(const struct stream *s)
{
	return (s->outputs[0] == -1 && s->outputs[1] == -1);
}

int
stream_events(const struct stream *s, struct pollfd fds[STREAM_FDS])
{
	bool unsent = has_unsent(s);
	int64_t left;
	int i;

	fds[CONN] = (struct pollfd){.fd = s->broken ? -1 : s->request->fd,
	    .events = (short)((s->deaf ? 0 : POLLIN) | (unsent ? POLLOUT : 0))};
	fds[LIFE] = (struct pollfd){.fd = s->unsent != 0 ? s->life : -1, .events = POLLOUT};
	fds[INPUT] = (struct pollfd){
	    .fd = s->input, .events = (short)(s->taken < s->data.len ? POLLOUT : 0)};
	/* Who does not take what there is gets no more: that slows the tool. */
	for (i = 0; i < 2; i++)
		fds[OUTPUTS + i] =
		    (struct pollfd){.fd = unsent ? -1 : s->outputs[i], .events = POLLIN};
	/* A client that has yet to read something hears of us when it does. */
	if (s->broken || unsent)
		return (-1);
	left = s->speak_at - clock_ms();
	return (left > 0 ? (int)left : 0);
}

/* The client broke the rules: that ends its tool, and it is told why. */
static void
reject(struct stream *s, const struct srpc_error *err)
{
	struct request *r = s->request;
	char words[256];

	log_info("run id=%llu client=%s failure=%d why=%s", (unsigned long long)r->id,
	    r->client_text, err->code, log_quote(words, sizeof(words), err->message));
	if (s->owed > 0)
		break_off(s);
	else if (!err->from_peer)
		srpc_put_failure(&r->reply, err->code, err->message);
	r->failed = s->deaf = true;
	flush(s);
	stream_close(s);
	s->unsent |= UINT64_C(1) << (SIGKILL - 1);
}

static void
take_input(struct stream *s, const struct srpc_item *item, struct srpc_error *err, int *rc)
{
	if (item->length > s->welcome || s->input_ended) {
		*rc = srpc_fail(err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] %zu bytes of input, where %zu were welcome", item->length,
		    s->input_ended ? 0 : s->welcome);
		return;
	}
	s->welcome -= item->length;
	s->input_ended = item->length == 0;
	if (s->input != -1)
		buf_append(&s->data, item->bytes, item->length);
	if (s->data.failed)
		*rc = srpc_fail(err, SRPC_INTERNAL_TROUBLE, "server is out of memory");
	else if (s->input_ended && s->taken == s->data.len)
		close_if_open(&s->input);
}

static void
take_order(struct stream *s, int32_t order, struct srpc_error *err, int *rc)
{
	int which;

	if (order == RPC5_NO_STDOUT || order == RPC5_NO_STDERR) {
		which = order == RPC5_NO_STDERR;
		s->unwanted[which] = true;
		if (s->owed == 0 || s->turn != which)
			close_if_open(&s->outputs[which]);
		return;
	}
	if (order < 1 || order > RPC5_MAX_SIGNAL) {
		*rc = srpc_fail(err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] %d: no signal, and no stream to close", order);
		return;
	}
	s->signals |= UINT64_C(1) << (order - 1);
	s->unsent |= UINT64_C(1) << (order - 1);
}

/*
 * As soon as poll(2) says that there is room, which leaves most of the buffer for the child killer. One
 * signal that comes often is one, as for any process that does not get to it.
 */
static void
send_signals(struct stream *s)
{
	unsigned char sig;

	for (sig = 1; s->unsent != 0 && sig <= RPC5_MAX_SIGNAL; sig++)
		/* A keeper that is gone has ended its tree. */
		if ((s->unsent & UINT64_C(1) << (sig - 1)) != 0)
			(void)!send(s->life, &sig, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	s->unsent = 0;
}

/* All that is there of what the client has sent. */
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
			take_input(s, &item, &err, &rc);
		else if (rc == SRPC_OK)
			take_order(s, item.number, &err, &rc);
	}
	buf_consume(&r->in, in.pos);
	/* It was refused for its size alone. */
	if (rc == -1 && err.code == SRPC_INVALID_PARAMETER)
		srpc_fail(&err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] more input than the %zu bytes that were welcome", s->welcome);
	if (rc == -1)
		reject(s, &err);
}

/* Nothing must come between an announcement and what it announces: the client waits for that. */
static void
invite(struct stream *s)
{
	size_t room = WINDOW - s->welcome - (s->data.len - s->taken);

	if (s->input == -1 || s->input_ended || room < REFILL || has_unsent(s))
		return;
	s->welcome += room;
	srpc_put_int32(&s->request->reply, (int32_t)room);
	flush(s);
}

void
stream_start(struct stream *s, int life)
{
	struct request *r = s->request;

	s->life = life;
	s->speak_at = clock_ms() + r->run.keep_alive_ms;
	if (r->queued) {
		srpc_put_code(&r->reply, RPC5_RUNNING);
		flush(s);
	}
	if (r->in.len > 0)
		take_items(s);
	invite(s);
}

static void
receive(struct stream *s)
{
	struct buf *in = &s->request->in;
	ssize_t n;

	if (buf_reserve(in, RECEIVE) == -1) {
		break_off(s);
		return;
	}
	n = recv(s->request->fd, in->data + in->len, RECEIVE, MSG_DONTWAIT);
	if (n > 0) {
		in->len += (size_t)n;
		take_items(s);
	} else if (n == 0 && !s->deaf) {
		s->deaf = true; /* the child killer knows */
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		break_off(s);
	}
}

static void
feed(struct stream *s)
{
	ssize_t n;

	n = write(s->input, s->data.data + s->taken, s->data.len - s->taken);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		/* The tool reads no more. What the client still sends is dropped. */
		close_if_open(&s->input);
		buf_free(&s->data);
		s->taken = 0;
		return;
	}
	s->taken += (size_t)n;
	if (s->taken >= REFILL || s->taken == s->data.len) {
		buf_consume(&s->data, s->taken);
		s->taken = 0;
	}
	if (s->input_ended && s->data.len == 0)
		close_if_open(&s->input);
}

static uint8_t
code_of(int which)
{
	return (which == 0 ? RPC5_STDOUT : RPC5_STDERR);
}

/* A little: it is read, behind the place of its head. Nothing else is unsent. */
static void
deliver_little(struct stream *s, int which)
{
	struct buf *reply = &s->request->reply;
	ssize_t n = -1;

	if (buf_reserve(reply, HEAD + CHUNK) == 0)
		n = read(s->outputs[which], reply->data + HEAD, CHUNK);
	if (n == 0)
		close_if_open(&s->outputs[which]);
	if (n > 0) {
		srpc_put_head(reply, code_of(which), (size_t)n);
		reply->len += (size_t)n;
	}
	flush(s);
}

/* Much: it goes from the pipe to the connection without a copy. */
static void
deliver_much(struct stream *s, int which, size_t len)
{
	if (len >= PIPE_SIZE && !s->large[which]) {
		/* Without it the tool is slower, no more: there is a limit for all of a user's. */
		fcntl(s->outputs[which], F_SETPIPE_SZ, LARGE);
		s->large[which] = true;
	}
	srpc_put_head(&s->request->reply, code_of(which), len);
	s->owed = len;
	flush(s);
}

static void
deliver(struct stream *s, int which)
{
	size_t len = bytes_in(s->outputs[which]);

	if (len > CHUNK)
		deliver_much(s, which, len);
	else
		deliver_little(s, which);
}

void
stream_move(struct stream *s, const struct pollfd fds[STREAM_FDS])
{
	int i, which;

	if ((fds[CONN].revents & POLLOUT) != 0)
		flush(s);
	if ((fds[CONN].revents & ~POLLOUT) != 0 && !s->broken)
		receive(s);
	if (fds[LIFE].revents != 0 && s->life != -1)
		send_signals(s);
	if (fds[INPUT].revents != 0 && s->input != -1) {
		if (s->taken < s->data.len)
			feed(s);
		else
			close_if_open(&s->input); /* the tool has closed it */
	}
	/* The turn stays with an output of which something is owed. */
	for (i = 0; i < 2 && s->owed == 0; i++) {
		which = s->turn ^= 1;
		if (fds[OUTPUTS + which].revents != 0 && s->outputs[which] != -1 && !has_unsent(s))
			deliver(s, which);
	}
	invite(s);
	if (!s->broken && !has_unsent(s) && clock_ms() >= s->speak_at) {
		srpc_put_code(&s->request->reply, RPC5_RUNNING);
		flush(s);
	}
}
