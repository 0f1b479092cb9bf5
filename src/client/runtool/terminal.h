/* terminal.h: the terminal that runtool is started on, and with --tty shares with the tool's. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "runtool.h"

/* Whether stdout and stderr are terminals. */
bool terminal_has_outputs(void);

/* Of the terminal on stdin, stdout or stderr; they stay as they are if there is none. */
void terminal_size(int *rows, int *columns);

/*
 * With --tty. terminal_open() stops the program while it is in the background, as all do that want to
 * change their terminal. False with errno: stdin and stdout are none, or it cannot be used.
 */
bool terminal_open(void);

/*
 * The terminal is for the run of this connection from here on. Once its tool has started, all keys are:
 * while we are in the foreground, the terminal is in raw mode. The run has the size, also each new one.
 * terminal_give_back() is to be called before the connection is closed.
 */
void terminal_lend(struct runtool *);
void terminal_give_back(void);

/* Members of the request; the first of them a runtool_input_fn. */
ptrdiff_t terminal_read(void *arg, void *data, size_t size);
void terminal_started(void *arg);

/* Whether somebody has left the tool by `~.`. */
bool terminal_was_left(void);

/* Lets the terminal be as it was. For signal handlers, too; without effect if it is not in raw mode. */
void terminal_restore(void);

#endif
