#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "remarks.h"

static void
remark(void *arg, const char *line)
{
	(void)arg;
	warnx("%s", line);
}

static void
show_wait(void *arg, const char *area, int64_t seconds)
{
	struct remarks *remarks = arg;

	if (seconds == remarks->shown || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s: area %s: waiting for its first server: %lld s",
	    program_invocation_short_name, area, (long long)seconds);
	fflush(stderr);
	remarks->shown = seconds;
}

static void
hide_wait(void *arg)
{
	struct remarks *remarks = arg;

	if (remarks->shown == 0)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	remarks->shown = 0;
}

static void
show_output(void *arg, const void *data, size_t len)
{
	hide_wait(arg);
	fwrite(data, 1, len, stderr);
	fflush(stderr);
}

void
remarks_hook(struct remarks *remarks, struct hooks *hooks)
{
	hooks->remark = remark;
	hooks->waiting = show_wait;
	hooks->waited = hide_wait;
	hooks->output = show_output;
	hooks->arg = remarks;
}
