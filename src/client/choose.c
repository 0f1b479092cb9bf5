#include <bsd/stdlib.h>
#include <stdlib.h>
#include <time.h>

#include "candidates.h"
#include "choose.h"
#include "deadline.h"

#define START_MS       20  /* a turn that comes at once takes no longer, where nobody was faster */
#define FIRST_QUEUE_MS 500 /* in a queue, until the others are asked again; doubled each time */
#define MAX_QUEUE_MS   3600000
#define FIRST_PAUSE_MS 20 /* where nobody takes anything; doubled each time */
#define MAX_PAUSE_MS   2000
#define MS_PER_SECOND  1000
#define NS_PER_MS      1000000

struct choose {
	struct candidates all;
	bool asked; /* then their loads count */
	bool tried; /* so they are out of date */
	size_t last;
	int64_t last_turn; /* when it should have come there */
	int queue_ms, pause_ms;
};

struct choose *
choose_new(const struct platform *p, int timeout_ms, bool verbose)
{
	struct choose *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	if (candidates_init(&c->all, p, timeout_ms, verbose) == -1)
		return (NULL);
	c->queue_ms = FIRST_QUEUE_MS;
	c->pause_ms = FIRST_PAUSE_MS;
	return (c);
}

/* A quarter more or less, so that those who came together do not come back together. */
static int
about(int ms)
{
	return (ms - ms / 4 + (int)arc4random_uniform((uint32_t)ms / 2 + 1));
}

static int
doubled(int ms, int max)
{
	return (ms < max / 2 ? 2 * ms : max);
}

/*
 * Twice as long each time: who has waited for long keeps its place, and no slot elsewhere is free for
 * longer than that.
 */
static int
queue_time(struct choose *c)
{
	int ms = about(c->queue_ms);

	c->queue_ms = doubled(c->queue_ms, MAX_QUEUE_MS);
	c->pause_ms = FIRST_PAUSE_MS;
	return (ms);
}

static void
wait_for_about(int ms)
{
	struct timespec time;

	ms = about(ms);
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

/* Has them asked if need be, and finds the best. 0, or -1 with *err. */
static int
find_best(struct choose *c, enum rank_room *room, struct runtool_error *err)
{
	if (!c->asked) {
		if (candidates_ask(&c->all, err) == -1)
			return (-1);
		c->asked = true;
		c->tried = false;
	}
	*room = rank_best(
	    c->all.loads, c->all.n, c->all.platform->negligible, arc4random_uniform, &c->last);
	return (0);
}

int
choose_next(
    struct choose *c, struct options_server *server, int *queue_ms, struct runtool_error *err)
{
	enum rank_room room;

	for (;;) {
		if (find_best(c, &room, err) == -1)
			return (-1);
		/* Whether it is best to wait here is to be judged by what holds now. */
		if (room == RANK_START || (room == RANK_QUEUE && !c->tried))
			break;
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
	/* The server's word for when to come back; not where it was our patience that ended. */
	candidates_pass_over(&c->all, c->last, deadline_over(c->last_turn) ? 0 : err->retry_ms);
	if (err->lost)
		c->asked = false;
}
