#include <signal.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/clock.h"
#include "server/base/stats.h"
#include "server/fleet/fleet.h"
#include "server/runs/killer.h"
#include "server/runs/outcome.h"
#include "server/runs/queue.h"
#include "server/runs/request.h"
#include "drain.h"

#define GIVE_UP_MS 10000 /* from the order to end at once */
#define RECORD_MS  10000 /* for the record to leave; then the directory is given up */
#define GRACE_MS   200	 /* for calls that clients sent before they knew */

static unsigned int
running(const struct drain *d)
{
	return (d->hooks.running(d->hooks.arg));
}

/* What has not started is refused: its client can go elsewhere. */
static void
refuse_waiting(struct drain *d)
{
	enum request_end why;
	struct srpc_error err;
	struct request *r;

	while ((r = queue_flush(d->queue)) != NULL) {
		why = killer_unregister(d->killer, r);
		outcome_say_end(&err, why == END_CLIENT_GONE ? why : END_SHUTDOWN, false);
		outcome_log(r, NULL, &err, clock_us() - r->start);
		if (why != END_CLIENT_GONE)
			stats_count(STATS_FAILURES);
		request_fail(r, &err, queue_load(d->queue).told);
		d->hooks.refused(d->hooks.arg, r);
	}
}

static void
close_idle(struct drain *d)
{
	d->stage = DRAIN_RUNNING;
	d->hooks.close_idle(d->hooks.arg);
}

/*
 * Clients that read the directory from now on do not find us. Those that read it before may be
 * about to call, and are told to go elsewhere. If their connection just broke, they would not know
 * whether the tool runs.
 */
static void
close_port(struct drain *d)
{
	d->stage = DRAIN_PORT;
	d->latecomers_until = deadline_in(GRACE_MS);
	d->hooks.close_port(d->hooks.arg);
	if (d->fleet == NULL)
		close_idle(d);
}

void
drain_begin(struct drain *d, const char *why)
{
	if (d->stage != DRAIN_NOT)
		return;
	d->stage = DRAIN_RECORD;
	log_info("shutting down (%s): %u requests under way", why, running(d));
	queue_close(d->queue);
	refuse_waiting(d);
	d->record_until = deadline_in(RECORD_MS);
	fleet_leave(d->fleet, why);
	if (fleet_has_left(d->fleet))
		close_port(d);
}

static void
end_tools(struct drain *d, bool at_once)
{
	d->tools_until = 0;
	if (at_once && d->give_up_at == 0)
		d->give_up_at = deadline_in(GIVE_UP_MS);
	killer_end_all(d->killer, at_once);
}

void
drain_signal(struct drain *d, int signal)
{
	drain_begin(d, signal == SIGINT ? "SIGINT" : "SIGTERM");
	if (signal == SIGTERM && !d->terminated) {
		d->terminated = true;
		log_info("running tools have %d seconds", d->settings->drain_timeout);
		d->tools_until = deadline_now() + d->settings->drain_timeout * 1000LL;
		return;
	}
	if (d->give_up_at == 0)
		log_info("shutting down at once");
	end_tools(d, true);
}

int64_t
drain_check(struct drain *d)
{
	const char *why = fleet_wants_to_leave(d->fleet);

	if (why != NULL)
		drain_begin(d, why);
	if (d->stage == DRAIN_RECORD && fleet_has_left(d->fleet))
		close_port(d);
	if (d->stage == DRAIN_RECORD && deadline_over(d->record_until)) {
		log_warn("fleet: the directory does not answer: our record is left to the others");
		close_port(d);
	}
	if (d->stage == DRAIN_PORT && deadline_over(d->latecomers_until))
		close_idle(d);
	if (deadline_over(d->tools_until))
		end_tools(d, false);
	/* Tools end with us: their keepers see the end of file. */
	if (d->stage == DRAIN_RUNNING && running(d) > 0 && deadline_over(d->give_up_at))
		fatal("%u requests are stuck (in a file system that does not answer?): giving up",
		    running(d));
	if (drain_is_over(d))
		return (deadline_now());
	switch (d->stage) {
	case DRAIN_NOT:
		break;
	case DRAIN_RECORD:
		return (deadline_sooner(d->record_until, d->tools_until));
	case DRAIN_PORT:
		return (deadline_sooner(d->latecomers_until, d->tools_until));
	case DRAIN_RUNNING:
		return (deadline_sooner(d->give_up_at, d->tools_until));
	}
	return (0);
}

bool
drain_is_over(const struct drain *d)
{
	return (d->stage == DRAIN_RUNNING && running(d) == 0);
}
