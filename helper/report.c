/*
 * report.c: what the launcher and the supervisor have to say, and the way out of a failed launch.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper.h"

static int err_fd = STDERR_FILENO; /* until -err is known */
static int life_fd = -1;
static volatile int failed; /* written by a vfork child, read by its parent */

pid_t report_supervisor;

void
report_to(int err, int life)
{
	err_fd = err;
	life_fd = life;
}

void
report(enum launcher_kind kind, int value)
{
	struct launcher_message m = {
	    .kind = (int32_t)kind, .value = value, .supervisor = report_supervisor};

	/* A server that is gone shows as the end of file. */
	if (life_fd != -1)
		(void)!send(life_fd, &m, sizeof(m), MSG_NOSIGNAL);
}

int
fail_status(void)
{
	return (failed);
}

void
fail(enum launcher_status status, int error, const char *fmt, ...)
{
	char words[LAUNCHER_MAX_WORDS] = "tool_launcher: ";
	size_t used = strlen(words);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words + used, sizeof(words) - used, fmt, ap);
	va_end(ap);
	used = strlen(words);
	if (error != 0)
		snprintf(words + used, sizeof(words) - used, ": %s", strerror(error));

	/* Nothing can be done about an asker that is gone. */
	if (err_fd != -1)
		(void)!write(err_fd, words, strlen(words));
	report(LAUNCHER_FAILED, (int)status);
	failed = (int)status;
	_exit(status);
}
