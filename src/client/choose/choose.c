#include <bsd/stdlib.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "candidates.h"
#include "choose.h"
#include "first_server.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "patience.h"
#include "troubles.h"

#define START_MS       20  /* enough where a slot was free, unless others took it */
#define FIRST_QUEUE_MS 500 /* in a queue, before the others are asked again; doubled each time */
#define MAX_QUEUE_MS   3600000
#define FIRST_PAUSE_MS 20 /* before asking again when all are full; doubled each time */
#define MAX_PAUSE_MS   2000
#define WAIT_MS	       1000 /* when all servers of an area are busy */

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
	int64_t room_until;
	struct patience patience;
	void (*gone)(void *arg);
	void *gone_arg;
};

/* ---- its life ------------------------------------------------------------------------------ */

static bool
wait_for_answer(void *arg, int fd, int ms)
{
	const struct choose *c = arg;

	return (hooks_wait(&c->hooks, fd, ms));
}

static void
free_all(void *arg)
{
	struct choose *c = arg;
	void (*gone)(void *) = c->gone;
	void *gone_arg = c->gone_arg;

	candidates_free(&c->all);
	free(c);
	if (gone != NULL)
		gone(gone_arg);
}

struct choose *
choose_new(const struct platform *p, const struct area *area, int timeout_ms, bool verbose,
    const struct hooks *hooks)
{
	struct choose *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->hooks = *hooks;
	c->troubles = (struct troubles){.all = &c->all, .verbose = verbose};
	if (candidates_init(&c->all, p, area, timeout_ms, &c->hooks) == -1) {
		free(c);
		return (NULL);
	}
	c->all.group.wait = wait_for_answer;
	c->all.group.gone = free_all;
	c->all.group.arg = c;
	if (area != NULL && (c->first = first_server_new(area, &c->hooks)) == NULL) {
		choose_free(c, NULL, NULL);
		return (NULL);
	}
	choose_begin(c, DEADLINE_NONE, NULL);
	return (c);
}

void
choose_free(struct choose *c, void (*gone)(void *arg), void *arg)
{
	first_server_free(c->first);
	c->gone = gone;
	c->gone_arg = arg;
	ask_group_release(&c->all.group);
}

void
choose_begin(struct choose *c, int64_t room_until, const char *lacking)
{
	atomic_store(&c->all.lacking, lacking);
	c->asked = c->tried = false;
	c->queue_ms = FIRST_QUEUE_MS;
	c->pause_ms = FIRST_PAUSE_MS;
	c->waits = 0;
	c->room_until = room_until;
	patience_end(&c->patience);
}

/* ---- waiting ------------------------------------------------------------------------------- */

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
wait_for_about(const struct choose *c, int ms)
{
	int64_t next = deadline_sooner(c->room_until, deadline_in(deadline_about(ms)));

	(void)hooks_wait(&c->hooks, -1, deadline_left(next));
}

static void
take_a_break(struct choose *c)
{
	wait_for_about(c, c->pause_ms);
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

	if (hooks_over(&c->hooks))
		return (error_set(err, RUNTOOL_CANCELLED, "cancelled"));
	if (remedy == NULL) {
		if (first_server_step(c->first, err) == -1)
			return (-1);
	} else if (!patience_wait(&c->patience, &c->hooks)) {
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

	if (hooks_over(&c->hooks))
		return (error_set(err, RUNTOOL_CANCELLED, "cancelled"));
	troubles_tell(&c->troubles);
	while (!usable) {
		if (await_any(c, &usable, err) == -1) {
			if (c->first != NULL)
				first_server_end(c->first);
			return (-1);
		}
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

static int
fail_full(struct runtool_error *err)
{
	error_set(err, RUNTOOL_CLIENT, "request denied: no server has room");
	err->refused = true;
	return (-1);
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
			wait_for_about(c, WAIT_MS);
		else if (room == RANK_START || (room == RANK_QUEUE && !c->tried))
			break;
		else if (deadline_over(c->room_until))
			return (fail_full(err));
		else
			take_a_break(c);
		if (hooks_over(&c->hooks))
			return (error_set(err, RUNTOOL_CANCELLED, "cancelled"));
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
