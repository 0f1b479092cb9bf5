/* log.h: lines for the administrator, to stderr or to syslog. Thread-safe. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Until log_open(), lines go to stderr. `debug` lets log_debug() through. */
void log_open(bool to_syslog, bool debug);
bool log_is_debug(void);

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
