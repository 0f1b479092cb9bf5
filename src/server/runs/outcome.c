#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <bsd/string.h>

#include "lib/log.h"
#include "lib/rpc5.h"
#include "outcome.h"

#define SHOWN	     512 /* bytes of what a client sent, in the log */
#define RETRY_MS     100 /* for each request too many, before a client asks again */
#define MAX_RETRY_MS 5000

static bool
is_shut_down(const struct outcome *o)
{
	return (o->end == END_SHUTDOWN || o->cut == END_SHUTDOWN);
}

static enum rpc5_why
why_of(const struct outcome *o)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGKILL};
	uint64_t signals = 0;
	size_t i;

	if (is_shut_down(o))
		return (RPC5_SHUTDOWN);
	if (o->end == END_TIME_LIMIT)
		return (RPC5_TIME_LIMIT);
	for (i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		signals |= UINT64_C(1) << (ending[i] - 1);
	if (WIFSIGNALED(o->wait_status))
		signals |= UINT64_C(1) << (WTERMSIG(o->wait_status) - 1);
	return ((o->signals & signals) != 0 ? RPC5_CLIENT_SIGNAL : RPC5_ENDED);
}

static const char *
end_words(const struct outcome *o)
{
	switch (o->end) {
	case END_CLIENT_GONE:
		return (" ended: its client is gone");
	case END_SHUTDOWN:
		return (" ended: the server ends");
	case END_TIME_LIMIT:
		return (" ended: its time was up");
	case END_NOT:
		break;
	}
	switch (o->cut) {
	case END_CLIENT_GONE:
		return (" output cut: its client is gone");
	case END_SHUTDOWN:
		return (" output cut: the server ends");
	default:
		return ("");
	}
}

void
outcome_log(
    const struct request *r, const struct outcome *o, const struct srpc_error *err, int64_t us)
{
	char run[REQUEST_WORDS], args[SHOWN] = "", words[SHOWN], joined[SHOWN] = "",
				 result[2 * SHOWN];
	const char *const *arg;

	for (arg = (const char *const *)r->run.argv + 1; *arg != NULL; arg++) {
		if (arg != (const char *const *)r->run.argv + 1)
			strlcat(joined, " ", sizeof(joined));
		if (strlcat(joined, *arg, sizeof(joined)) >= sizeof(joined))
			break;
	}
	if (o == NULL)
		snprintf(result, sizeof(result), "failure=%d why=%s", err->code,
		    log_quote(words, sizeof(words), err->message));
	else if (WIFSIGNALED(o->wait_status))
		snprintf(result, sizeof(result), "signal=%d core=%d", WTERMSIG(o->wait_status),
		    WCOREDUMP(o->wait_status) != 0);
	else
		snprintf(result, sizeof(result), "status=%d", WEXITSTATUS(o->wait_status));
	log_info("%s %s %s secs=%.2f args=%s%s", r->run.check != 0 ? "check" : "run",
	    request_words(r, run), result, (double)us / 1e6, log_quote(args, sizeof(args), joined),
	    o == NULL ? "" : end_words(o));
}

int
outcome_say_end(struct srpc_error *err, enum request_end why, bool begun)
{
	switch (why) {
	case END_CLIENT_GONE:
		return (srpc_fail(err, SRPC_PARTNER_WENT_AWAY, "its client is gone"));
	case END_TIME_LIMIT:
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE,
		    "the time limit was over before there was a result"));
	default:
		break;
	}
	if (!begun)
		return (
		    srpc_fail(err, SRPC_CLIENT_ERROR, "request denied: server is shutting down"));
	return (srpc_fail(err, SRPC_INTERNAL_TROUBLE,
	    "RunToolServer: the server was shut down while the tool ran"));
}

void
outcome_say_busy(struct srpc_error *err, unsigned int waiting)
{
	unsigned int ms =
	    waiting < MAX_RETRY_MS / RETRY_MS ? RETRY_MS * (waiting + 1) : MAX_RETRY_MS;

	srpc_fail(err, SRPC_CLIENT_ERROR, "request denied: server too busy");
	err->retry_ms = (int)ms;
}

/* Up to version 4. */
static void
put_old_result(struct request *r, const struct outcome *o, const struct rpc_run_result *result,
    struct rpc5_load load)
{
	struct srpc_error err;

	if (is_shut_down(o)) {
		outcome_say_end(&err, END_SHUTDOWN, true);
		request_fail(r, &err, load);
	} else {
		rpc_put_run_result(&r->reply, r->version, result);
	}
}

static void
put_result(struct request *r, const struct outcome *o, const struct rpc_run_result *ended,
    struct rpc5_load load)
{
	const struct rpc5_result result = {
	    .status = ended->status,
	    .signal = ended->signal,
	    .core = ended->core,
	    .why = why_of(o),
	    .user_us = o->user_us,
	    .system_us = o->system_us,
	    .max_rss_kb = o->max_rss_kb,
	    .wall_us = o->ended - o->started - o->paused_us,
	    .queue_us = o->started - r->start,
	    .stdin_read = {.given = o->stdin_read >= 0, .n = o->stdin_read},
	    .linger_us = {.given = o->linger_us > 0, .n = o->linger_us},
	    .load = load,
	};

	rpc5_put_result(&r->reply, &result);
}

void
outcome_reply(struct request *r, const struct outcome *o, struct rpc5_load load)
{
	struct rpc_run_result ended = {0};

	if (WIFSIGNALED(o->wait_status)) {
		ended.signal = WTERMSIG(o->wait_status);
		ended.core = WCOREDUMP(o->wait_status) != 0;
	} else {
		ended.status = WEXITSTATUS(o->wait_status);
	}
	if (r->version >= RPC5_VERSION)
		put_result(r, o, &ended, load);
	else
		put_old_result(r, o, &ended, load);
}
