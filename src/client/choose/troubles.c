#include <limits.h>
#include <stdio.h>

#include "lib/log.h"
#include "lib/records.h"
#include "troubles.h"

static void
tell_once(struct candidate *c, const char *why)
{
	char name[ENDPOINT_NAME_SIZE];

	if (!c->told)
		hooks_remark(c->all->hooks, "%s: %s", endpoint_name(&c->server, name), why);
	c->told = true;
}

/* In a fleet servers come and go: if some do not answer, that is no trouble while others do. */
static void
tell_absence(const struct troubles *t, struct candidate *c, const char *why)
{
	if (!c->of_area || t->verbose)
		tell_once(c, why);
}

/* This is no trouble: a list for all hosts of a farm names each of them, and localhost. */
static void
tell_same(const struct troubles *t, struct candidate *c)
{
	char name[ENDPOINT_NAME_SIZE], why[ENDPOINT_NAME_SIZE + 32];

	if (!t->verbose)
		return;
	snprintf(
	    why, sizeof(why), "is the same server as %s", endpoint_name(&c->same->server, name));
	tell_once(c, why);
}

static void
tell(const struct troubles *t, struct candidate *c)
{
	switch (c->state) {
	case CANDIDATE_GONE:
	case CANDIDATE_USABLE:
		break;
	case CANDIDATE_SILENT:
		tell_absence(t, c, "has not answered yet: others are taken");
		break;
	case CANDIDATE_ANOTHER:
		tell_once(c, "is not the server that its record says: it is not taken");
		break;
	case CANDIDATE_FAILED:
	case CANDIDATE_UNFIT:
		tell_absence(t, c, c->why);
		break;
	case CANDIDATE_SAME:
		tell_same(t, c);
		break;
	}
}

/* Tells once what is wrong with the records. */
static void
tell_records(struct troubles *t)
{
	const struct fleet_config *fleet = &t->all->area->config;
	char name[4 * NAME_MAX];
	struct records records;
	size_t i;

	if (t->records_told)
		return;
	t->records_told = true;
	if (t->all->error != 0) {
		hooks_remark(t->all->hooks, "area %s: %s: %s", fleet->area, fleet->dir,
		    records_words(t->all->error));
	} else if (t->verbose && records_read(fleet->dir, fleet->area, &records) == 0) {
		for (i = 0; i < records.n_odd; i++)
			hooks_remark(t->all->hooks, "%s/%s: %s", fleet->dir,
			    log_quote(name, sizeof(name), records.odd[i].name), records.odd[i].why);
		records_free(&records);
	}
}

void
troubles_tell(struct troubles *t)
{
	size_t i;

	if (t->all->area != NULL && (t->verbose || t->all->error != 0))
		tell_records(t);
	for (i = 0; i < t->all->n; i++)
		tell(t, t->all->list[i]);
}

static const char *
why_none(const struct candidates *all)
{
	size_t i, there = 0, silent = 0;

	for (i = 0; i < all->n; i++) {
		there += all->list[i]->state != CANDIDATE_GONE;
		silent += all->list[i]->state == CANDIDATE_SILENT ||
			  all->list[i]->state == CANDIDATE_FAILED;
	}
	if (there == 0)
		return (all->error != 0 ? "its records cannot be read" : "no server is registered");
	if (silent == there)
		return ("no host answers");
	if (silent == 0)
		return ("no host matches");
	return ("no host can be used: some do not answer, the others do not match");
}

int
troubles_fail(struct troubles *t, const char *remedy, struct runtool_error *err)
{
	const struct candidates *all = t->all;
	const struct config_value *v = all->platform->where;
	size_t i;

	/* Now it matters. */
	t->verbose = true;
	for (i = 0; i < all->n; i++)
		tell(t, all->list[i]);
	if (all->area != NULL)
		tell_records(t);
	if (all->error != 0)
		remedy = "[" FLEET_CONFIG_SECTION
			 "]dir must be the directory where its servers register, and readable";
	if (v == NULL)
		return (error_set(err, RUNTOOL_TRANSPORT, "area %s: %s: %s", all->platform->area,
		    why_none(all), remedy));
	return (error_set(err, RUNTOOL_TRANSPORT, "%s:%d: [%s]: %s: %s", v->file, v->line,
	    v->section, why_none(all), remedy));
}
