#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "choose.h"
#include "several.h"
#include "signals.h"

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* Whether the server, and not the command, is why there is no result. */
static bool
is_lost(const struct outcome *o)
{
	return (o->ran ? o->result.why == RUNTOOL_SERVER_SHUTDOWN : o->error.lost);
}

/* Whether its input can be had once more, which began there. */
static bool
rewind_input(const struct cmdline *cmd, const struct outcome *o, off_t start)
{
	if (!(o->ran ? o->result.input_read : o->error.input_read) ||
	    lseek(cmd->request.stdin_fd, start, SEEK_SET) != -1)
		return (true);
	warnx("%s: is not run again: what it has read of its input came from a pipe",
	    cmd->request.argv[0]);
	return (false);
}

static bool
repeats(const struct cmdline *cmd, struct outcome *o, off_t input)
{
	if (!is_lost(o) || o->lost == cmd->retries || signals_ending() != 0 ||
	    !rewind_input(cmd, o, input))
		return (false);
	report_words(cmd, o);
	o->lost++;
	warnx("%s: is run again, time %d of %d", cmd->request.argv[0], o->lost, cmd->retries);
	if (o->ran)
		o->error = (struct runtool_error){.lost = true};
	return (true);
}

static void
run_on(struct choose *choose, struct cmdline *cmd, struct outcome *o)
{
	off_t input = lseek(cmd->request.stdin_fd, 0, SEEK_CUR);
	double first = now_s(), last;
	int refusals = 0;

	cmd->request.busy_timeout_ms = -1;
	while (choose_next(choose, &cmd->server, &cmd->request.queue_timeout_ms, &o->error) == 0) {
		last = now_s();
		if (!attempt(cmd, o)) {
			refusals++;
			if (cmd->verbose)
				options_complain(&cmd->server, &o->error);
		} else if (!repeats(cmd, o, input)) {
			o->result.refusals += refusals;
			if (o->result.interface >= REPORT_USAGE_INTERFACE)
				o->result.queue_s += last - first;
			return;
		}
		choose_failed(choose, &o->error);
	}
	cmd->server = (struct options_server){0};
	o->ran = false;
	o->local = true;
}

/* The platform and how to ask for it. 0, or -1 with the reason in `why`. */
static int
read_platform(const struct cmdline *cmd, struct platform *platform,
    struct options_defaults *defaults, char *why, size_t size)
{
	static struct config *config; /* the platform leads into it */
	char path[PATH_MAX];

	if (options_open(cmd->config, &config, path, why, size) == -1)
		return (-1);
	if (config != NULL && options_read(config, defaults, why, size) == 0)
		return (platform_read(platform, config, path, cmd->platform, defaults, why, size));
	if (config == NULL)
		snprintf(why, size,
		    "no vesta.cfg, and thus no platform %s: name one with -c, or a server with -s",
		    cmd->platform);
	return (-1);
}

void
several_run(struct cmdline *cmd, struct outcome *o)
{
	/* Not freed: threads that ask silent servers use it until the program ends. */
	static struct platform platform;
	static struct choose *choose;
	struct options_defaults defaults;
	char name[HOST_NAME_MAX + 1], why[1000];

	if (read_platform(cmd, &platform, &defaults, why, sizeof(why)) == -1) {
		attempt_fail(o, RUNTOOL_INVALID, "%s", why);
	} else if (gethostname(name, sizeof(name)) == -1) {
		attempt_fail(o, RUNTOOL_INTERNAL, "name of this host: %s", strerror(errno));
	} else {
		platform_rotate(&platform, name);
		choose = choose_new(&platform, defaults.info_timeout_ms, cmd->verbose);
		if (choose == NULL)
			err(EXIT_TROUBLE, "platform");
		run_on(choose, cmd, o);
	}
}
