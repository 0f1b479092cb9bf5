#include <errno.h>
#include <signal.h>
#include <string.h>

#include "failure.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "relay.h"
#include "run4.h"
#include "run_request.h"

#define RELAY_WAIT_MS 10000 /* after the results, for a relay that has not come yet */
#define FIRST_RETRY   100   /* ms; doubled each time there is no room */
#define MAX_RETRY     2000

enum { OUT, ERR }; /* for the caller they are 1 and 2 */

struct run4 {
	struct runtool *c;
	const struct runtool_request *request;
	struct relay relays[CALL_STREAMS];
	struct rpc_run_result result;
	bool answered;
	int64_t relay_deadline; /* for relays that have not come, once the results have */
	int64_t time_limit;
	enum runtool_why why; /* if we end the tool: then there are no results */
	int signal;
};

const char *
run4_lacks(const struct runtool_request *request, const char **remedy)
{
	if (request->root_name != NULL) {
		*remedy = "give the root's index (its handle in tool_launcher.conf)";
		return ("no named roots");
	}
	if (request->check) {
		*remedy = "just run it";
		return ("no check");
	}
	if (request->tty) {
		*remedy = "do without";
		return ("no terminals");
	}
	if (request->stream_stdin && !request->best_effort) {
		*remedy = "let the tool read a file on the server's host";
		return ("no streamed input");
	}
	if (request->merge_stderr && !request->best_effort) {
		*remedy = "take them separately";
		return ("no merging of stderr into stdout");
	}
	return (NULL);
}

/* Refuses what version 4 cannot do. */
static int
check_abilities(const struct runtool_request *request, struct runtool_error *err)
{
	const char *remedy, *what = run4_lacks(request, &remedy);

	if (what == NULL)
		return (0);
	return (error_set(err, RUNTOOL_INVALID,
	    "the server speaks version %d of the interface at most, which has %s: %s, or, for "
	    "version %d, " FAILURE_UPDATE,
	    RPC_VERSION, what, remedy, RPC5_VERSION));
}

/* Connects, by IPv4 if there is to be output. */
static int
begin(struct run4 *run, struct runtool_error *err)
{
	struct runtool_error why;

	if (call_begin(run->c, err) == -1)
		return (-1);
	if (run->request->output == NULL || run->c->ipv4 || call_change_to_ipv4(run->c, &why) == 0)
		return (0);
	if (why.code == RUNTOOL_CANCELLED) {
		*err = why;
		return (-1);
	}
	return (error_set(err, RUNTOOL_INVALID,
	    "the server speaks version %d of the interface at most, which sends no output "
	    "over IPv6 (and by IPv4: %s): name an IPv4 address of it, or, for version "
	    "%d, " FAILURE_UPDATE,
	    RPC_VERSION, why.message, RPC5_VERSION));
}

static int
open_relays(struct run4 *run, struct rpc_run *call, struct runtool_error *err)
{
	int i;

	if (run->request->output == NULL)
		return (0);
	for (i = 0; i < CALL_STREAMS; i++)
		if (relay_open(&run->relays[i], run->c, &run->c->listeners[i], err) == -1)
			return (-1);
	call->out = run->c->listeners[OUT].at;
	call->err = run->c->listeners[ERR].at;
	return (0);
}

static int
send_request(struct run4 *run, struct runtool_error *err)
{
	struct runtool *c = run->c;
	struct rpc_run call;
	int rc;

	if ((rc = run_request_arguments(run->request, &call)) == -1)
		error_set(err, RUNTOOL_INTERNAL, "out of memory");
	else if ((rc = open_relays(run, &call, err)) == 0)
		rpc_put_run(&c->out, RPC_VERSION, &call);
	rpc_run_free(&call);
	if (rc == -1)
		return (-1);
	if (c->out.failed)
		return (error_set(err, RUNTOOL_INTERNAL, "the request does not fit into memory"));
	c->asked = deadline_now();
	run->time_limit = deadline_in(run->request->time_limit_ms);
	call_send(c);
	return (0);
}

static int
read_result(struct run4 *run, struct runtool_error *err)
{
	struct srpc_reader r;
	struct srpc_error why;
	int rc;

	if (call_go_on(run->c, err) == -1)
		return (-1);
	if ((rc = call_open_reply(run->c, &r, &why)) == SRPC_OK &&
	    (rc = rpc_get_run_result(&r, RPC_VERSION, &run->result, &why)) == SRPC_OK) {
		call_close_reply(run->c, &r);
		run->answered = true;
		run->relay_deadline = deadline_in(RELAY_WAIT_MS);
	}
	return (rc == -1 ? call_fail(run->c, &why, err) : 0);
}

static bool
is_missing(const struct relay *relay)
{
	return (relay->fd != -1 && !relay->connected);
}

/* The results have come, and this relay has not; NULL: none is missing. */
static const struct relay *
missing(const struct run4 *run)
{
	int i;

	for (i = 0; run->answered && i < CALL_STREAMS; i++)
		if (is_missing(&run->relays[i]))
			return (&run->relays[i]);
	return (NULL);
}

static int
read_relay(struct run4 *run, int i, struct runtool_error *err)
{
	struct relay *relay = &run->relays[i];

	if (relay->connected)
		return (relay_read(relay, run->c, run->request, i + 1, err));
	return (relay_accept(relay, run->c, err));
}

enum { ANSWER = CALL_STREAMS, CONTROL, DESCRIPTORS }; /* behind the relays' */

/* Takes what comes next: a part of the answer, or of the output. */
static int
step(struct run4 *run, struct runtool_error *err)
{
	struct pollfd fds[DESCRIPTORS];
	int64_t deadline = run->time_limit;
	int i;

	for (i = 0; i < CALL_STREAMS; i++)
		fds[i] = (struct pollfd){.fd = run->relays[i].fd, .events = POLLIN};
	fds[ANSWER] = call_awaits(run->c);
	if (run->answered)
		fds[ANSWER].fd = -1;
	fds[CONTROL] = (struct pollfd){.fd = run->c->control.fd, .events = POLLIN};
	if (missing(run) != NULL)
		deadline = deadline_sooner(deadline, run->relay_deadline);
	if (deadline_poll(fds, DESCRIPTORS, deadline) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
	for (i = 0; i < CALL_STREAMS; i++)
		if (fds[i].revents != 0 && read_relay(run, i, err) == -1)
			return (-1);
	if (fds[ANSWER].revents != 0 && read_result(run, err) == -1)
		return (-1);
	/* The server connects before it starts the tool: it will not do so any more. */
	if (missing(run) != NULL && deadline_over(run->relay_deadline))
		return (relay_fail_missing(missing(run), err));
	return (0);
}

/* Whether the tool must end, which we can only cause by hanging up. */
static bool
has_to_end(struct run4 *run)
{
	if (control_ends(&run->c->control)) {
		run->why = RUNTOOL_CLIENT_SIGNAL;
		run->signal = run->c->control.ending;
	} else if (deadline_over(run->time_limit)) {
		run->why = RUNTOOL_TIME_LIMIT;
		run->signal = SIGKILL;
	}
	return (run->why != RUNTOOL_ENDED);
}

static int
end_tool(struct run4 *run, struct runtool_error *err)
{
	struct control *control = &run->c->control;

	call_hang_up(run->c);
	return (control_cancelled(control) ? control_words(control, err) : 0);
}

static int
run_to_end(struct run4 *run, struct runtool_error *err)
{
	if (check_abilities(run->request, err) == -1 || begin(run, err) == -1 ||
	    send_request(run, err) == -1)
		return (-1);
	while (!run->answered || run->relays[OUT].fd != -1 || run->relays[ERR].fd != -1) {
		if (has_to_end(run))
			return (end_tool(run, err));
		if (step(run, err) == -1)
			return (-1);
	}
	if (relay_check(&run->relays[OUT], err) == -1)
		return (-1);
	return (relay_check(&run->relays[ERR], err));
}

static bool
is_busy(const struct runtool_error *err)
{
	return (err->code == RUNTOOL_CLIENT && strstr(err->message, "server too busy") != NULL);
}

static int
next_retry(int ms)
{
	if (ms == 0)
		return (FIRST_RETRY);
	return (ms < MAX_RETRY / 2 ? 2 * ms : MAX_RETRY);
}

int
run4(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    int *retry_ms, struct runtool_error *err)
{
	struct run4 run = {.c = c, .request = request};
	int rc;

	run.relays[OUT] = (struct relay){.name = "stdout", .fd = -1};
	run.relays[ERR] = (struct relay){.name = "stderr", .fd = -1};
	rc = run_to_end(&run, err);
	relay_close(&run.relays[OUT]);
	relay_close(&run.relays[ERR]);
	if (rc == -1) {
		call_hang_up(c);
		*retry_ms = is_busy(err) ? next_retry(*retry_ms) : 0;
		return (-1);
	}
	*result = (struct runtool_result){
	    .status = run.result.status,
	    .signal = run.why == RUNTOOL_ENDED ? run.result.signal : run.signal,
	    .core = run.result.core,
	    .why = run.why,
	    .interface = RPC_VERSION,
	    .wall_s = (double)(deadline_now() - c->asked) / 1e3,
	    .in_flight = -1,
	};
	return (0);
}
