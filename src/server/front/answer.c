#include "lib/rpc5.h"
#include "server/base/access.h"
#include "server/base/clock.h"
#include "server/base/stats.h"
#include "server/runs/queue.h"
#include "answer.h"
#include "info.h"

static enum rpc5_call
call_of(const struct question *q)
{
	switch (q->proc) {
	case RPC5_PING:
		return (RPC5_CALL_PING);
	case RPC5_STOP:
		return (RPC5_CALL_STOP);
	case RPC5_STATS:
		return (RPC5_CALL_STATS);
	default: /* RPC_INFO_OLD as well */
		return (RPC5_CALL_INFO);
	}
}

/* Clients are not authenticated, so only this host may stop the server, as with signals. */
static int
check(const struct question *q, struct srpc_reader *args, struct srpc_error *err)
{
	if (q->version >= RPC5_VERSION && rpc5_get_options(args, err) == -1)
		return (-1);
	if (q->proc == RPC5_STOP && !access_is_this_host(q->client))
		return (srpc_fail(
		    err, SRPC_INVALID_PARAMETER, "stop: only from the server's own host"));
	return (0);
}

bool
answer(struct buf *out, const struct settings *s, struct queue *queue, const struct question *q,
    struct srpc_reader *args)
{
	enum rpc5_call call = call_of(q);
	struct queue_load load = queue_load(queue);
	int64_t began = clock_us();
	struct rpc5_stats stats;
	struct srpc_error err;
	bool wrong;

	if ((wrong = check(q, args, &err) == -1)) {
		rpc5_put_failure(out, &err, load.told);
	} else if (call == RPC5_CALL_PING) {
		info_ping(out, load.told);
	} else if (call == RPC5_CALL_STOP) {
		rpc5_put_stop(out, load.told);
	} else if (call == RPC5_CALL_STATS) {
		stats_calls(&stats);
		stats.load = load.told;
		rpc5_put_stats(out, &stats);
	} else {
		info_reply(out, s, load, q->proc, q->version);
	}
	stats_call(call, wrong, began);
	return (call == RPC5_CALL_STOP && !wrong);
}
