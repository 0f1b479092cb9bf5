#include "access.h"
#include "answer.h"
#include "info.h"
#include "rpc5.h"

/* Nobody is authenticated: it is for the server's own host, as signals are. */
static bool
answer_stop(struct buf *out, const struct question *q, struct queue_load load)
{
	struct srpc_error err;

	if (access_this_host(q->client)) {
		rpc5_put_stop(out, (int32_t)(load.running + load.waiting));
		return (true);
	}
	srpc_fail(&err, SRPC_INVALID_PARAMETER, "stop: only from the server's own host");
	rpc5_put_failure(out, &err);
	return (false);
}

bool
answer(struct buf *out, const struct question *q, struct srpc_reader *args,
    const struct settings *s, struct queue_load load)
{
	struct srpc_error err;

	if (q->version >= RPC5_VERSION && rpc5_get_options(args, &err) == -1)
		rpc5_put_failure(out, &err);
	else if (q->proc == RPC5_PING)
		info_ping(out, s, load);
	else if (q->proc == RPC5_STOP)
		return (answer_stop(out, q, load));
	else
		info_reply(out, s, q->proc, q->version, load);
	return (false);
}
