#include <errno.h>

#include "lib/rpc5.h"
#include "server/base/stats.h"
#include "server/fleet/multiply.h"
#include "server/runs/killer.h"
#include "server/runs/outcome.h"
#include "server/runs/queue.h"
#include "submit.h"

/* Version 5: its client is told when there is no worker for it yet. */
static void
announce_wait(const struct settings *s, struct queue *queue, struct request *r)
{
	struct queue_load load = queue_load(queue);

	if (r->version < RPC5_VERSION || load.running < (unsigned int)s->max_threads ||
	    load.waiting >= (unsigned int)s->max_pending)
		return;
	r->queued = true;
	srpc_put_code(&r->reply, RPC5_QUEUED);
	request_send(r);
}

static int
refuse(struct queue *queue, int error, struct srpc_error *err)
{
	if (error == ESHUTDOWN) {
		stats_count(STATS_FAILURES);
		return (outcome_say_end(err, END_SHUTDOWN, false));
	}
	/* Places in the queue ran out, or memory, or what the killer watches the client with. */
	stats_count(STATS_REFUSED);
	multiply_wish();
	outcome_say_busy(err, queue_load(queue).waiting);
	return (-1);
}

int
submit_request(const struct settings *s, struct queue *queue, struct killer *killer,
    struct request *r, struct srpc_error *err)
{
	announce_wait(s, queue, r);
	if (killer_enqueue(killer, r) == -1)
		return (refuse(queue, errno, err));
	if (queue_load(queue).told.loaded)
		multiply_wish();
	return (0);
}
