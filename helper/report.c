/* report.c: messages and words of launcher and keeper, and the end of a failed launch. */
#include <stdarg.h>

#include "helper.h"

struct reporter reporter = {.err = STDERR_FILENO, .life = -1};

static int64_t
microseconds(struct timeval t)
{
	return ((int64_t)t.tv_sec * 1000000 + t.tv_usec);
}

void
report(enum launcher_kind kind, int value)
{
	struct launcher_message m = {
	    .kind = (int32_t)kind, .value = value, .keeper = reporter.keeper};

	if (kind == LAUNCHER_FAILED)
		m.error = reporter.error;
	if (kind == LAUNCHER_ENDED) {
		m.user_us = microseconds(reporter.used.ru_utime);
		m.system_us = microseconds(reporter.used.ru_stime);
		m.max_rss_kb = reporter.used.ru_maxrss;
		m.linger_us = reporter.linger_us;
	}
	/* A server that is gone is noticed elsewhere, by the end of file. */
	if (reporter.life != -1)
		(void)!send(reporter.life, &m, sizeof(m), MSG_NOSIGNAL);
}

void
fail(enum launcher_status status, int error, const char *fmt, ...)
{
	char what[LAUNCHER_MAX_WORDS - 256], words[LAUNCHER_MAX_WORDS];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(words, sizeof(words), "tool_launcher: %s%s%s", what, error != 0 ? ": " : "",
	    error != 0 ? strerror(error) : "");
	/* If nobody reads it any more, nothing can be done. */
	if (reporter.err != -1)
		(void)!write(reporter.err, words, strlen(words));
	if (error != 0)
		reporter.error = error;
	report(LAUNCHER_FAILED, (int)status);
	reporter.failed = (int)status;
	_exit(status);
}
