#include "attempt.h"
#include "lib/deadline.h"
#include "run4.h"
#include "run5.h"

/* 0, or -1 with *err and *retry_ms. */
static int
run_once(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    int *retry_ms, struct runtool_error *err)
{
	int rc = -1;

	c->asked = DEADLINE_NONE;
	c->unanswered = false;
	if (c->version == RPC5_VERSION)
		rc = run5(c, request, result, retry_ms, err);
	/* run5() may just have found out that the server is older. */
	if (c->version != RPC5_VERSION) {
		c->asked = DEADLINE_NONE;
		rc = run4(c, request, result, retry_ms, err);
	}
	if (rc == 0)
		return (0);
	err->retry_ms = *retry_ms;
	err->lost = c->asked != DEADLINE_NONE &&
		    (err->code == RUNTOOL_TRANSPORT || err->code == RUNTOOL_TIMEOUT);
	err->unanswered = err->lost && c->unanswered;
	return (-1);
}

int
attempt(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	int64_t until = deadline_in(request->busy_timeout_ms), first, next;
	int retry_ms = 0, refusals = 0, rc;

	rc = run_once(c, request, result, &retry_ms, err);
	first = c->asked;
	while (rc == -1 && retry_ms > 0 && request->busy_timeout_ms >= 0 && !deadline_over(until)) {
		refusals++;
		next = deadline_sooner(until, deadline_in(deadline_about(retry_ms)));
		if (control_wait(&c->control, next, err) == -1)
			return (-1);
		rc = run_once(c, request, result, &retry_ms, err);
	}
	if (rc == -1)
		return (-1);
	result->refusals = refusals;
	if (result->interface == RPC5_VERSION)
		result->queue_s += (double)(c->asked - first) / 1e3;
	return (0);
}
