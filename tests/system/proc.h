/* proc.h: processes as /proc shows them. */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Processes whose command line contains `tag`: their number, and up to `max` of them in pids[].
 * A fork keeps its parent's command line; a zombie has none.
 */
size_t proc_tagged(const char *tag, pid_t *pids, size_t max);
bool proc_runs(const char *tag);

/*
 * Processes whose program lies below this directory; those that may not be looked at do not count.
 */
size_t proc_below(const char *directory);

/* Children of a process, zombies among them. */
size_t proc_children(pid_t);

/* 0 for a process that is gone. */
size_t proc_threads(pid_t);
size_t proc_descriptors(pid_t);

/* The line `name:` of /proc/PID/status without its name and blanks; "" when there is none. */
const char *proc_status(pid_t, const char *name);
long proc_number(pid_t, const char *name); /* the number that it begins with */

/* Processor time so far, in ticks of the clock. */
unsigned long proc_ticks(pid_t);

#endif
