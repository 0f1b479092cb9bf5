#include "fields.h"
#include "rpc5.h"

#define MAX_TEXT   65536
#define MAX_STATUS 255
#define MAX_RETRY  3600000     /* ms */
#define MAX_COUNT  (1LL << 53) /* a double holds it exactly */

#define NOT_SAID ((struct rpc5_load){.in_flight = -1})

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* How many of a call's results must be there: so many first ones of its table. */
enum { RESULT_NEEDED = 2, INFO_NEEDED = 13, PING_NEEDED = 3, STOP_NEEDED = 1, STATS_NEEDED = 20 };

static const char *const state_words[] = {"ok", "loaded", NULL};
const char *const rpc5_why_words[] = {
    "ended", "time-limit", "client-signal", "server-shutdown", NULL};

/* clang-format off */
#define LOAD(in) \
	{ "in_flight",	FIELD_INT,	AT(in in_flight),	0, INT32_MAX, NULL }, \
	{ "state",	FIELD_CHOICE,	AT(in loaded),		0, 0, state_words }

#define AT(member) offsetof(struct rpc5_result, member)
static const struct field result_fields[] = {
	{ "status",	FIELD_INT,	AT(status),	0, MAX_STATUS, NULL },
	{ "signal",	FIELD_INT,	AT(signal),	0, RPC5_MAX_SIGNAL, NULL },
	{ "core",	FIELD_INT,	AT(core),	0, 1, NULL },
	{ "why",	FIELD_CHOICE,	AT(why),	0, 0, rpc5_why_words },
	{ "user_us",	FIELD_LONG,	AT(user_us),	0, MAX_COUNT, NULL },
	{ "system_us",	FIELD_LONG,	AT(system_us),	0, MAX_COUNT, NULL },
	{ "max_rss_kb",	FIELD_LONG,	AT(max_rss_kb),	0, MAX_COUNT, NULL },
	{ "wall_us",	FIELD_LONG,	AT(wall_us),	0, MAX_COUNT, NULL },
	{ "queue_us",	FIELD_LONG,	AT(queue_us),	0, MAX_COUNT, NULL },
	{ "stdin_read",	FIELD_NUMBER,	AT(stdin_read),	0, MAX_COUNT, NULL },
	{ "linger_us",	FIELD_NUMBER,	AT(linger_us),	0, MAX_COUNT, NULL },
	LOAD(load.),
};
#undef AT

#define AT(member) offsetof(struct rpc5_failure, member)
static const struct field failure_fields[] = {
	{ "failure",	FIELD_INT,	AT(code),	INT32_MIN, INT32_MAX, NULL },
	{ "words",	FIELD_TEXT,	AT(words),	1, MAX_TEXT, NULL },
	{ "errno",	FIELD_INT,	AT(error),	1, INT32_MAX, NULL },
	{ "retry_ms",	FIELD_INT,	AT(retry_ms),	1, MAX_RETRY, NULL },
	LOAD(load.),
};
#undef AT

#define AT(member) offsetof(struct rpc_info, member)
static const struct field info_fields[] = {
	{ "sysname",	 FIELD_TEXT,	AT(sysname),	 0, MAX_TEXT, NULL },
	{ "release",	 FIELD_TEXT,	AT(release),	 0, MAX_TEXT, NULL },
	{ "version",	 FIELD_TEXT,	AT(version),	 0, MAX_TEXT, NULL },
	{ "machine",	 FIELD_TEXT,	AT(machine),	 0, MAX_TEXT, NULL },
	{ "cpus",	 FIELD_INT,	AT(cpus),	 0, INT32_MAX, NULL },
	{ "cpu_mhz",	 FIELD_INT,	AT(cpu_mhz),	 0, INT32_MAX, NULL },
	{ "mem_kb",	 FIELD_INT,	AT(mem_kb),	 0, INT32_MAX, NULL },
	{ "max_tools",	 FIELD_INT,	AT(max_tools),	 0, INT32_MAX, NULL },
	{ "cur_tools",	 FIELD_INT,	AT(cur_tools),	 0, INT32_MAX, NULL },
	{ "load_percent", FIELD_PERCENT, AT(load),	 0, INT32_MAX, NULL },
	{ "cur_pending", FIELD_INT,	AT(cur_pending), 0, INT32_MAX, NULL },
	{ "max_pending", FIELD_INT,	AT(max_pending), 0, INT32_MAX, NULL },
	{ "unique_id",	 FIELD_ID,	AT(unique),	 0, 0, NULL },
	LOAD(),
	{ "interface",	 FIELD_INT,	AT(interface),	 0, INT32_MAX, NULL },
	{ "area",	 FIELD_TEXT,	AT(area),	 0, MAX_TEXT, NULL },
	{ "software",	 FIELD_TEXT,	AT(software),	 0, MAX_TEXT, NULL },
	{ "started",	 FIELD_LONG,	AT(started),	 0, MAX_COUNT, NULL },
	{ "runs",	 FIELD_LONG,	AT(runs),	 0, MAX_COUNT, NULL },
	{ "failures",	 FIELD_LONG,	AT(failures),	 0, MAX_COUNT, NULL },
	{ "refused",	 FIELD_LONG,	AT(refused),	 0, MAX_COUNT, NULL },
	{ "connections", FIELD_LONG,	AT(connections), 0, MAX_COUNT, NULL },
};
#undef AT

#define AT(member) offsetof(struct rpc5_ping, member)
static const struct field ping_fields[] = {
	{ "id",		FIELD_ID,	AT(unique),	0, 0, NULL },
	LOAD(load.),
};
#undef AT

#define AT(member) offsetof(struct rpc5_load, member)
static const struct field stop_fields[] = {
	LOAD(),
};
#undef AT

#define AT(member) offsetof(struct rpc5_stats, member)
#define COUNTS(name, call) \
	{ name "_count",	FIELD_LONG,	AT(calls[RPC5_CALL_##call].count),	0, MAX_COUNT, NULL }, \
	{ name "_errors",	FIELD_LONG,	AT(calls[RPC5_CALL_##call].errors),	0, MAX_COUNT, NULL }, \
	{ name "_total_us",	FIELD_LONG,	AT(calls[RPC5_CALL_##call].total_us),	0, MAX_COUNT, NULL }, \
	{ name "_longest_us",	FIELD_LONG,	AT(calls[RPC5_CALL_##call].longest_us),	0, MAX_COUNT, NULL }
static const struct field stats_fields[] = {
	COUNTS("run", RUN),
	COUNTS("info", INFO),
	COUNTS("ping", PING),
	COUNTS("stop", STOP),
	COUNTS("stats", STATS),
	LOAD(load.),
};
#undef COUNTS
#undef AT
#undef LOAD
/* clang-format on */

static void
put_results(struct buf *b, const struct field *fields, size_t n, const void *from)
{
	struct pairs p = {0};

	fields_put(&p, fields, n, from);
	pairs_put(b, &p);
	srpc_put_code(b, SRPC_END_CALL);
}

void
rpc5_put_result(struct buf *b, const struct rpc5_result *result)
{
	put_results(b, result_fields, COUNT(result_fields), result);
}

void
rpc5_put_failure(struct buf *b, const struct srpc_error *err, struct rpc5_load load)
{
	struct srpc_error why = *err; /* a copy, since `words` is not const */
	const struct rpc5_failure failure = {.code = why.code,
	    .words = why.message,
	    .error = why.exec_errno,
	    .retry_ms = why.retry_ms,
	    .load = load};

	put_results(b, failure_fields, COUNT(failure_fields), &failure);
}

void
rpc5_put_info(struct buf *b, const struct rpc_info *info)
{
	put_results(b, info_fields, COUNT(info_fields), info);
}

void
rpc5_put_ping(struct buf *b, const struct rpc5_ping *ping)
{
	put_results(b, ping_fields, COUNT(ping_fields), ping);
}

void
rpc5_put_stop(struct buf *b, struct rpc5_load load)
{
	put_results(b, stop_fields, COUNT(stop_fields), &load);
}

void
rpc5_put_stats(struct buf *b, const struct rpc5_stats *stats)
{
	put_results(b, stats_fields, COUNT(stats_fields), stats);
}

void
rpc5_failure_free(struct rpc5_failure *failure)
{
	fields_free(failure_fields, COUNT(failure_fields), failure);
}

/* The list of results, with the end_call behind it. */
static int
next_results(struct srpc_reader *r, struct srpc_item *list, struct srpc_error *err)
{
	struct srpc_item end;
	size_t start = r->pos;
	int rc;

	if ((rc = srpc_next(r, SRPC_CHARS_SEQ, list, err)) != SRPC_OK)
		return (rc);
	if ((rc = srpc_next(r, SRPC_END_CALL, &end, err)) != SRPC_OK)
		r->pos = start;
	return (rc);
}

/* The first `needed` fields of the table must be there. */
static int
get_values(const struct srpc_item *list, const struct field *fields, size_t n, size_t needed,
    void *to, struct srpc_error *err)
{
	const char *missing = fields_missing(list, fields, needed);

	if (missing != NULL)
		return (srpc_fail(err, SRPC_INVALID_PARAMETER, "%s: is missing", missing));
	return (fields_get(list, fields, n, to, err));
}

static int
get_failure(const struct srpc_item *list, struct rpc5_failure *failure, struct srpc_error *err)
{
	if (fields_get(list, failure_fields, COUNT(failure_fields), failure, err) == -1)
		return (-1);
	if (failure->code == 0)
		return (srpc_fail(err, SRPC_INVALID_PARAMETER, "failure=0: is no failure"));
	return (0);
}

/* Decodes results into `to`; or a failure instead. */
static int
get_results(struct srpc_reader *r, const struct field *fields, size_t n, size_t needed, void *to,
    struct rpc5_failure *failure, struct srpc_error *err)
{
	struct srpc_item list;
	int rc;

	*failure = (struct rpc5_failure){.load = NOT_SAID};
	if ((rc = next_results(r, &list, err)) != SRPC_OK)
		return (rc);
	if ((rc = pairs_check(&list, err)) == 0)
		rc = pairs_get(&list, "failure") != NULL
			 ? get_failure(&list, failure, err)
			 : get_values(&list, fields, n, needed, to, err);
	if (rc == 0)
		return (SRPC_OK);
	rpc5_failure_free(failure);
	return (pairs_blame("[from other end] Malformed results:", SRPC_PROTOCOL_VIOLATION, err));
}

int
rpc5_get_result(struct srpc_reader *r, struct rpc5_result *result, struct rpc5_failure *failure,
    struct srpc_error *err)
{
	*result = (struct rpc5_result){.load = NOT_SAID};
	return (get_results(
	    r, result_fields, COUNT(result_fields), RESULT_NEEDED, result, failure, err));
}

int
rpc5_get_info(struct srpc_reader *r, struct rpc_info *info, struct rpc5_failure *failure,
    struct srpc_error *err)
{
	int rc;

	*info = (struct rpc_info){0};
	rc = get_results(r, info_fields, COUNT(info_fields), INFO_NEEDED, info, failure, err);
	if (rc == -1)
		rpc_info_free(info);
	return (rc);
}

int
rpc5_get_ping(struct srpc_reader *r, struct rpc5_ping *ping, struct rpc5_failure *failure,
    struct srpc_error *err)
{
	*ping = (struct rpc5_ping){.load = NOT_SAID};
	return (get_results(r, ping_fields, COUNT(ping_fields), PING_NEEDED, ping, failure, err));
}

int
rpc5_get_stop(struct srpc_reader *r, struct rpc5_load *load, struct rpc5_failure *failure,
    struct srpc_error *err)
{
	*load = NOT_SAID;
	return (get_results(r, stop_fields, COUNT(stop_fields), STOP_NEEDED, load, failure, err));
}

int
rpc5_get_stats(struct srpc_reader *r, struct rpc5_stats *stats, struct rpc5_failure *failure,
    struct srpc_error *err)
{
	*stats = (struct rpc5_stats){.load = NOT_SAID};
	return (
	    get_results(r, stats_fields, COUNT(stats_fields), STATS_NEEDED, stats, failure, err));
}
