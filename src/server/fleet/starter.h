/*
 * starter.h: runs start_command, outside the server: in a small process, `runtool-starter`, from which
 * nothing that belongs to the server or its tools can be inherited, and whose children no sweep finds.
 * What it started lives on when the server ends; so does, in a process for each command, who reads what
 * is still said. But for starter_open() the fleet's thread alone.
 */
#ifndef STARTER_H
#define STARTER_H

#include <stdbool.h>

#define STARTER_PATIENCE_MS 60000

/*
 * Makes the process, or fatal. Before any thread, and before this process has changed its signals,
 * umask or limits: commands get those that it has now; and / to work in, and no input. One that has
 * not ended after `patience_ms` is no failure (a server in the foreground), and is left alone.
 */
void starter_open(const char *command, int patience_ms);
void starter_close(void);
bool starter_is_there(void); /* as far as is known */

/* Runs the command once more. 0, or -1 with errno: there is no such process (any more). */
int starter_run(void);

/* Logs what has come of the commands since the last call. */
void starter_look(void);

/* How many commands have not ended, as of then; and whether the last one has neither ended nor been
 * left alone. */
unsigned int starter_running(void);
bool starter_busy(void);

#endif
