#include <bsd/string.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "lib/log.h"
#include "lib/records.h"

#define GRACE_MS      300 /* for those that have not answered when others have */
#define MS_PER_SECOND 1000

/* ---- asking, in threads ------------------------------------------------------------------- */

static void
take_info(struct candidate *c, const struct runtool_info *info)
{
	c->answers = true;
	c->matches = platform_matches(c->all->platform, info, c->why, sizeof(c->why));
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

static bool
ask(void *what)
{
	struct candidate *c = what;
	const struct candidates *all = c->all;
	struct runtool_error why;
	struct runtool_info info;
	struct runtool *r;

	c->answers = c->matches = false;
	r = runtool_connect(c->server.host, c->server.port,
	    c->of_area ? all->area->config.ping_timeout * MS_PER_SECOND : all->timeout_ms, &why);
	if (r != NULL && runtool_info(r, &info, &why) == 0)
		take_info(c, &info);
	else
		error_words(&why, c->why);
	runtool_close(r);
	return (c->matches && !is_another(c));
}

/* ---- who they are ------------------------------------------------------------------------- */

/* A place for one: a new one, or that of a server which has gone. NULL with errno. */
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
		*c = (struct candidate){
		    .server = *server, .all = all, .asked = {.ask = ask, .what = c}, .there = true};
	return (c);
}

int
candidates_init(struct candidates *all, const struct platform *p, const struct area *area,
    int timeout_ms, bool verbose)
{
	size_t i;

	*all = (struct candidates){
	    .platform = p, .area = area, .timeout_ms = timeout_ms, .verbose = verbose};
	for (i = 0; i < p->n_hosts; i++)
		if (add(all, &p->hosts[i]) == NULL)
			return (-1);
	return (0);
}

static bool
is_at(const struct candidate *c, const struct record *r)
{
	return (c->of_area && strcmp(c->server.host, r->host) == 0 &&
		strcmp(c->server.port, r->port) == 0);
}

/* Newer ones come first: of two for one address the second is that of a server which is gone. */
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
	/* A thread may be asking it: nothing else changes. */
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

/* Where the records cannot be read, they are taken to be as they were. */
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

static void
tell_once(struct candidate *c, const char *why)
{
	char name[ENDPOINT_NAME_SIZE];

	if (!c->told)
		warnx("%s: %s", endpoint_name(&c->server, name), why);
	c->told = true;
}

/* In a fleet servers come and go: that some do not answer is no trouble while there are others. */
static void
tell_trouble(struct candidate *c, const char *why)
{
	if (!c->of_area || c->all->verbose)
		tell_once(c, why);
}

static bool
is_usable(const struct candidate *c)
{
	return (c->there && ask_is_over(&c->asked) && c->matches && !is_another(c));
}

/* The one before it that is the same server; NULL: there is none. */
static const struct candidate *
find_same(const struct candidates *all, const struct candidate *c)
{
	size_t i;

	for (i = 0; all->list[i] != c; i++)
		if (is_usable(all->list[i]) &&
		    memcmp(all->list[i]->unique, c->unique, sizeof(c->unique)) == 0)
			return (all->list[i]);
	return (NULL);
}

/* That is no trouble: a list for all hosts of a farm names each of them, and localhost. */
static void
tell_same(struct candidate *c, const struct candidate *other)
{
	char name[ENDPOINT_NAME_SIZE], why[ENDPOINT_NAME_SIZE + 32];

	if (!c->all->verbose)
		return;
	snprintf(why, sizeof(why), "is the same server as %s", endpoint_name(&other->server, name));
	tell_once(c, why);
}

/* Whether it can be used, now or later; tells why not. */
static bool
judge(const struct candidates *all, struct candidate *c)
{
	const struct candidate *same;

	if (!c->there)
		return (false);
	if (!ask_is_over(&c->asked))
		tell_trouble(c, "has not answered yet: others are taken");
	else if (is_another(c))
		tell_once(c, "is not the server that its record says: it is not taken");
	else if (!c->answers || !c->matches)
		tell_trouble(c, c->why);
	else if ((same = find_same(all, c)) != NULL)
		tell_same(c, same);
	else
		return (true);
	return (false);
}

/* What is wrong with the records: once. */
static void
tell_records(struct candidates *all)
{
	char name[4 * NAME_MAX];
	struct records records;
	size_t i;

	if (all->told)
		return;
	all->told = true;
	if (all->error != 0) {
		warnx("area %s: %s: %s", all->area->config.area, all->area->config.dir,
		    records_words(all->error));
	} else if (all->verbose &&
		   records_read(all->area->config.dir, all->area->config.area, &records) == 0) {
		for (i = 0; i < records.n_odd; i++)
			warnx("%s/%s: %s", all->area->config.dir,
			    log_quote(name, sizeof(name), records.odd[i].name), records.odd[i].why);
		records_free(&records);
	}
}

static bool
ask_those_there(
    struct candidates *all, bool (*ask_some)(struct asked *const *, size_t n, int grace_ms))
{
	struct asked *asked[CANDIDATES_MAX];
	size_t i, n = 0;
	int64_t now;
	bool usable;

	if (all->area != NULL)
		look_around(all);
	for (i = 0; i < all->n; i++)
		if (all->list[i]->there)
			asked[n++] = &all->list[i]->asked;
	usable = ask_some(asked, n, GRACE_MS);
	if (all->area != NULL && (all->verbose || all->error != 0))
		tell_records(all);
	now = deadline_now();
	for (i = 0; i < all->n; i++) {
		all->loads[i] = (struct rank_server){0};
		if (judge(all, all->list[i]) && all->list[i]->not_before <= now)
			all->loads[i] = all->list[i]->load;
	}
	return (usable);
}

bool
candidates_ask(struct candidates *all)
{
	return (ask_those_there(all, ask_all));
}

bool
candidates_look(struct candidates *all)
{
	return (ask_those_there(all, ask_new));
}

void
candidates_pass_over(struct candidates *all, size_t i, int ms)
{
	all->list[i]->not_before = deadline_now() + ms;
	all->loads[i].usable = false;
}

/* ---- none can be used --------------------------------------------------------------------- */

bool
candidates_need_first(const struct candidates *all)
{
	const struct candidate *c;
	size_t i;

	if (all->area == NULL || all->error != 0)
		return (false);
	for (i = 0; i < all->n; i++) {
		c = all->list[i];
		if (c->there && c->of_area && ask_is_over(&c->asked) && c->answers &&
		    !is_another(c))
			return (false);
	}
	return (true);
}

static const char *
why_none(const struct candidates *all)
{
	size_t i, there = 0, answered = 0;

	for (i = 0; i < all->n; i++) {
		there += all->list[i]->there;
		answered += all->list[i]->there && all->list[i]->answers;
	}
	if (there == 0)
		return (all->error != 0 ? "its records cannot be read" : "no server is registered");
	if (answered == 0)
		return ("no host answers");
	if (answered == there)
		return ("no host matches");
	return ("no host can be used: some do not answer, the others do not match");
}

int
candidates_complain(struct candidates *all, const char *remedy, struct runtool_error *err)
{
	const struct config_value *v = all->platform->where;
	size_t i;

	/* Now it matters. */
	all->verbose = true;
	for (i = 0; i < all->n; i++)
		judge(all, all->list[i]);
	if (all->area != NULL)
		tell_records(all);
	if (all->error != 0)
		remedy = "[" FLEET_CONFIG_SECTION
			 "]dir must be the directory where its servers register, and readable";
	if (v == NULL)
		return (error_set(err, RUNTOOL_TRANSPORT, "area %s: %s: %s", all->platform->area,
		    why_none(all), remedy));
	return (error_set(err, RUNTOOL_TRANSPORT, "%s:%d: [%s]: %s: %s", v->file, v->line,
	    v->section, why_none(all), remedy));
}
