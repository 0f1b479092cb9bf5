/*
 * starter.h: runs start_command outside the server, in a small process called `runtool-starter`.
 * Commands inherit nothing of the server or its tools, and no sweep finds them (orphans.h). What
 * was started lives on when the server ends; so does a process for each command that reads its
 * output. After starter_open() only the fleet's thread uses it.
 */
#ifndef STARTER_H
#define STARTER_H

#include <stdbool.h>

#define STARTER_PATIENCE_MS 60000

/*
 * Makes the process, or fatal. Before any thread, and before this process has changed its signals,
 * umask or limits: commands get those of now, / as directory, and no input. A command that has not
 * ended after `patience_ms` has not failed (a server in the foreground), and is left alone.
 */
void starter_open(const char *command, int patience_ms);
void starter_close(void);
bool starter_is_there(void); /* as far as we know */

/* Runs the command once more. 0, or -1 with errno: there is no such process (any more). */
int starter_run(void);

/* Logs what has come of the commands since the last call. */
void starter_look(void);

/*
 * starter_running(): how many commands had not ended at the last starter_look(). starter_busy():
 * whether the last one has neither ended nor been left alone.
 */
unsigned int starter_running(void);
bool starter_busy(void);

#endif
