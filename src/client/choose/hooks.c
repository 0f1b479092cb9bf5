#include <stdio.h>
#include <stdlib.h>

#include "hooks.h"

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
