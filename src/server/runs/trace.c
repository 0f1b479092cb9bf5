#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "server/base/fd.h"
#include "trace.h"

#define MAX_LINE 4096

/* One for the process: its standard output and its log. */
static int out = -1;	/* where the lines go */
static int source = -1; /* where they come out, when detached */

int
trace_open(bool detached)
{
	int fds[2];

	if (!detached) {
		out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else if (pipe2(fds, O_CLOEXEC) == 0) {
		source = fds[0];
		out = fds[1];
	}
	return (out == -1 ? -1 : 0);
}

int
trace_fd(void)
{
	return (out);
}

int
trace_source(void)
{
	return (source);
}

void
trace_take(void)
{
	char text[MAX_LINE], *line, *rest, shown[MAX_LINE];
	ssize_t n;

	if ((n = read(source, text, sizeof(text) - 1)) <= 0)
		return;
	text[n] = '\0';
	line = strtok_r(text, "\n", &rest);
	for (; line != NULL; line = strtok_r(NULL, "\n", &rest))
		log_info("debug: %s", log_quote(shown, sizeof(shown), line));
}

void
trace_say(const char *fmt, ...)
{
	char line[MAX_LINE];
	va_list ap;

	if (out == -1)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	dprintf(out, "%s\n", line);
}

void
trace_close(void)
{
	fd_close(&out);
	fd_close(&source);
}
