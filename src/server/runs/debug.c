#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "debug.h"
#include "lib/log.h"
#include "server/front/loop.h"

#define MAX_LINE 4096

static int out = -1;			/* where the lines go */
static struct watch lines = {.fd = -1}; /* where they come out, when detached */

static void
lines_ready(struct watch *w, uint32_t events)
{
	char text[MAX_LINE], *line, *rest, shown[MAX_LINE];
	ssize_t n;

	(void)events;
	if ((n = read(w->fd, text, sizeof(text) - 1)) <= 0)
		return;
	text[n] = '\0';
	line = strtok_r(text, "\n", &rest);
	for (; line != NULL; line = strtok_r(NULL, "\n", &rest))
		log_info("debug: %s", log_quote(shown, sizeof(shown), line));
}

int
debug_open(bool detached)
{
	int fds[2];

	if (!detached) {
		out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else if (pipe2(fds, O_CLOEXEC) == 0) {
		lines = (struct watch){.ready = lines_ready, .fd = fds[0]};
		out = fds[1];
	}
	return (out);
}

int
debug_watch(void)
{
	return (lines.fd == -1 ? 0 : loop_watch(&lines, EPOLLIN));
}

void
debug_say(const char *fmt, ...)
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
debug_close(void)
{
	if (out != -1)
		close(out);
	if (lines.fd != -1)
		close(lines.fd);
	out = lines.fd = -1;
}
