#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/log.h"
#include "server/base/clock.h"
#include "server/base/fd.h"
#include "output.h"

#define CHUNK	  ((size_t)32 * 1024) /* bytes; up to so many are copied, more are spliced */
#define PIPE_SIZE ((size_t)64 * 1024) /* bytes that a new pipe takes */
#define LARGE	  (1024 * 1024)	      /* for tools that write much */
#define HEAD	  5		      /* bytes before a byte string: its code and length */

void
output_init(struct output *o, struct request *r)
{
	*o = (struct output){.request = r, .pipes = {-1, -1}, .held = {-1, -1}};
}

void
output_close(struct output *o)
{
	int i;

	for (i = 0; i < 2; i++) {
		fd_close(&o->pipes[i]);
		fd_close(&o->held[i]);
	}
}

void
output_break(struct output *o)
{
	o->broken = true;
	o->frame.left = 0;
	output_close(o);
	buf_free(&o->request->reply);
	o->request->reply.failed = true;
}

bool
output_is_clear(const struct output *o)
{
	return (o->frame.left == 0 && o->request->reply.len == 0);
}

static void
sent(struct output *o)
{
	o->speak_at = clock_ms() + o->request->run.keep_alive_ms;
}

static size_t
bytes_in(int fd)
{
	int n = 0;

	return (ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0);
}

/*
 * Moves what was announced from the tool's pipe to the client. If the tool has read it back itself,
 * by /dev/stdout, the frame cannot be completed: the client is given up.
 */
static void
send_frame(struct output *o)
{
	int which = o->frame.which;
	ssize_t n;

	while (o->frame.left > 0) {
		n = splice(o->pipes[which], NULL, o->request->fd, NULL, o->frame.left,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n == -1 && errno == EAGAIN && bytes_in(o->pipes[which]) > 0)
			return;
		if (n <= 0) {
			output_break(o);
			return;
		}
		o->frame.left -= (size_t)n;
		sent(o);
	}
	if (o->unwanted[which])
		fd_close(&o->pipes[which]);
}

void
output_flush(struct output *o)
{
	struct request *r = o->request;
	ssize_t n;

	if (o->broken)
		return;
	if (r->reply.failed) {
		log_warn("run id=%llu client=%s: out of memory", (unsigned long long)r->id,
		    r->client_text);
		output_break(o);
		return;
	}
	if (r->reply.len > 0) {
		n = send(r->fd, r->reply.data, r->reply.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL | (o->frame.left > 0 ? MSG_MORE : 0));
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			output_break(o);
		if (n <= 0)
			return;
		buf_consume(&r->reply, (size_t)n);
		sent(o);
	}
	if (r->reply.len == 0 && o->frame.left > 0)
		send_frame(o);
}

void
output_refuse(struct output *o, int which)
{
	o->unwanted[which] = true;
	if (o->frame.left == 0 || o->frame.which != which)
		fd_close(&o->pipes[which]);
}

static uint8_t
code_of(int which)
{
	return (which == 0 ? RPC5_STDOUT : RPC5_STDERR);
}

/* Little output is read into the reply, behind the place of its head. */
static void
deliver_little(struct output *o, int which)
{
	struct buf *reply = &o->request->reply;
	ssize_t n = -1;

	errno = 0;
	if (buf_reserve(reply, HEAD + CHUNK) == 0)
		n = read(o->pipes[which], reply->data + HEAD, CHUNK);
	/* A terminal ends with an error. */
	if (n == 0 || (n == -1 && errno == EIO))
		fd_close(&o->pipes[which]);
	if (n > 0) {
		srpc_put_head(reply, code_of(which), (size_t)n);
		reply->len += (size_t)n;
	}
	output_flush(o);
}

/* Much output goes from the pipe to the connection without a copy. A terminal never has so much. */
static void
deliver_much(struct output *o, int which, size_t len)
{
	if (len >= PIPE_SIZE && !o->large[which]) {
		/*
		 * May fail, as there is a limit for all pipes of a user. Then the tool is slower,
		 * no more.
		 */
		fcntl(o->pipes[which], F_SETPIPE_SZ, LARGE);
		o->large[which] = true;
	}
	srpc_put_head(&o->request->reply, code_of(which), len);
	o->frame.which = which;
	o->frame.left = len;
	output_flush(o);
}

void
output_deliver(struct output *o, int which)
{
	size_t len = bytes_in(o->pipes[which]);

	if (len > CHUNK)
		deliver_much(o, which, len);
	else
		deliver_little(o, which);
}

void
output_tool_ended(struct output *o)
{
	fd_close(&o->held[0]);
	fd_close(&o->held[1]);
}

void
output_say_running(struct output *o)
{
	srpc_put_code(&o->request->reply, RPC5_RUNNING);
	output_flush(o);
}
