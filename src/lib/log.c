#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <bsd/string.h>
#define LIBBSD_OPENBSD_VIS /* libbsd warns unless told which strnvis(3) is meant */
#include <bsd/vis.h>

#include "log.h"

#define PROGRAM	 "RunToolServer"
#define MAX_LINE 4096

/* One for the process, like syslog(3). */
static bool use_syslog, show_debug;

void
log_open(bool to_syslog, bool debug)
{
	use_syslog = to_syslog;
	show_debug = debug;
	if (to_syslog)
		openlog(PROGRAM, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

bool
log_is_debug(void)
{
	return (show_debug);
}

/* One write a line, so that the lines of threads do not mix. */
static void __attribute__((format(printf, 2, 0)))
write_line(int priority, const char *fmt, va_list ap)
{
	char line[MAX_LINE];

	vsnprintf(line, sizeof(line), fmt, ap);
	if (use_syslog)
		syslog(priority, "%s", line);
	else
		fprintf(stderr, PROGRAM ": %s\n", line);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!show_debug)
		return;
	va_start(ap, fmt);
	write_line(LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_INFO, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_ERR, fmt, ap);
	va_end(ap);
	if (use_syslog) {
		va_start(ap, fmt);
		fprintf(stderr, PROGRAM ": ");
		vfprintf(stderr, fmt, ap);
		fprintf(stderr, "\n");
		va_end(ap);
	}
	exit(1);
}

const char *
log_quote(char *dst, size_t size, const char *src)
{
	const char *quote = *src == '\0' || strpbrk(src, " \"") != NULL ? "\"" : "";
	char one[8];
	size_t used, len, room = size - sizeof("\"...");

	used = strlcpy(dst, quote, size);
	for (; *src != '\0'; src++) {
		len =
		    (size_t)(vis(one, *src, VIS_CSTYLE | VIS_NL | VIS_TAB | VIS_DQ, src[1]) - one);
		if (used + len > room) {
			used += strlcpy(dst + used, "...", size - used);
			break;
		}
		memcpy(dst + used, one, len);
		used += len;
	}
	strlcpy(dst + used, quote, size - used);
	return (dst);
}
