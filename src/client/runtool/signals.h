/*
 * signals.h: what runtool does with signals while a tool runs: INT, TERM, HUP, QUIT, USR1 and USR2
 * are the tool's. It gets time to end by the first four, which are called ending signals here.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

#include "runtool.h"

#define SIGNALS_PATIENCE 10 /* seconds */

/*
 * From here on signals go to the run of this connection, save those that were ignored when the
 * program started. A second ending signal, or SIGNALS_PATIENCE seconds after the first, cancel the run.
 */
void signals_forward(struct runtool *);

/* Before the connection is closed: whatever comes now ends the program, as before. */
void signals_stop_forwarding(void);

/* Whether that signal has come; the first ending one that has, or 0. */
bool signals_came(int signal);
int signals_ending(void);

/* Whether a write that a signal has interrupted is to be given up: the run had its time to end. */
bool signals_end_writes(void);

/* Whether the run was cancelled. */
bool signals_cancelled(void);

/* Ends the program by this signal, without a core file. */
_Noreturn void signals_die(int signal);

#endif
