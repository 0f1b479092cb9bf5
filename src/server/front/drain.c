#include <signal.h>
#include <stdint.h>

#include "server/base/clock.h"
#include "conn.h"
#include "drain.h"
#include "server/fleet/fleet.h"
#include "server/runs/killer.h"
#include "lib/log.h"
#include "loop.h"
#include "server/runs/queue.h"

#define GIVE_UP_MS 10000 /* from the order to end at once */
#define LEAVE_MS   10000 /* for a directory that does not answer */
#define GRACE_MS   200	 /* for what clients sent before they knew */

/* Its record is being removed; its port is closed; what runs finishes. */
static enum { SERVING, LEAVING, CLOSED, DRAINING } stage;

static const struct settings *settings;
static struct queue *queue;
static struct killer *killer;
static struct fleet *fleet;

static bool terminated;	    /* by a first SIGTERM */
static int64_t stage_until; /* monotonic milliseconds; 0: as long as it takes */
static int64_t drain_until; /* the same; 0: no end is set */
static int64_t give_up_at;  /* the same: exit although something is stuck */

void
drain_init(const struct settings *s, struct queue *q, struct killer *k, struct fleet *f)
{
	settings = s;
	queue = q;
	killer = k;
	fleet = f;
}

/* What has not started is refused at once: its client can go elsewhere. */
static void
refuse_waiting(void)
{
	struct srpc_error err;
	struct request *r;

	while ((r = queue_flush(queue)) != NULL) {
		killer_forget(killer, r);
		srpc_fail(&err, SRPC_CLIENT_ERROR, "request denied: server is shutting down");
		request_fail(r, &err);
		conn_finished(r);
	}
}

static void
finish(void)
{
	stage = DRAINING;
	stage_until = 0;
	conn_drain();
}

/*
 * Who reads the directory from now on does not find us. Others may be about to ask, and are told to go
 * elsewhere: if the connection just broke, a client would not know whether its tool runs.
 */
static void
close_port(void)
{
	stage = CLOSED;
	stage_until = clock_ms() + GRACE_MS;
	loop_close_listeners();
	if (fleet == NULL)
		finish();
}

void
drain_begin(const char *why)
{
	if (stage != SERVING)
		return;
	stage = LEAVING;
	log_info("shutting down (%s): %u requests under way", why, conn_running());
	queue_close(queue);
	refuse_waiting();
	stage_until = clock_ms() + LEAVE_MS;
	fleet_leave(fleet, why);
	if (fleet_has_left(fleet))
		close_port();
}

static void
end_tools(bool at_once)
{
	drain_until = 0;
	if (at_once && give_up_at == 0)
		give_up_at = clock_ms() + GIVE_UP_MS;
	killer_end_all(killer, at_once);
}

void
drain_signal(int signal)
{
	drain_begin(signal == SIGINT ? "SIGINT" : "SIGTERM");
	if (signal == SIGTERM && !terminated) {
		terminated = true;
		log_info("running tools have %d seconds", settings->drain_timeout);
		drain_until = clock_ms() + settings->drain_timeout * 1000LL;
		return;
	}
	if (give_up_at == 0)
		log_info("shutting down at once");
	end_tools(true);
}

int
drain_check(void)
{
	const char *why = fleet_wants_to_leave(fleet);
	int next;

	if (why != NULL)
		drain_begin(why);
	if (stage == LEAVING && fleet_has_left(fleet))
		close_port();
	if (stage == LEAVING && clock_until(stage_until) == 0) {
		log_warn("fleet: the directory does not answer: our record is left to the others");
		close_port();
	}
	if (stage == CLOSED && clock_until(stage_until) == 0)
		finish();
	if (clock_until(drain_until) == 0)
		end_tools(false);
	if (drain_is_over())
		return (0);
	next = clock_sooner(clock_until(stage_until), clock_until(drain_until));
	if (stage != DRAINING)
		return (next);
	/* Tools end with us: their keepers see the end of file. */
	if (clock_until(give_up_at) == 0)
		fatal("%u requests are stuck (in a file system that does not answer?): giving up",
		    conn_running());
	return (clock_sooner(next, clock_until(give_up_at)));
}

bool
drain_is_over(void)
{
	return (stage == DRAINING && conn_running() == 0);
}
