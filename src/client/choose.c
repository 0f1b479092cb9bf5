#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "choose.h"
#include "rank.h"

#define GRACE_MS       300 /* for those that have not answered when others have */
#define START_MS       20  /* a turn that comes at once takes no longer, where nobody was faster */
#define FIRST_QUEUE_MS 500 /* in a queue, until the others are asked again; doubled each time */
#define MAX_QUEUE_MS   3600000
#define FIRST_PAUSE_MS 20 /* where nobody takes anything; doubled each time */
#define MAX_PAUSE_MS   2000
#define STACK_SIZE     ((size_t)256 * 1024)
#define WHY_SIZE       (sizeof(((struct runtool_error *)NULL)->message) + 64)
#define MS_PER_SECOND  1000
#define NS_PER_MS      1000000

/* What came of asking a server. */
struct answer {
	bool there, matches;
	uint8_t unique[sizeof(((struct runtool_info *)NULL)->unique)];
	struct rank_server load;
	char why[WHY_SIZE]; /* it is not there, or does not match */
};

/* The first three are for both threads, under the lock. */
struct host {
	bool asking;
	bool silent; /* it was asked before, and not waited for */
	struct answer answer;
	struct choose *choose;
	const struct options_server *server;
	bool told; /* its trouble */
};

struct choose {
	const struct platform *platform;
	int timeout_ms;
	bool verbose;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	pthread_attr_t threads;
	struct host *hosts;
	struct rank_server *loads; /* of those that may be tried still */
	bool asked;		   /* then these count */
	bool tried;		   /* so they are out of date */
	size_t n;
	int queue_ms, pause_ms;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * MS_PER_SECOND + ts.tv_nsec / NS_PER_MS);
}

static struct timespec
time_of(int64_t ms)
{
	return ((struct timespec){
	    .tv_sec = ms / MS_PER_SECOND, .tv_nsec = ms % MS_PER_SECOND * NS_PER_MS});
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

/* ---- asking: a thread for each server ----------------------------------------------------- */

static void
take_info(struct answer *a, const struct platform *p, const struct runtool_info *info)
{
	a->there = true;
	a->matches = platform_matches(p, info, a->why, sizeof(a->why));
	memcpy(a->unique, info->unique, sizeof(a->unique));
	a->load = (struct rank_server){
	    .usable = true,
	    .in_flight = info->in_flight,
	    .max_tools = info->max_tools,
	    .max_pending = info->max_pending,
	    .cpus = info->cpus,
	    .load = info->load,
	};
}

static void
ask(const struct host *h, struct answer *a)
{
	const struct choose *c = h->choose;
	struct runtool_error why;
	struct runtool_info info;
	struct runtool *r;

	r = runtool_connect(h->server->host, h->server->port, c->timeout_ms, &why);
	if (r != NULL && runtool_info(r, &info, &why) == 0)
		take_info(a, c->platform, &info);
	else
		options_words(&why, a->why);
	runtool_close(r);
}

static void *
ask_thread(void *arg)
{
	struct answer a = {0};
	struct host *h = arg;

	ask(h, &a);
	pthread_mutex_lock(&h->choose->lock);
	h->answer = a;
	h->asking = false;
	pthread_cond_signal(&h->choose->answered);
	pthread_mutex_unlock(&h->choose->lock);
	return (NULL);
}

/* With the lock. One that is being asked still will not be asked twice. */
static void
begin_to_ask(struct host *h)
{
	pthread_t thread;
	int error;

	h->silent = h->asking;
	if (h->asking)
		return;
	h->answer = (struct answer){0};
	h->asking = true;
	if ((error = pthread_create(&thread, &h->choose->threads, ask_thread, h)) != 0) {
		h->asking = false;
		snprintf(
		    h->answer.why, sizeof(h->answer.why), "cannot be asked: %s", strerror(error));
	}
}

/* Signals are for the thread that runs the tool. */
static void
begin_to_ask_all(struct choose *c)
{
	sigset_t all, old;
	size_t i;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < c->n; i++)
		begin_to_ask(&c->hosts[i]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* With the lock. Whether there are more answers to wait for; *usable: whether any is of use. */
static bool
is_incomplete(const struct choose *c, bool *usable)
{
	bool asking = false, awaited = false;
	const struct host *h;

	*usable = false;
	for (h = c->hosts; h < c->hosts + c->n; h++) {
		asking |= h->asking;
		awaited |= h->asking && !h->silent;
		*usable |= !h->asking && h->answer.matches;
	}
	return (*usable ? awaited : asking);
}

static void
await_answers(struct choose *c)
{
	struct timespec end = {0};
	bool usable;
	int rc = 0;

	while (rc == 0 && is_incomplete(c, &usable)) {
		if (usable && end.tv_sec == 0)
			end = time_of(now_ms() + GRACE_MS);
		if (usable)
			rc = pthread_cond_timedwait(&c->answered, &c->lock, &end);
		else
			rc = pthread_cond_wait(&c->answered, &c->lock);
	}
}

/* ---- what the answers mean ---------------------------------------------------------------- */

static void
tell(const struct host *h, const char *why)
{
	char name[OPTIONS_NAME_SIZE];

	warnx("%s: %s", options_name(h->server, name), why);
}

static void
tell_once(struct host *h, const char *why)
{
	if (!h->told)
		tell(h, why);
	h->told = true;
}

/* The one before it that is the same server; NULL: there is none. */
static const struct host *
find_same(const struct choose *c, const struct host *h)
{
	const struct host *other;

	for (other = c->hosts; other < h; other++)
		if (!other->asking && other->answer.matches &&
		    memcmp(other->answer.unique, h->answer.unique, sizeof(h->answer.unique)) == 0)
			return (other);
	return (NULL);
}

/* That is no trouble: a list for all hosts of a farm names each of them, and localhost. */
static void
tell_same(struct host *h, const struct host *other)
{
	char name[OPTIONS_NAME_SIZE], why[OPTIONS_NAME_SIZE + 32];

	if (!h->choose->verbose)
		return;
	snprintf(why, sizeof(why), "is the same server as %s", options_name(other->server, name));
	tell_once(h, why);
}

static void
judge(struct choose *c, struct host *h)
{
	struct rank_server *load = &c->loads[h - c->hosts];
	const struct host *same;

	*load = (struct rank_server){0};
	if (h->asking)
		tell_once(h, "has not answered yet: others are taken");
	else if (!h->answer.there || !h->answer.matches)
		tell_once(h, h->answer.why);
	else if ((same = find_same(c, h)) != NULL)
		tell_same(h, same);
	else
		*load = h->answer.load;
}

/* Each has told why. Returns -1. */
static int
none_usable(const struct choose *c, struct runtool_error *err)
{
	const struct config_value *v = c->platform->where;
	const char *what = "no host can be used: some do not answer, the others do not match";
	size_t i, answered = 0;

	for (i = 0; i < c->n; i++)
		answered += c->hosts[i].answer.there;
	if (answered == 0)
		what = "no host answers";
	else if (answered == c->n)
		what = "no host matches";
	*err = (struct runtool_error){.code = RUNTOOL_TRANSPORT};
	snprintf(err->message, sizeof(err->message),
	    "%s:%d: [%s]: %s: start a RunToolServer on one that does, or change the section",
	    v->file, v->line, v->section, what);
	return (-1);
}

static int
ask_all(struct choose *c, struct runtool_error *err)
{
	bool usable;
	size_t i;

	pthread_mutex_lock(&c->lock);
	begin_to_ask_all(c);
	await_answers(c);
	is_incomplete(c, &usable);
	for (i = 0; i < c->n; i++)
		judge(c, &c->hosts[i]);
	pthread_mutex_unlock(&c->lock);
	c->asked = true;
	c->tried = false;
	return (usable ? 0 : none_usable(c, err));
}

/* ---- choosing ----------------------------------------------------------------------------- */

struct choose *
choose_new(const struct platform *p, int timeout_ms, bool verbose)
{
	pthread_condattr_t monotonic;
	struct choose *c;
	size_t i;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->hosts = calloc(p->n_hosts, sizeof(*c->hosts));
	c->loads = calloc(p->n_hosts, sizeof(*c->loads));
	if (c->hosts == NULL || c->loads == NULL) {
		free(c->hosts);
		free(c->loads);
		free(c);
		return (NULL);
	}
	c->platform = p;
	c->timeout_ms = timeout_ms;
	c->verbose = verbose;
	c->n = p->n_hosts;
	c->queue_ms = FIRST_QUEUE_MS;
	c->pause_ms = FIRST_PAUSE_MS;
	for (i = 0; i < c->n; i++)
		c->hosts[i] = (struct host){.choose = c, .server = &p->hosts[i]};
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_attr_init(&c->threads);
	pthread_attr_setstacksize(&c->threads, STACK_SIZE);
	pthread_attr_setdetachstate(&c->threads, PTHREAD_CREATE_DETACHED);
	return (c);
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
take_a_break(struct choose *c)
{
	struct timespec time = time_of(about(c->pause_ms));

	nanosleep(&time, NULL);
	c->pause_ms = doubled(c->pause_ms, MAX_PAUSE_MS);
}

int
choose_next(
    struct choose *c, struct options_server *server, int *queue_ms, struct runtool_error *err)
{
	enum rank_room room;
	size_t best;

	for (;;) {
		if (!c->asked && ask_all(c, err) == -1)
			return (-1);
		room =
		    rank_best(c->loads, c->n, c->platform->negligible, arc4random_uniform, &best);
		/* Whether it is best to wait here is to be judged by what holds now. */
		if (room == RANK_START || (room == RANK_QUEUE && !c->tried))
			break;
		take_a_break(c);
		c->asked = false;
	}
	*server = *c->hosts[best].server;
	*queue_ms = room == RANK_START ? START_MS : queue_time(c);
	c->loads[best].usable = false;
	c->tried = true;
	return (0);
}
