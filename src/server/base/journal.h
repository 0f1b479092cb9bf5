/*
 * journal.h: the log's lines on their way out. Nobody who logs waits for stderr or syslog: lines go
 * into a buffer of 256 kilobytes, and a thread writes them. What does not fit is dropped and
 * counted, until half of the buffer is free again: then a line says so in its place.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>

/*
 * From here on the lines of lib/log.h are kept, for stderr or for syslog(3). What is kept when the
 * process exits is still written, if that takes no more than two seconds; but by _exit(2) it is
 * lost.
 */
void journal_open(bool to_syslog);

/* Starts the thread; fatal without. After the last fork(2). */
void journal_start(void);

#endif
