#include <errno.h>
#include <fcntl.h>
#include "server/base/fd.h"
#include "pump.h"

#define MOST ((size_t)1 << 20) /* bytes at a time: as much as a pipe can hold */

void
pump_init(struct pump *p)
{
	*p = (struct pump){.from = -1, .to = -1};
}

bool
pump_is_on(const struct pump *p)
{
	return (p->from != -1);
}

void
pump_start(struct pump *p, int from, int to)
{
	*p = (struct pump){.from = from, .to = to};
	fcntl(to, F_SETFL, fcntl(to, F_GETFL) | O_NONBLOCK);
}

void
pump_stop(struct pump *p)
{
	fd_close(&p->from);
	fd_close(&p->to);
	p->full = false;
}

struct pollfd
pump_event(const struct pump *p)
{
	return (p->full ? (struct pollfd){.fd = p->to, .events = POLLOUT}
			: (struct pollfd){.fd = p->from, .events = POLLIN});
}

void
pump_move(struct pump *p)
{
	ssize_t n;

	n = splice(p->from, NULL, p->to, NULL, MOST, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	/* We waited for this end, and it was ready. So now wait for the other one. */
	if (n == -1 && errno == EAGAIN)
		p->full = !p->full;
	else if (n > 0)
		p->full = false;
	else if (n == 0 || errno != EINTR)
		pump_stop(p);
}
