/*
 * signals.h: what runtool does with signals while a tool runs: INT, TERM, HUP, QUIT, USR1 and USR2
 * go to the tool. The first four are called ending signals here: the tool gets time to end.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

#include "runtool.h"

#define SIGNALS_PATIENCE 10 /* seconds */

/*
 * Signals go to the run of this connection from here on, except those that were ignored when the
 * program started. A second ending signal cancels the run; so does the end of SIGNALS_PATIENCE
 * seconds after the first.
 */
void signals_forward(struct runtool *);

/* To be called before the connection is closed. Signals end the program again, as before. */
void signals_stop_forwarding(void);

/* Whether that signal has come. The first ending signal that has, or 0. */
bool signals_came(int signal);
int signals_ending(void);

/* Whether to give up a write that a signal has interrupted: the run had its time to end. */
bool signals_end_writes(void);

/* Whether the run was cancelled. */
bool signals_cancelled(void);

/* Ends the program by this signal, without a core file. */
_Noreturn void signals_die(int signal);

#endif
