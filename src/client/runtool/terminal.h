/* terminal.h: the terminal that runtool is started on. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* Whether a tool may use colours: `when` is always, auto or never. */
bool terminal_wants_colour(const char *when);

/* Of the terminal on stdin, stdout or stderr; they stay as they are if there is none. */
void terminal_size(int *rows, int *columns);

#endif
