/*
 * trace.h: what helper_switches = -d brings: a line at each launch, by the launcher, and one at
 * each completion, by us: on standard output, or in the log of a detached server.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

/* Before any launch. -1 with errno; then there is none. */
int trace_open(bool detached);

/* Where launchers write their lines; -1: nowhere. */
int trace_fd(void);

/*
 * A detached server reads the launchers' lines itself: trace_source() is the descriptor to watch,
 * or -1; trace_take() takes what has come into the log.
 */
int trace_source(void);
void trace_take(void);

/* A line of our own; nothing without trace_open(). */
void trace_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void trace_close(void);

#endif
