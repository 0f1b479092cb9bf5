/* log.h: lines for the administrator. Thread-safe. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

#define LOG_PROGRAM  "RunToolServer"
#define LOG_MAX_LINE 4096 /* bytes, with the NUL; the rest is cut off */

/* Lets log_debug() through. */
void log_show_debug(void);
bool log_is_debug(void);

/*
 * Lines go to stderr, and whoever logs waits for it; or, once this was called, to `take`, with a
 * priority of syslog(3). `elsewhere`: it does not write them to stderr. Before any thread is
 * started.
 */
void log_divert(void (*take)(int priority, const char *line), bool elsewhere);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Says `fmt` on stderr (and in the log) and exits 1: at start-up, or when an invariant is broken.
 */
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes what a client sent fit to be a value in a line. It is put in double quotes if it has blanks
 * or is empty; control characters are escaped as by vis(3); what does not fit is replaced by `...`.
 * Returns dst. size >= 16.
 */
const char *log_quote(char *dst, size_t size, const char *src);

#endif
