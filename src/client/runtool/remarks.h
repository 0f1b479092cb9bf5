/*
 * remarks.h: what runtool itself has to say before the command runs. A compiler's stderr is read by
 * programs: where some server runs the command in the end, nothing of ours may be there. So remarks
 * go to the log, and are kept until they are known to matter; with -v they are on stderr at once.
 */
#ifndef REMARKS_H
#define REMARKS_H

#include <stdbool.h>

#include "runtool.h"

/*
 * To be called first. `log` is a file that lines are appended to, or `syslog`; NULL: none. 0, or -1
 * with errno: it cannot be opened.
 */
int remarks_open(bool verbose, const char *log);

/* A remark, without a newline. */
void remarks_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An error: on stderr and in the log, behind all remarks that were kept. */
void remarks_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Fills in whom the library tells. Of a wait of more than two seconds a terminal has a line with its
 * time until it is over; others get a remark.
 */
void remarks_hear(struct runtool_servers *);

#endif
