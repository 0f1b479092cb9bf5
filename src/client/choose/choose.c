#include <bsd/stdlib.h>
#include <stdlib.h>
#include <time.h>

#include "candidates.h"
#include "choose.h"
#include "first_server.h"
#include "lib/deadline.h"
#include "patience.h"
#include "troubles.h"

#define START_MS       20  /* enough where a slot was free, unless others took it */
#define FIRST_QUEUE_MS 500 /* in a queue, before the others are asked again; doubled each time */
#define MAX_QUEUE_MS   3600000
#define FIRST_PAUSE_MS 20 /* before asking again when all are full; doubled each time */
#define MAX_PAUSE_MS   2000
#define WAIT_MS	       1000 /* when all servers of an area are busy */
#define MS_PER_SECOND  1000
#define NS_PER_MS      1000000

struct choose {
	struct hooks hooks;
	struct candidates all;
	struct troubles troubles;
	struct first_server *first; /* NULL: there is no area */
	bool asked;		    /* all were asked: their loads are valid */
	bool tried;		    /* one was tried since: the loads are out of date */
	size_t last;
	int64_t last_turn; /* when its turn there should have come */
	int queue_ms, pause_ms;
	int waits;
	struct patience patience;
};

struct choose *
choose_new(const struct platform *p, const struct area *area, int timeout_ms, bool verbose,
    const struct hooks *hooks)
{
	struct choose *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->hooks = *hooks;
	c->troubles = (struct troubles){.all = &c->all, .verbose = verbose};
	if (candidates_init(&c->all, p, area, timeout_ms, &c->hooks) == -1 ||
	    (area != NULL && (c->first = first_server_new(area, &c->hooks)) == NULL))
		return (NULL);
	c->queue_ms = FIRST_QUEUE_MS;
	c->pause_ms = FIRST_PAUSE_MS;
	return (c);
}

static int
doubled(int ms, int max)
{
	return (ms < max / 2 ? 2 * ms : max);
}

/*
 * Twice as long each time: who has waited long keeps its place, but a slot elsewhere is free for no
 * longer than its taker has waited.
 */
static int
queue_time(struct choose *c)
{
	int ms = deadline_about(c->queue_ms);

	c->queue_ms = doubled(c->queue_ms, MAX_QUEUE_MS);
	c->pause_ms = FIRST_PAUSE_MS;
	return (ms);
}

static void
wait_for_about(int ms)
{
	struct timespec time;

	ms = deadline_about(ms);
	time = (struct timespec){
	    .tv_sec = ms / MS_PER_SECOND, .tv_nsec = (long)(ms % MS_PER_SECOND) * NS_PER_MS};
	nanosleep(&time, NULL);
}

static void
take_a_break(struct choose *c)
{
	wait_for_about(c->pause_ms);
	c->pause_ms = doubled(c->pause_ms, MAX_PAUSE_MS);
}

void
choose_remember(struct choose *c)
{
	candidates_remember(&c->all);
}

void
choose_wait(struct choose *c, int ms)
{
	c->patience.ms = ms;
}

/* What to do if no server can be used and no first one can be started; NULL: one can. */
static const char *
why_none_comes(const struct choose *c)
{
	if (!candidates_need_first(&c->all))
		return ("start a RunToolServer that can be, or change the configuration");
	return (c->all.area->why_no_start);
}

/*
 * No server can be used: takes a step towards a first one, or waits a moment, and looks again. 0,
 * or -1 with *err.
 */
static int
await_any(struct choose *c, bool *usable, struct runtool_error *err)
{
	const char *remedy = why_none_comes(c);

	if (remedy == NULL) {
		if (first_server_step(c->first, err) == -1)
			return (-1);
	} else if (!patience_wait(&c->patience)) {
		/* Those that were asked last while others were awaited: their answers count. */
		*usable = c->patience.ms > 0 && candidates_ask(&c->all);
		return (*usable ? 0 : troubles_fail(&c->troubles, remedy, err));
	} else {
		c->hooks.waiting(c->hooks.arg, NULL, patience_seconds(&c->patience));
	}
	/* Do not wait for one that hangs: another may have come. */
	*usable = candidates_look(&c->all);
	return (0);
}

/* Asks all; has a first server started if the area has none. 0, or -1 with *err. */
static int
ask_all_anew(struct choose *c, struct runtool_error *err)
{
	bool usable = candidates_ask(&c->all);

	troubles_tell(&c->troubles);
	while (!usable) {
		if (await_any(c, &usable, err) == -1)
			return (-1);
		troubles_tell(&c->troubles);
	}
	if (c->patience.waiting)
		c->hooks.waited(c->hooks.arg);
	patience_end(&c->patience);
	if (c->first != NULL)
		first_server_end(c->first);
	c->asked = true;
	c->tried = false;
	return (0);
}

static enum rank_room
find_best(struct choose *c)
{
	const struct candidates *all = &c->all;

	if (all->platform->name == NULL)
		return (rank_area(all->loads, all->n, arc4random_uniform, &c->last));
	return (rank_platform(
	    all->loads, all->n, all->platform->negligible, arc4random_uniform, &c->last));
}

/* Puts off more work for busy servers, but not for ever. */
static bool
puts_off(struct choose *c, enum rank_room room)
{
	const struct area *area = c->all.area;

	if (area == NULL || room == RANK_START || c->waits == area->config.wait_tries ||
	    rank_fewest(c->all.loads, c->all.n) <= area->config.wait_load)
		return (false);
	if (c->waits++ == 0 && c->troubles.verbose)
		hooks_remark(
		    &c->hooks, "area %s: all servers have much to do: waiting", area->config.area);
	return (true);
}

int
choose_next(struct choose *c, struct endpoint *server, int *queue_ms, struct runtool_error *err)
{
	enum rank_room room;

	for (;;) {
		if (!c->asked && ask_all_anew(c, err) == -1)
			return (-1);
		room = find_best(c);
		/* Whether to wait here must be decided by fresh answers. */
		if (puts_off(c, room))
			wait_for_about(WAIT_MS);
		else if (room == RANK_START || (room == RANK_QUEUE && !c->tried))
			break;
		else
			take_a_break(c);
		c->asked = false;
	}
	*server = c->all.list[c->last]->server;
	*queue_ms = room == RANK_START ? START_MS : queue_time(c);
	c->last_turn = deadline_in(*queue_ms);
	c->tried = true;
	return (0);
}

void
choose_failed(struct choose *c, const struct runtool_error *err)
{
	/*
	 * The server says when to come back, unless it was our own time limit that ended the wait.
	 */
	candidates_pass_over(&c->all, c->last, deadline_over(c->last_turn) ? 0 : err->retry_ms);
	if (err->lost) {
		c->asked = false;
		c->waits = 0;
	}
}
