#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/rpc5.h"
#include "server/base/fd.h"
#include "feed.h"

#define REFILL (FEED_WINDOW / 2) /* the client is told of room once there is so much */

void
feed_init(struct feed *f)
{
	*f = (struct feed){.pipe = -1, .rest = -1, .life = -1};
}

static void
drop(struct feed *f)
{
	fd_close(&f->pipe);
	buf_free(&f->data);
	f->taken = 0;
}

void
feed_close(struct feed *f)
{
	drop(f);
	fd_close(&f->rest);
}

void
feed_end_input(struct feed *f)
{
	char path[64];

	if (f->pipe == -1)
		return;
	/*
	 * Only who holds an end can ask what is left. With this one open from the start we would
	 * not see that the tool closes its own.
	 */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->pipe);
	if (!f->terminal)
		f->rest = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	drop(f);
}

void
feed_tool_ended(struct feed *f)
{
	f->life = -1;
	f->unsent = 0;
	feed_end_input(f);
}

int64_t
feed_was_read(const struct feed *f)
{
	int left = 0;

	if (f->rest == -1 || ioctl(f->rest, FIONREAD, &left) == -1 || left > f->passed)
		return (-1);
	return (f->passed - left);
}

int
feed_take_input(struct feed *f, const struct srpc_item *item, struct srpc_error *err)
{
	if (item->length > f->welcome || f->ended)
		return (srpc_fail(err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] %zu bytes of input, where %zu were welcome", item->length,
		    f->ended ? 0 : f->welcome));
	f->welcome -= item->length;
	f->ended = item->length == 0;
	/* For a tool that reads no more, input is dropped. */
	if (f->pipe != -1)
		buf_append(&f->data, item->bytes, item->length);
	if (f->data.failed)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "server is out of memory"));
	if (f->ended && !feed_has_input(f))
		feed_end_input(f);
	return (0);
}

size_t
feed_invite(struct feed *f)
{
	size_t room = FEED_WINDOW - f->welcome - (f->data.len - f->taken);

	if (f->pipe == -1 || f->ended || room < REFILL)
		return (0);
	f->welcome += room;
	return (room);
}

void
feed_take_signal(struct feed *f, int signal)
{
	f->signals |= UINT64_C(1) << (signal - 1);
	f->unsent |= UINT64_C(1) << (signal - 1);
}

bool
feed_has_input(const struct feed *f)
{
	return (f->taken < f->data.len);
}

void
feed_write(struct feed *f)
{
	ssize_t n;

	n = write(f->pipe, f->data.data + f->taken, f->data.len - f->taken);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		/* The tool reads no more. */
		feed_end_input(f);
		return;
	}
	f->passed += n;
	f->taken += (size_t)n;
	if (f->taken >= REFILL || f->taken == f->data.len) {
		buf_consume(&f->data, f->taken);
		f->taken = 0;
	}
	if (f->ended && f->data.len == 0)
		feed_end_input(f);
}

/*
 * Called when poll(2) finds room on the life line: most of its buffer stays free for the child
 * killer.
 */
void
feed_send_signals(struct feed *f)
{
	unsigned char sig;

	for (sig = 1; f->unsent != 0 && sig <= RPC5_MAX_SIGNAL; sig++)
		/* A keeper that is gone has ended its tree. */
		if ((f->unsent & UINT64_C(1) << (sig - 1)) != 0)
			(void)!send(f->life, &sig, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	f->unsent = 0;
}
