/*
 * debug.h: what helper_switches = -d brings: a line at each launch, by the launcher, and one at
 * each completion, by us: on standard output, or in the log of a detached server.
 */
#ifndef DEBUG_H
#define DEBUG_H

#include <stdbool.h>

/* Before any launch. The descriptor for the launcher's lines; -1 with errno. */
int debug_open(bool detached);

/* Once the event loop is there: takes the launcher's lines into the log. 0, or -1 with errno. */
int debug_watch(void);

/* A line of our own; nothing without debug_open(). */
void debug_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void debug_close(void);

#endif
