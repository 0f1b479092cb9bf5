#include <bsd/stdlib.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "deadline.h"

#define GRACE_MS 300 /* for those that have not answered when others have */

/* ---- asking, in threads ------------------------------------------------------------------- */

static void
take_info(struct candidate *c, const struct runtool_info *info)
{
	c->there = true;
	c->matches = platform_matches(c->all->platform, info, c->why, sizeof(c->why));
	memcpy(c->unique, info->unique, sizeof(c->unique));
	c->load = (struct rank_server){
	    .usable = true,
	    .in_flight = info->in_flight,
	    .max_tools = info->max_tools,
	    .max_pending = info->max_pending,
	    .cpus = info->cpus,
	    .load = info->load,
	};
}

static bool
ask(void *what)
{
	struct candidate *c = what;
	struct runtool_error why;
	struct runtool_info info;
	struct runtool *r;

	c->there = c->matches = false;
	r = runtool_connect(c->server.host, c->server.port, c->all->timeout_ms, &why);
	if (r != NULL && runtool_info(r, &info, &why) == 0)
		take_info(c, &info);
	else
		options_words(&why, c->why);
	runtool_close(r);
	return (c->matches);
}

/* ---- what the answers mean ---------------------------------------------------------------- */

static void
tell_once(struct candidate *c, const char *why)
{
	char name[OPTIONS_NAME_SIZE];

	if (!c->told)
		warnx("%s: %s", options_name(&c->server, name), why);
	c->told = true;
}

static bool
is_usable(const struct candidate *c)
{
	return (ask_is_over(&c->asked) && c->matches);
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
	char name[OPTIONS_NAME_SIZE], why[OPTIONS_NAME_SIZE + 32];

	if (!c->all->verbose)
		return;
	snprintf(why, sizeof(why), "is the same server as %s", options_name(&other->server, name));
	tell_once(c, why);
}

/* Whether it can be used, now or later; tells why not. */
static bool
judge(const struct candidates *all, struct candidate *c)
{
	const struct candidate *same;

	if (!ask_is_over(&c->asked))
		tell_once(c, "has not answered yet: others are taken");
	else if (!c->there || !c->matches)
		tell_once(c, c->why);
	else if ((same = find_same(all, c)) != NULL)
		tell_same(c, same);
	else
		return (true);
	return (false);
}

/* Each has told why. Returns -1. */
static int
none_usable(const struct candidates *all, struct runtool_error *err)
{
	const struct config_value *v = all->platform->where;
	const char *what = "no host can be used: some do not answer, the others do not match";
	size_t i, answered = 0;

	for (i = 0; i < all->n; i++)
		answered += all->list[i]->there;
	if (answered == 0)
		what = "no host answers";
	else if (answered == all->n)
		what = "no host matches";
	*err = (struct runtool_error){.code = RUNTOOL_TRANSPORT};
	snprintf(err->message, sizeof(err->message),
	    "%s:%d: [%s]: %s: start a RunToolServer on one that does, or change the section",
	    v->file, v->line, v->section, what);
	return (-1);
}

int
candidates_ask(struct candidates *all, struct runtool_error *err)
{
	int64_t now;
	bool usable;
	size_t i;

	usable = ask_all(all->asked, all->n, GRACE_MS);
	now = deadline_now();
	for (i = 0; i < all->n; i++) {
		all->loads[i] = (struct rank_server){0};
		if (judge(all, all->list[i]) && all->list[i]->not_before <= now)
			all->loads[i] = all->list[i]->load;
	}
	return (usable ? 0 : none_usable(all, err));
}

void
candidates_pass_over(struct candidates *all, size_t i, int ms)
{
	all->list[i]->not_before = deadline_now() + ms;
	all->loads[i].usable = false;
}

/* ---- who they are ------------------------------------------------------------------------- */

/* 0, or -1 with errno. */
static int
grow(struct candidates *all)
{
	struct candidate **list;
	struct rank_server *loads;
	struct asked **asked;

	if ((list = reallocarray(all->list, all->n + 1, sizeof(*list))) == NULL)
		return (-1);
	all->list = list;
	if ((asked = reallocarray(all->asked, all->n + 1, sizeof(*asked))) == NULL)
		return (-1);
	all->asked = asked;
	if ((loads = reallocarray(all->loads, all->n + 1, sizeof(*loads))) == NULL)
		return (-1);
	all->loads = loads;
	return (0);
}

/* The same. */
static int
add(struct candidates *all, const struct options_server *server)
{
	struct candidate *c;

	if (grow(all) == -1 || (c = calloc(1, sizeof(*c))) == NULL)
		return (-1);
	c->server = *server;
	c->all = all;
	c->asked = (struct asked){.ask = ask, .what = c};
	all->asked[all->n] = &c->asked;
	all->list[all->n++] = c;
	return (0);
}

int
candidates_init(struct candidates *all, const struct platform *p, int timeout_ms, bool verbose)
{
	size_t i;

	*all = (struct candidates){.platform = p, .timeout_ms = timeout_ms, .verbose = verbose};
	for (i = 0; i < p->n_hosts; i++)
		if (add(all, &p->hosts[i]) == -1)
			return (-1);
	return (0);
}
