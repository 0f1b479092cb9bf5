/* fail.c: the one way out of a launch that fails. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper.h"

static int err_fd = STDERR_FILENO; /* until -err is known */
static int life_fd = -1;
static volatile int failed; /* written by a vfork child, read by its parent */

void
fail_to(int err, int life)
{
	err_fd = err;
	life_fd = life;
}

int
fail_status(void)
{
	return (failed);
}

void
fail(enum launcher_status status, int error, const char *fmt, ...)
{
	struct launcher_message m = {.kind = LAUNCHER_FAILED, .value = status};
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
	if (err_fd != -1 && write(err_fd, words, strlen(words)) == -1)
		err_fd = -1;
	if (life_fd != -1 && send(life_fd, &m, sizeof(m), MSG_NOSIGNAL) == -1)
		life_fd = -1;
	failed = (int)status;
	_exit(status);
}
