#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "remarks.h"

#define SYSLOG	   "syslog"
#define PATIENCE_S 2	      /* no word of a wait before that */
#define MAX_KEPT   (64 << 10) /* bytes; what comes then is only in the log */

/* One of each: as stderr and the log, they belong to the process. */
static bool verbose, to_syslog;
static int log_fd = -1;
static struct buf kept;	 /* lines for stderr */
static int64_t shown;	 /* seconds shown in the line on the terminal; 0: there is no line */
static bool wait_remark; /* this wait was remarked */

int
remarks_open(bool at_once, const char *log)
{
	verbose = at_once;
	if (log == NULL)
		return (0);
	if (strcmp(log, SYSLOG) == 0) {
		openlog(program_invocation_short_name, LOG_PID, LOG_USER);
		to_syslog = true;
		return (0);
	}
	log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	return (log_fd == -1 ? -1 : 0);
}

/* Whole lines, by one write each: a hundred runtools may share the file. */
static void
log_line(const char *line)
{
	char when[32], *text;
	time_t now = time(NULL);
	struct tm tm;
	int len;

	if (to_syslog)
		syslog(LOG_NOTICE, "%s", line);
	if (log_fd == -1 || localtime_r(&now, &tm) == NULL)
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm);
	len =
	    asprintf(&text, "%s %s[%d]: %s\n", when, program_invocation_short_name, getpid(), line);
	if (len == -1)
		return;
	(void)!write(log_fd, text, (size_t)len);
	free(text);
}

static void
keep(const char *text, size_t len)
{
	if (kept.len + len <= MAX_KEPT)
		buf_append(&kept, text, len);
}

/* As warnx() writes it; NULL: memory is short. The caller frees it. */
static char *
whole_line(const char *line)
{
	char *whole;

	return (
	    asprintf(&whole, "%s: %s\n", program_invocation_short_name, line) == -1 ? NULL : whole);
}

static void
remark(void *arg, const char *line)
{
	char *whole;

	(void)arg;
	log_line(line);
	if (verbose) {
		warnx("%s", line);
	} else if ((whole = whole_line(line)) != NULL) {
		keep(whole, strlen(whole));
		free(whole);
	}
}

/* Calls it with the words; not at all if memory is short. */
__attribute__((format(printf, 2, 0))) static void
with_words(void (*call)(void *arg, const char *line), const char *fmt, va_list ap)
{
	char *line;

	if (vasprintf(&line, fmt, ap) == -1)
		return;
	call(NULL, line);
	free(line);
}

void
remarks_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	with_words(remark, fmt, ap);
	va_end(ap);
}

/* Removes the line of a wait from the terminal. */
static void
end_wait(void)
{
	wait_remark = false;
	if (shown == 0)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	shown = 0;
}

/* They matter: writes those that were kept to stderr. */
static void
tell_kept(void)
{
	end_wait();
	if (kept.len > 0)
		fwrite(kept.data, 1, kept.len, stderr);
	fflush(stderr);
	buf_free(&kept);
}

/* What was only a remark before is the error now. */
static void
forget_last(const char *line)
{
	char *whole = whole_line(line);
	size_t len;

	if (whole == NULL)
		return;
	len = strlen(whole);
	if (kept.len >= len && memcmp(kept.data + kept.len - len, whole, len) == 0)
		kept.len -= len;
	free(whole);
}

static void
fail(void *arg, const char *line)
{
	(void)arg;
	forget_last(line);
	tell_kept();
	log_line(line);
	warnx("%s", line);
}

void
remarks_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	with_words(fail, fmt, ap);
	va_end(ap);
}

/* ---- while a server is found --------------------------------------------------------------- */

static void
waiting(void *arg, const char *line, int64_t seconds)
{
	(void)arg;
	if (seconds < PATIENCE_S || seconds == shown)
		return;
	if (!wait_remark)
		remark(NULL, line);
	wait_remark = true;
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r%s: %s: %lld s", program_invocation_short_name, line,
		    (long long)seconds);
		fflush(stderr);
		shown = seconds;
	}
}

static void
waited(void *arg)
{
	(void)arg;
	end_wait();
}

/* What start_command says: its lines are logged as they come, in pieces. */
static void
output(void *arg, const void *data, size_t len)
{
	char *text, *rest, *line;

	(void)arg;
	if ((text = rest = strndup(data, len)) == NULL)
		return;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			log_line(line);
	free(text);
	if (!verbose) {
		keep(data, len);
		return;
	}
	end_wait();
	fwrite(data, 1, len, stderr);
	fflush(stderr);
}

void
remarks_hear(struct runtool_servers *servers)
{
	servers->remark = remark;
	servers->waiting = waiting;
	servers->waited = waited;
	servers->output = output;
}
