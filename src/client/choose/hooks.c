#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "hooks.h"
#include "lib/deadline.h"

void
hooks_vremark(const struct hooks *hooks, const char *fmt, va_list ap)
{
	char *line;

	if (vasprintf(&line, fmt, ap) == -1)
		return;
	hooks->remark(hooks->arg, line);
	free(line);
}

void
hooks_remark(const struct hooks *hooks, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hooks_vremark(hooks, fmt, ap);
	va_end(ap);
}

bool
hooks_wait(const struct hooks *hooks, int fd, int ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	if (hooks->wait != NULL)
		return (hooks->wait(hooks->arg, fd, ms));
	(void)deadline_poll(&pfd, 1, ms < 0 ? DEADLINE_NONE : deadline_now() + ms);
	return (true);
}

bool
hooks_over(const struct hooks *hooks)
{
	return (!hooks_wait(hooks, -1, 0));
}
