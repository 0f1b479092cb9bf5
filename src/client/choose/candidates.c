#include <bsd/string.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "lib/records.h"
#include "lib/rpc5.h"

#define GRACE_MS      300 /* for those that have not answered when a usable one has */
#define MS_PER_SECOND 1000

/* ---- asking, in threads ------------------------------------------------------------------- */

static void
take_info(struct candidate *c, const struct runtool_info *info)
{
	c->answers = true;
	c->matches = platform_matches(c->all->platform, info, c->why, sizeof(c->why));
	c->version = info->interface;
	memcpy(c->unique, info->unique, sizeof(c->unique));
	c->load = (struct rank_server){
	    .usable = true,
	    .in_flight = info->in_flight,
	    .max_tools = info->max_tools,
	    .max_pending = info->max_pending,
	    .cpus = info->cpus,
	    .load = info->load,
	    .loaded = info->loaded,
	};
}

static bool
is_another(const struct candidate *c)
{
	return (c->of_area && c->answers && memcmp(c->id, c->unique, sizeof(c->id)) != 0);
}

/* Whether it can do what the run needs. */
static bool
is_able(const struct candidate *c)
{
	return (c->version >= RPC5_VERSION || atomic_load(&c->all->lacking) == NULL);
}

static void
note(struct candidate *c, const char *why, bool silent)
{
	char name[ENDPOINT_NAME_SIZE];

	memory_note(endpoint_name(&c->server, name), why, silent);
	c->known = true;
}

/* What has come of asking it goes to the memory, though nobody may wait for it any more. */
static void
remember(struct candidate *c, bool slow)
{
	char name[ENDPOINT_NAME_SIZE];

	pthread_mutex_lock(&c->all->noting);
	if (c->answers && c->known)
		memory_forget(endpoint_name(&c->server, name));
	else if (!c->answers && !c->beside)
		note(c, c->why, slow);
	c->known &= !c->answers;
	c->over = true;
	pthread_mutex_unlock(&c->all->noting);
}

static bool
ask_one(void *what)
{
	struct candidate *c = what;
	const struct candidates *all = c->all;
	struct runtool_error why = {.size = sizeof(why)};
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool *r;
	int64_t begin = deadline_now();

	c->answers = c->matches = false;
	r = all->hooks->connect(c->server.host, c->server.port,
	    c->of_area ? all->area->config.ping_timeout * MS_PER_SECOND : all->timeout_ms, &why);
	if (r != NULL && all->hooks->info(r, &info, &why) == 0)
		take_info(c, &info);
	else
		error_words(&why, c->why);
	all->hooks->close(r);
	if (all->remembers)
		remember(c, deadline_now() - begin >= GRACE_MS);
	return (c->matches && is_able(c) && !is_another(c));
}

/* ---- who they are ------------------------------------------------------------------------- */

/* A place for a candidate: a new one, or that of a server that has gone. NULL with errno. */
static struct candidate *
find_place(struct candidates *all)
{
	struct candidate *c;
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!all->list[i]->there && ask_is_over(&all->list[i]->asked))
			return (all->list[i]);
	errno = ENOSPC;
	if (all->n == CANDIDATES_MAX || (c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	return (all->list[all->n++] = c);
}

/* NULL with errno. */
static struct candidate *
add(struct candidates *all, const struct endpoint *server)
{
	struct candidate *c;

	if ((c = find_place(all)) != NULL)
		*c = (struct candidate){.server = *server,
		    .all = all,
		    .asked = {.ask = ask_one, .what = c},
		    .there = true};
	return (c);
}

int
candidates_init(struct candidates *all, const struct platform *p, const struct area *area,
    int timeout_ms, const struct hooks *hooks)
{
	size_t i;

	*all = (struct candidates){
	    .platform = p, .area = area, .timeout_ms = timeout_ms, .hooks = hooks};
	if (ask_group_init(&all->group) == -1)
		return (-1);
	pthread_mutex_init(&all->noting, NULL);
	for (i = 0; i < p->n_hosts; i++) {
		if (add(all, &p->hosts[i]) == NULL) {
			ask_group_release(&all->group);
			candidates_free(all);
			return (-1);
		}
	}
	return (0);
}

void
candidates_free(struct candidates *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->list[i]);
	pthread_mutex_destroy(&all->noting);
}

static bool
is_at(const struct candidate *c, const struct record *r)
{
	return (c->of_area && strcmp(c->server.host, r->host) == 0 &&
		strcmp(c->server.port, r->port) == 0);
}

/* Records come newest first. Of two for one address the second is left of a server that is gone. */
static void
take_record(struct candidates *all, const struct record *r)
{
	struct candidate *c, *known = NULL;
	struct endpoint server;
	size_t i;

	for (i = 0; i < all->n; i++) {
		c = all->list[i];
		if (!is_at(c, r))
			continue;
		if (c->there)
			return;
		if (memcmp(c->id, r->id, sizeof(c->id)) == 0)
			known = c;
	}
	/* A thread may be using it: nothing else may change. */
	if (known != NULL) {
		known->there = true;
		return;
	}
	strlcpy(server.host, r->host, sizeof(server.host));
	strlcpy(server.port, r->port, sizeof(server.port));
	if ((c = add(all, &server)) == NULL)
		return;
	c->of_area = true;
	memcpy(c->id, r->id, sizeof(c->id));
}

/* Reads the records. If that fails, they count as unchanged. */
static void
look_around(struct candidates *all)
{
	struct records records;
	size_t i;

	all->error =
	    records_read(all->area->config.dir, all->area->config.area, &records) == -1 ? errno : 0;
	if (all->error != 0)
		return;
	for (i = 0; i < all->n; i++)
		all->list[i]->there = !all->list[i]->of_area;
	for (i = 0; i < records.n; i++)
		take_record(all, &records.list[i]);
	records_free(&records);
}

/* ---- what the answers mean ---------------------------------------------------------------- */

/* The candidate before it that is the same server, or NULL. */
static const struct candidate *
find_same(const struct candidates *all, const struct candidate *c)
{
	const struct candidate *other;
	size_t i;

	for (i = 0; (other = all->list[i]) != c; i++)
		if ((other->state == CANDIDATE_USABLE || other->state == CANDIDATE_SAME) &&
		    memcmp(other->unique, c->unique, sizeof(c->unique)) == 0)
			return (other);
	return (NULL);
}

static void
judge(const struct candidates *all, struct candidate *c)
{
	if (!c->there)
		c->state = CANDIDATE_GONE;
	else if (c->left || !ask_is_over(&c->asked))
		c->state = CANDIDATE_SILENT;
	else if (is_another(c))
		c->state = CANDIDATE_ANOTHER;
	else if (!c->answers)
		c->state = CANDIDATE_FAILED;
	else if (!c->matches || !is_able(c))
		c->state = CANDIDATE_UNFIT;
	else if ((c->same = find_same(all, c)) != NULL)
		c->state = CANDIDATE_SAME;
	else
		c->state = CANDIDATE_USABLE;
	if (c->state == CANDIDATE_UNFIT && c->matches)
		snprintf(c->why, sizeof(c->why), "speaks version %d of the interface, which has %s",
		    c->version, atomic_load(&all->lacking));
}

/* ---- who is asked ------------------------------------------------------------------------- */

void
candidates_remember(struct candidates *all)
{
	all->remembers = true;
}

/* By what is remembered: whether it is asked this time, and how. */
static void
look_up(struct memory *memory, struct candidate *c)
{
	char name[ENDPOINT_NAME_SIZE];
	const struct memory_entry *e = memory_find(memory, endpoint_name(&c->server, name));
	enum memory_advice advice = e == NULL ? MEMORY_AWAIT : memory_claim(e);

	c->left = advice == MEMORY_LEAVE;
	/* Its thread may still be asking from last time. */
	if (!ask_is_over(&c->asked))
		return;
	c->beside = advice == MEMORY_ASK_BESIDE;
	c->known = e != NULL;
	c->over = false;
}

enum whom { ALL, NORMAL, BESIDE, NOT_NORMAL };

static bool
is_one_of(const struct candidate *c, enum whom whom)
{
	bool normal = !c->left && !c->beside;

	return (whom == ALL || (whom == BESIDE ? c->beside : normal == (whom == NORMAL)));
}

static size_t
list_some(const struct candidates *all, enum whom whom, struct asked *list[CANDIDATES_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		if (all->list[i]->there && is_one_of(all->list[i], whom))
			list[n++] = &all->list[i]->asked;
	return (n);
}

/* Who still has not answered, though a usable one has and the grace is over, is silent. */
static void
note_silent(struct candidates *all)
{
	struct candidate *c;
	size_t i;

	pthread_mutex_lock(&all->noting);
	for (i = 0; i < all->n; i++) {
		c = all->list[i];
		if (c->there && !c->left && !c->beside && !c->over)
			note(c, "has not answered in time", true);
	}
	pthread_mutex_unlock(&all->noting);
}

/*
 * Asks those of whom nothing bad is known, and some others beside. If none of them can be used, it
 * does not matter what is known.
 */
static bool
ask_by_memory(struct candidates *all)
{
	struct asked *list[CANDIDATES_MAX];
	struct memory memory;
	size_t i, n;
	bool usable = false;

	memory_read(&memory);
	for (i = 0; i < all->n; i++) {
		all->list[i]->left = false;
		if (all->list[i]->there)
			look_up(&memory, all->list[i]);
	}
	n = list_some(all, BESIDE, list);
	ask_beside(&all->group, list, n);
	if ((n = list_some(all, NORMAL, list)) > 0)
		usable = ask_all(&all->group, list, n, GRACE_MS);
	/* Some had no time to answer, if nobody wants to choose any more. */
	if (hooks_over(all->hooks))
		return (usable);
	if (usable) {
		note_silent(all);
	} else if ((n = list_some(all, NOT_NORMAL, list)) > 0) {
		usable = ask_all(&all->group, list, n, GRACE_MS);
		for (i = 0; i < all->n; i++)
			all->list[i]->left = false;
	}
	return (usable);
}

static void
judge_all(struct candidates *all)
{
	struct candidate *c;
	size_t i;
	int64_t now = deadline_now();

	for (i = 0; i < all->n; i++) {
		c = all->list[i];
		judge(all, c);
		all->loads[i] = c->state == CANDIDATE_USABLE && c->not_before <= now
				    ? c->load
				    : (struct rank_server){0};
	}
}

static bool
ask_everybody(struct candidates *all)
{
	struct asked *list[CANDIDATES_MAX];
	size_t n = list_some(all, ALL, list);

	return (ask_all(&all->group, list, n, GRACE_MS));
}

static bool
ask_new_ones(struct candidates *all)
{
	struct asked *list[CANDIDATES_MAX];
	size_t n = list_some(all, ALL, list);

	return (ask_new(&all->group, list, n, GRACE_MS));
}

static bool
ask_by(struct candidates *all, bool (*ask)(struct candidates *))
{
	bool usable;

	if (all->area != NULL)
		look_around(all);
	usable = ask(all);
	judge_all(all);
	return (usable);
}

bool
candidates_ask(struct candidates *all)
{
	return (ask_by(all, all->remembers ? ask_by_memory : ask_everybody));
}

bool
candidates_look(struct candidates *all)
{
	return (ask_by(all, ask_new_ones));
}

void
candidates_pass_over(struct candidates *all, size_t i, int ms)
{
	all->list[i]->not_before = deadline_now() + ms;
	all->loads[i].usable = false;
}

bool
candidates_need_first(const struct candidates *all)
{
	const struct candidate *c;
	size_t i;

	if (all->area == NULL || all->error != 0)
		return (false);
	for (i = 0; i < all->n; i++) {
		c = all->list[i];
		if (c->of_area && (c->state == CANDIDATE_UNFIT || c->state == CANDIDATE_SAME ||
				      c->state == CANDIDATE_USABLE))
			return (false);
	}
	return (true);
}
