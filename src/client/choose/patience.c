#include "lib/deadline.h"
#include "patience.h"

#define FIRST_PAUSE_MS 50 /* doubled each time */
#define MAX_PAUSE_MS   1000

bool
patience_wait(struct patience *p, const struct hooks *hooks)
{
	int64_t next;

	if (p->ms == 0)
		return (false);
	if (!p->waiting) {
		p->waiting = true;
		p->end = deadline_now() + p->ms;
		p->pause_ms = FIRST_PAUSE_MS;
	}
	if (deadline_over(p->end))
		return (false);
	next = deadline_sooner(p->end, deadline_in(deadline_about(p->pause_ms)));
	(void)hooks_wait(hooks, -1, deadline_left(next));
	p->pause_ms = p->pause_ms < MAX_PAUSE_MS / 2 ? 2 * p->pause_ms : MAX_PAUSE_MS;
	return (true);
}

int64_t
patience_seconds(const struct patience *p)
{
	return (p->waiting ? (deadline_now() - p->end + p->ms) / 1000 : 0);
}

void
patience_end(struct patience *p)
{
	p->waiting = false;
}
