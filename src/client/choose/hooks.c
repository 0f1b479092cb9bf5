#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hooks.h"

void
hooks_remark(const struct hooks *hooks, const char *fmt, ...)
{
	va_list ap;
	char *line;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (len == -1)
		return;
	hooks->remark(hooks->arg, line);
	free(line);
}
