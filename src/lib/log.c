#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <bsd/string.h>
#define LIBBSD_OPENBSD_VIS /* libbsd warns unless told which strnvis(3) is meant */
#include <bsd/vis.h>

#include "log.h"

/* One for the process, like syslog(3). */
static bool show_debug, is_elsewhere;
static void (*taker)(int priority, const char *line);

void
log_show_debug(void)
{
	show_debug = true;
}

bool
log_is_debug(void)
{
	return (show_debug);
}

void
log_divert(void (*take)(int priority, const char *line), bool elsewhere)
{
	taker = take;
	is_elsewhere = elsewhere;
}

/* One write a line, so that the lines of threads do not mix. */
static void
say(const char *line)
{
	fprintf(stderr, LOG_PROGRAM ": %s\n", line);
}

static void __attribute__((format(printf, 3, 0)))
write_line(char line[LOG_MAX_LINE], int priority, const char *fmt, va_list ap)
{
	vsnprintf(line, LOG_MAX_LINE, fmt, ap);
	if (taker != NULL)
		taker(priority, line);
	else
		say(line);
}

void
log_debug(const char *fmt, ...)
{
	char line[LOG_MAX_LINE];
	va_list ap;

	if (!show_debug)
		return;
	va_start(ap, fmt);
	write_line(line, LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	char line[LOG_MAX_LINE];
	va_list ap;

	va_start(ap, fmt);
	write_line(line, LOG_INFO, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	char line[LOG_MAX_LINE];
	va_list ap;

	va_start(ap, fmt);
	write_line(line, LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	char line[LOG_MAX_LINE];
	va_list ap;

	va_start(ap, fmt);
	write_line(line, LOG_ERR, fmt, ap);
	va_end(ap);
	if (is_elsewhere)
		say(line);
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
