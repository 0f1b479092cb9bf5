#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/error.h"
#include "lib/record.h"
#include "probe.h"

#define TELLING_INTERFACE 5   /* from this version on a server tells about itself as well */
#define AT_ONCE		  200 /* each takes a descriptor or two */

/* Local time, in which strftime(3) has no colon in the offset. */
json_t *
probe_time(int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[64];
	struct tm tm;
	size_t n;

	if (localtime_r(&t, &tm) == NULL || (n = strftime(text, sizeof(text), "%FT%T%z", &tm)) < 3)
		return (json_null());
	return (json_sprintf("%.*s:%s", (int)n - 2, text, text + n - 2));
}

static json_t *
unique_id(const uint8_t unique[16])
{
	char text[33];
	size_t i;

	for (i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", unique[i]);
	return (json_string(text));
}

static const char *
state(bool loaded)
{
	return (loaded ? "loaded" : "ok");
}

/* ---- the calls ---------------------------------------------------------------------------- */

static int
describe_info(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	struct runtool_info i = {.size = sizeof(i)};
	json_t *more;

	if (runtool_info(c, &i, err) == -1)
		return (-1);
	more = json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:f, s:i, s:i, s:o, s:i}",
	    "sysname", jsontext_string(i.sysname), "release", jsontext_string(i.release), "version",
	    jsontext_string(i.version), "machine", jsontext_string(i.machine), "cpus", i.cpus,
	    "cpuMHz", i.cpu_mhz, "memKB", i.mem_kb, "max_tools", i.max_tools, "cur_tools",
	    i.cur_tools, "load", i.load, "cur_pending", i.cur_pending, "max_pending", i.max_pending,
	    "unique_id", unique_id(i.unique), "interface", i.interface);
	json_object_update_new(answer, more);
	if (i.interface < TELLING_INTERFACE)
		return (0);
	more = json_pack("{s:s, s:i, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "state",
	    state(i.loaded), "in_flight", i.in_flight, "area", jsontext_string(i.area), "software",
	    jsontext_string(i.software), "started", probe_time(i.started), "uptime",
	    (json_int_t)(time(NULL) - i.started), "runs", (json_int_t)i.runs, "failures",
	    (json_int_t)i.failures, "refused", (json_int_t)i.refused, "connections",
	    (json_int_t)i.connections);
	json_object_update_new(answer, more);
	return (0);
}

static void
add_ping(json_t *answer, const struct runtool_ping *ping)
{
	json_object_update_new(
	    answer, json_pack("{s:o, s:s, s:i}", "unique_id", unique_id(ping->unique), "state",
			state(ping->loaded), "in_flight", ping->in_flight));
}

static int
describe_ping(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	struct runtool_ping ping = {.size = sizeof(ping)};

	if (runtool_ping(c, &ping, err) == -1)
		return (-1);
	add_ping(answer, &ping);
	return (0);
}

static json_t *
counts(const struct runtool_counts *c)
{
	return (json_pack("{s:I, s:I, s:f, s:f}", "count", (json_int_t)c->count, "errors",
	    (json_int_t)c->errors, "total_s", c->total_s, "longest_s", c->longest_s));
}

static int
describe_stats(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	struct runtool_stats s = {.size = sizeof(s)};

	if (runtool_stats(c, &s, err) == -1)
		return (-1);
	json_object_set_new(answer, "calls",
	    json_pack("{s:o, s:o, s:o, s:o, s:o}", "run", counts(&s.run), "info", counts(&s.info),
		"ping", counts(&s.ping), "stop", counts(&s.stop), "stats", counts(&s.stats)));
	return (0);
}

static int
describe_stop(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	int in_flight;

	if (runtool_stop(c, &in_flight, err) == -1)
		return (-1);
	json_object_set_new(answer, "in_flight", json_integer(in_flight));
	return (0);
}

/* ---- asking ------------------------------------------------------------------------------- */

void
probe_fail(struct probe *p, const struct runtool_error *err)
{
	json_object_set_new(p->answer, "error", jsontext_error(err));
}

/* Checks that the port has not become another server's. */
static int
check_identity(struct probe *p, struct runtool *c, struct runtool_error *err)
{
	struct runtool_ping ping = {.size = sizeof(ping)};

	if (p->record == NULL)
		return (0);
	if (runtool_ping(c, &ping, err) == -1)
		return (-1);
	if (memcmp(ping.unique, p->record->id, sizeof(ping.unique)) == 0)
		return (0);
	return (error_set(err, RUNTOOL_TRANSPORT,
	    "another server answers there: this record is left of one that is gone"));
}

static bool
ask_one(void *what)
{
	static int (*const describe[])(struct runtool *, json_t *, struct runtool_error *) = {
	    [PROBE_INFO] = describe_info,
	    [PROBE_PING] = describe_ping,
	    [PROBE_STATS] = describe_stats,
	    [PROBE_STOP] = describe_stop};
	struct probe *p = what;
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	c = runtool_connect(p->server.host, p->server.port, p->timeout_ms, &err);
	if (c == NULL || check_identity(p, c, &err) == -1 ||
	    describe[p->call](c, p->answer, &err) == -1)
		probe_fail(p, &err);
	runtool_close(c);
	return (true);
}

void
probe_all(struct probe *probes, size_t n)
{
	/* Never released: there may be more to ask. Static: the last thread may still use it. */
	static struct ask_group group;
	struct asked *asked[AT_ONCE];
	size_t i, some = 0;

	if (ask_group_init(&group) == -1)
		err(EXIT_FAILURE, "eventfd");
	for (i = 0; i < n; i++) {
		if (json_object_get(probes[i].answer, "error") == NULL) {
			probes[i].asked = (struct asked){.ask = ask_one, .what = &probes[i]};
			asked[some++] = &probes[i].asked;
		}
		if (some == AT_ONCE || i == n - 1) {
			ask_all(&group, asked, some, -1);
			some = 0;
		}
	}
}
