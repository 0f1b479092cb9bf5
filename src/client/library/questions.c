/* The calls without arguments: information, ping, stop, statistics. */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "failure.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "sizes.h"

/* A call without arguments. read() decodes its results, by the version that the server speaks. */
struct question {
	int32_t proc;
	int (*read)(struct runtool *, struct srpc_reader *, void *answer,
	    struct rpc5_failure *failure, struct srpc_error *why);
	const char *remedy; /* needs version 5: what to do without; NULL: ask for information */
};

static int
put_question(struct runtool *c, const struct question *q, struct runtool_error *err)
{
	if (c->version == RPC5_VERSION)
		rpc5_put_call(&c->out, q->proc);
	else
		rpc_put_info_call(&c->out, RPC_VERSION);
	if (c->out.failed)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	call_send(c);
	return (0);
}

static int
read_answer(struct runtool *c, const struct question *q, void *answer, struct rpc5_failure *failure,
    struct srpc_error *why)
{
	struct srpc_reader r;
	int rc;

	if ((rc = call_open_reply(c, &r, why)) == SRPC_OK &&
	    (rc = q->read(c, &r, answer, failure, why)) == SRPC_OK)
		call_close_reply(c, &r);
	return (rc);
}

static int
await_answer(struct runtool *c, const struct question *q, void *answer,
    struct rpc5_failure *failure, struct runtool_error *err)
{
	int64_t deadline = deadline_in(c->timeout_ms);
	struct srpc_error why;
	struct pollfd pfd;
	int n, rc;

	while ((rc = read_answer(c, q, answer, failure, &why)) == SRPC_MORE) {
		pfd = call_awaits(c);
		if ((n = deadline_poll(&pfd, 1, deadline)) == -1)
			return (error_set(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
		if (n == 0)
			return (error_set(
			    err, RUNTOOL_TIMEOUT, "no answer within %d ms", c->timeout_ms));
		if (call_go_on(c, err) == -1)
			return (-1);
	}
	return (rc == -1 ? call_fail(c, &why, err) : 0);
}

/* Asks once, by the version that the object has now. */
static int
ask_so(struct runtool *c, const struct question *q, void *answer, struct runtool_error *err)
{
	struct rpc5_failure failure = {0};
	int rc;

	if (q->remedy != NULL && c->version != RPC5_VERSION)
		return (error_set(err, RUNTOOL_VERSION_SKEW,
		    "the server speaks version %d of the interface at most, and this call is of "
		    "version %d: %s",
		    c->version, RPC5_VERSION, q->remedy));
	if (call_begin(c, err) == -1)
		return (-1);
	if (put_question(c, q, err) == -1 || await_answer(c, q, answer, &failure, err) == -1) {
		call_hang_up(c);
		return (-1);
	}
	rc = failure.code == 0 ? 0 : failure_result(err, &failure);
	rpc5_failure_free(&failure);
	return (rc);
}

static int
ask(struct runtool *c, const struct question *q, void *answer, struct runtool_error *err)
{
	int version = c->version, rc;

	if (call_check_free(c, err) == -1)
		return (-1);
	rc = ask_so(c, q, answer, err);
	return (c->version == version ? rc : ask_so(c, q, answer, err));
}

static int
read_info(struct runtool *c, struct srpc_reader *r, void *answer, struct rpc5_failure *failure,
    struct srpc_error *why)
{
	struct rpc_info *info = answer;
	int rc;

	if (c->version == RPC5_VERSION)
		return (rpc5_get_info(r, info, failure, why));
	if ((rc = rpc_get_info(r, RPC_VERSION, info, why)) == SRPC_OK) {
		info->interface = RPC_VERSION;
		info->in_flight = info->cur_tools + info->cur_pending;
	}
	return (rc);
}

/* A text that the server may have left out. */
static const char *
text(const char *s)
{
	return (s == NULL ? "" : s);
}

int
runtool_info(struct runtool *c, struct runtool_info *info, struct runtool_error *err)
{
	static const struct question question = {RPC5_INFO, read_info, NULL};
	const struct rpc_info *got = &c->info;
	struct runtool_error why;
	struct runtool_info whole;

	if (sizes_check(&sizes_error, err, &why) == -1 ||
	    sizes_check(&sizes_info, info, &why) == -1 || ask(c, &question, &c->info, &why) == -1)
		return (sizes_fail(&why, err));
	whole = (struct runtool_info){
	    .sysname = text(got->sysname),
	    .release = text(got->release),
	    .version = text(got->version),
	    .machine = text(got->machine),
	    .cpus = got->cpus,
	    .cpu_mhz = got->cpu_mhz,
	    .mem_kb = got->mem_kb,
	    .max_tools = got->max_tools,
	    .cur_tools = got->cur_tools,
	    .cur_pending = got->cur_pending,
	    .max_pending = got->max_pending,
	    .load = (double)got->load,
	    .interface = got->interface < RPC5_VERSION ? got->interface : RPC5_VERSION,
	    .loaded = got->loaded != 0,
	    .in_flight = got->in_flight,
	    .area = text(got->area),
	    .software = text(got->software),
	    .started = got->started,
	    .runs = got->runs,
	    .failures = got->failures,
	    .refused = got->refused,
	    .connections = got->connections,
	};
	memcpy(whole.unique, got->unique, sizeof(whole.unique));
	sizes_give(&sizes_info, &whole, info);
	return (0);
}

static int
read_ping(struct runtool *c, struct srpc_reader *r, void *answer, struct rpc5_failure *failure,
    struct srpc_error *why)
{
	struct rpc5_ping *ping = answer;
	int rc;

	if (c->version == RPC5_VERSION)
		return (rpc5_get_ping(r, ping, failure, why));
	if ((rc = read_info(c, r, &c->info, failure, why)) == SRPC_OK) {
		*ping = (struct rpc5_ping){.load.in_flight = c->info.in_flight};
		memcpy(ping->unique, c->info.unique, sizeof(ping->unique));
	}
	return (rc);
}

static int
ask_ping(struct runtool *c, struct rpc5_ping *ping, struct runtool_error *err)
{
	static const struct question question = {RPC5_PING, read_ping, NULL};

	*ping = (struct rpc5_ping){0};
	return (ask(c, &question, ping, err));
}

int
runtool_ping(struct runtool *c, struct runtool_ping *ping, struct runtool_error *err)
{
	struct runtool_error why;
	struct runtool_ping whole;
	struct rpc5_ping got;

	if (sizes_check(&sizes_error, err, &why) == -1 ||
	    sizes_check(&sizes_ping, ping, &why) == -1 || ask_ping(c, &got, &why) == -1)
		return (sizes_fail(&why, err));
	whole =
	    (struct runtool_ping){.loaded = got.load.loaded != 0, .in_flight = got.load.in_flight};
	memcpy(whole.unique, got.unique, sizeof(whole.unique));
	sizes_give(&sizes_ping, &whole, ping);
	return (0);
}

static int
read_stop(struct runtool *c, struct srpc_reader *r, void *answer, struct rpc5_failure *failure,
    struct srpc_error *why)
{
	(void)c;
	return (rpc5_get_stop(r, answer, failure, why));
}

int
runtool_stop(struct runtool *c, int *in_flight, struct runtool_error *err)
{
	static const struct question question = {
	    RPC5_STOP, read_stop, "stop it on its host (kill, systemctl, its init script)"};
	struct rpc5_load left = {0};
	struct runtool_error why;

	if (sizes_check(&sizes_error, err, &why) == -1 || ask(c, &question, &left, &why) == -1)
		return (sizes_fail(&why, err));
	*in_flight = left.in_flight;
	return (0);
}

static int
read_stats(struct runtool *c, struct srpc_reader *r, void *answer, struct rpc5_failure *failure,
    struct srpc_error *why)
{
	(void)c;
	return (rpc5_get_stats(r, answer, failure, why));
}

/* A refused call does not show whether the version or only the call is unknown. */
static bool
speaks_version_5(struct runtool *c)
{
	struct runtool_error err;
	struct rpc5_ping ping;

	c->version = RPC5_VERSION;
	return (ask_ping(c, &ping, &err) == 0 && c->version == RPC5_VERSION);
}

static struct runtool_counts
counts(const struct rpc5_counts *got)
{
	return ((struct runtool_counts){.count = got->count,
	    .errors = got->errors,
	    .total_s = (double)got->total_us / 1e6,
	    .longest_s = (double)got->longest_us / 1e6});
}

static int
ask_stats(struct runtool *c, struct rpc5_stats *stats, struct runtool_error *err)
{
	static const struct question question = {RPC5_STATS, read_stats, FAILURE_UPDATE};
	bool new = c->version == RPC5_VERSION;

	*stats = (struct rpc5_stats){0};
	if (ask(c, &question, stats, err) == 0)
		return (0);
	if (new && err->code == RUNTOOL_VERSION_SKEW && speaks_version_5(c))
		error_set(err, RUNTOOL_VERSION_SKEW,
		    "the server is older than this client: its version %d of the interface has no "
		    "statistics yet (procedure %d): update it",
		    RPC5_VERSION, RPC5_STATS);
	return (-1);
}

int
runtool_stats(struct runtool *c, struct runtool_stats *stats, struct runtool_error *err)
{
	struct runtool_error why;
	struct runtool_stats whole;
	struct rpc5_stats got;

	if (sizes_check(&sizes_error, err, &why) == -1 ||
	    sizes_check(&sizes_stats, stats, &why) == -1 || ask_stats(c, &got, &why) == -1)
		return (sizes_fail(&why, err));
	whole = (struct runtool_stats){.run = counts(&got.calls[RPC5_CALL_RUN]),
	    .info = counts(&got.calls[RPC5_CALL_INFO]),
	    .ping = counts(&got.calls[RPC5_CALL_PING]),
	    .stop = counts(&got.calls[RPC5_CALL_STOP]),
	    .stats = counts(&got.calls[RPC5_CALL_STATS])};
	sizes_give(&sizes_stats, &whole, stats);
	return (0);
}
