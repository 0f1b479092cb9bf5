#include <bsd/string.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "client/choose/choose.h"
#include "client/choose/defaults.h"
#include "client/choose/patience.h"
#include "lib/error.h"
#include "remarks.h"
#include "report.h"
#include "several.h"
#include "signals.h"

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* Whether there is no result because of the server, not of the command. */
static bool
is_lost(const struct attempt_result *o)
{
	return (o->ran ? o->result.why == RUNTOOL_SERVER_SHUTDOWN : o->error.lost);
}

/* Whether its input, which began at `start`, can be read again. */
static bool
rewind_input(const struct cmdline *cmd, const struct attempt_result *o, off_t start)
{
	if (!(o->ran ? o->result.input_read : o->error.input_read) ||
	    lseek(cmd->request.stdin_fd, start, SEEK_SET) != -1)
		return (true);
	remarks_say("%s: is not run again: what it has read of its input came from a pipe",
	    cmd->request.argv[0]);
	return (false);
}

static bool
repeats(const struct cmdline *cmd, struct attempt_result *o, off_t input)
{
	if (!is_lost(o) || o->lost == cmd->retries || signals_ending() != 0 ||
	    !rewind_input(cmd, o, input))
		return (false);
	report_words(cmd, o, true);
	o->lost++;
	remarks_say("%s: is run again, time %d of %d", cmd->request.argv[0], o->lost, cmd->retries);
	if (o->ran)
		o->error = (struct runtool_error){.size = sizeof(o->error), .lost = true};
	return (true);
}

/* Not longer than that will it wait for its turn there. 0, or -1 with the error. */
static int
next_server(struct choose *choose, struct cmdline *cmd, struct attempt_result *o)
{
	return (choose_next(choose, &cmd->server, &cmd->request.queue_timeout_ms, &o->error));
}

/* Waits a moment for this server. False if it has been long enough. */
static bool
await_server(struct patience *patience, const struct cmdline *cmd, const struct attempt_result *o)
{
	char name[ENDPOINT_NAME_SIZE];

	if (patience->ms == 0)
		return (false);
	if (!patience->waiting)
		report_refusal(cmd, &o->error);
	if (!patience_wait(patience))
		return (false);
	remarks_waiting(patience_seconds(patience), "waiting for the server %s",
	    endpoint_name(&cmd->server, name));
	return (true);
}

/*
 * Whether the request met a server that was just going, it seems: that is no run to be counted. But
 * who does not want a run repeated must not have it begin twice, either.
 */
static bool
may_not_have_begun(const struct cmdline *cmd, const struct attempt_result *o)
{
	return (!o->ran && o->error.unanswered && cmd->retries > 0 && signals_ending() == 0);
}

/*
 * Has it run by one server after the other, or again and again by the one that is named (`choose`
 * is NULL).
 */
static void
run_on(struct choose *choose, struct cmdline *cmd, struct attempt_result *o)
{
	off_t input = lseek(cmd->request.stdin_fd, 0, SEEK_CUR);
	struct patience patience = {.ms = cmd->wait_ms};
	double first = now_s(), last;
	int refusals = 0;

	while (choose == NULL || next_server(choose, cmd, o) == 0) {
		last = now_s();
		if (!attempt(cmd, o)) {
			refusals += choose != NULL;
			if (choose == NULL && !await_server(&patience, cmd, o))
				return;
			if (choose != NULL && cmd->verbose)
				report_refusal(cmd, &o->error);
		} else if (may_not_have_begun(cmd, o) && await_server(&patience, cmd, o)) {
			refusals += choose != NULL;
		} else if (!repeats(cmd, o, input)) {
			o->result.refusals += refusals;
			if (o->result.interface >= REPORT_USAGE_INTERFACE)
				o->result.queue_s += last - first;
			return;
		} else {
			patience_end(&patience);
		}
		if (choose != NULL)
			choose_failed(choose, &o->error);
	}
	cmd->server = (struct endpoint){0};
	o->ran = false;
	o->local = true;
}

/* Whom to ask, and how. The later members point into the earlier ones. */
struct several {
	struct config *config;
	struct defaults defaults;
	struct platform platform;
	struct area area;
	struct choose *choose;
};

/* Reads the configuration. 0, or -1 with the reason in `why`. */
static int
read_config(struct several *s, struct cmdline *cmd, char *why, size_t size)
{
	struct defaults_file file;

	if (defaults_open(cmd->config, &s->config, &file, why, size) == -1)
		return (-1);
	if (s->config == NULL) {
		snprintf(why, size,
		    "no vesta.cfg, and thus no %s %s: name one with -c, or a server with -s",
		    cmd->platform != NULL ? "platform" : "area",
		    cmd->platform != NULL ? cmd->platform : cmd->area);
		return (-1);
	}
	cmd->found = file.in_cwd;
	if (cmd->verbose)
		report_found(cmd);
	s->platform.area = cmd->area;
	if (defaults_read(&s->defaults, s->config, why, size) == -1 ||
	    (cmd->platform != NULL && platform_read(&s->platform, s->config, file.path,
					  cmd->platform, &s->defaults, why, size) == -1))
		return (-1);
	if (s->platform.area == NULL)
		return (0);
	return (
	    area_open(&s->area, s->platform.area, s->config, file.path, file.in_cwd, why, size));
}

static void
open_choose(struct several *s, const struct cmdline *cmd)
{
	struct hooks hooks = {
	    .connect = runtool_connect, .info = runtool_info, .close = runtool_close};

	remarks_hook(&hooks);
	s->choose = choose_new(&s->platform, s->platform.area == NULL ? NULL : &s->area,
	    s->defaults.info_timeout_ms, cmd->verbose, &hooks);
	if (s->choose == NULL)
		err(EXIT_TROUBLE, "platform");
	choose_remember(s->choose);
	choose_wait(s->choose, cmd->wait_ms);
}

void
several_run(struct cmdline *cmd, struct attempt_result *o)
{
	/* Not freed: threads that ask silent servers use it until the program ends. */
	static struct several several;
	char name[HOST_NAME_MAX + 1], why[1000];

	o->local = true;
	if (read_config(&several, cmd, why, sizeof(why)) == -1) {
		error_set(&o->error, RUNTOOL_INVALID, "%s", why);
	} else if (gethostname(name, sizeof(name)) == -1) {
		error_set(&o->error, RUNTOOL_INTERNAL, "name of this host: %s", strerror(errno));
	} else {
		platform_rotate(&several.platform, name);
		open_choose(&several, cmd);
		cmd->request.busy_timeout_ms = -1;
		run_on(several.choose, cmd, o);
	}
}

void
several_run_on_one(struct cmdline *cmd, struct attempt_result *o)
{
	run_on(NULL, cmd, o);
}
