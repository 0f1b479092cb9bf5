/* report.c: what the launcher and the supervisor have to say, and the way out of a failed launch. */
#include <stdarg.h>
#include <sys/socket.h>

#include "helper.h"

struct reporter reporter = {.err = STDERR_FILENO, .life = -1};

void
report(enum launcher_kind kind, int value)
{
	struct launcher_message m = {
	    .kind = (int32_t)kind, .value = value, .supervisor = reporter.supervisor};

	/* A server that is gone shows as the end of file. */
	if (reporter.life != -1)
		(void)!send(reporter.life, &m, sizeof(m), MSG_NOSIGNAL);
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
	if (reporter.err != -1)
		(void)!write(reporter.err, words, strlen(words));
	report(LAUNCHER_FAILED, (int)status);
	reporter.failed = (int)status;
	_exit(status);
}
