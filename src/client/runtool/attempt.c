#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "lib/error.h"
#include "output.h"
#include "remarks.h"
#include "signals.h"

#define CONNECT_TIMEOUT_MS 30000

/* Explains a call that we ended ourselves: the output could not be written, or a signal came. */
static void
explain(const struct cmdline *cmd, const struct output *output, struct attempt_result *o)
{
	bool hung_up = output->error == EINTR || signals_cancelled();

	if (output->error != 0 && output->error != EINTR) {
		o->local = true;
		error_set(&o->error, RUNTOOL_CANCELLED, "%s: %s",
		    output->stream == STDOUT_FILENO ? "stdout" : "stderr", strerror(output->error));
	} else if (signals_ending() != 0 &&
		   (hung_up || o->error.refused || o->error.code == RUNTOOL_CANCELLED)) {
		o->signal = signals_ending();
		o->local = true;
		error_set(&o->error, RUNTOOL_CANCELLED, "%s: %s signal %d (%s)",
		    cmd->request.argv[0],
		    hung_up ? "hung up, since it did not end at" : "not run at", o->signal,
		    strsignal(o->signal));
	}
}

bool
attempt(struct cmdline *cmd, struct attempt_result *o)
{
	char name[ENDPOINT_NAME_SIZE];
	struct output output = {0};
	struct runtool *c;

	o->ran = o->local = false;
	if (cmd->verbose)
		warnx("%s: asking %s", cmd->request.argv[0], endpoint_name(&cmd->server, name));
	c = runtool_connect(cmd->server.host, cmd->server.port, CONNECT_TIMEOUT_MS, &o->error);
	if (c == NULL)
		return (false);
	cmd->request.merge_stderr =
	    (cmd->request.closed & RUNTOOL_CLOSED_STDERR) == 0 && output_is_one();
	cmd->request.output = output_write;
	cmd->request.arg = &output;
	remarks_waited();
	signals_forward(c);
	o->ran = runtool_run(c, &cmd->request, &o->result, &o->error) == 0;
	signals_stop_forwarding();
	runtool_close(c);
	if (!o->ran)
		explain(cmd, &output, o);
	else if (o->result.why == RUNTOOL_CLIENT_SIGNAL && signals_came(o->result.signal))
		o->signal = o->result.signal;
	return (o->ran || !o->error.refused);
}
