/* runtool: runs a command through a RunToolServer as if it ran here. */
#include <bsd/string.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "fallback.h"
#include "output.h"
#include "remarks.h"
#include "remote.h"
#include "report.h"
#include "signals.h"
#include "status.h"
#include "terminal.h"

static void
run(struct cmdline *cmd, struct remote_result *o)
{
	remote_run(cmd, o);
	if (cmd->fallback && !cmd->request.check && fallback_is_due(o))
		fallback_run(cmd, o);
}

/* Before the run: a build shall not find out when its server is down. */
static void
check_fallback(const struct cmdline *cmd)
{
	const char *why;

	if (cmd->fallback && !fallback_can(cmd, &why))
		errx(EXIT_TROUBLE, "--fallback local: %s", why);
}

/* NULL: none is wanted. Opened before the run: if it cannot be, nothing is run. */
static FILE *
open_json(const struct cmdline *cmd)
{
	FILE *f;

	if (!cmd->json || cmd->json_file == NULL)
		return (cmd->json ? stderr : NULL);
	if ((f = fopen(cmd->json_file, "we")) == NULL)
		err(EXIT_TROUBLE, "--json=%s", cmd->json_file);
	return (f);
}

/* 0, or -1 with errno. */
static int
write_json(const struct cmdline *cmd, const struct remote_result *o, FILE *f)
{
	int rc = f == NULL ? 0 : report_json(cmd, o, f);

	if (f != NULL && f != stderr && fclose(f) == EOF)
		rc = -1;
	return (rc);
}

int
main(int argc, char *argv[])
{
	struct remote_result outcome = {
	    .result = {.size = sizeof(outcome.result)}, .error = {.size = sizeof(outcome.error)}};
	struct cmdline cmd;
	FILE *json;
	int status;

	output_prepare();
	setlinebuf(stderr); /* whole lines, even if a hundred runtools write at once */
	cmdline_parse(&cmd, argc, argv);
	if (remarks_open(cmd.verbose, cmd.log) == -1)
		err(EXIT_TROUBLE, "--log %s", cmd.log);
	check_fallback(&cmd);
	if (cmd.request.tty && !terminal_open())
		err(EXIT_TROUBLE, "--tty: stdin and stdout must be a terminal");
	json = open_json(&cmd);
	run(&cmd, &outcome);
	if (cmd.request.check) {
		status = check_report(&cmd, &outcome);
	} else {
		report_words(&cmd, &outcome);
		status = report_exit_status(&outcome);
	}
	if (write_json(&cmd, &outcome, json) == -1) {
		warn("--json");
		status = status == EXIT_SUCCESS ? EXIT_TROUBLE : status;
	}
	cmdline_free(&cmd);
	if (outcome.signal != 0)
		signals_die(outcome.signal);
	return (status);
}
