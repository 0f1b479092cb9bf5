/* terminal.h: pseudo-terminals: one end for us, the other one for a tool. */
#ifndef TERMINAL_H
#define TERMINAL_H

/*
 * One for a tool's input and outputs, as people have it: with echo, whole lines, and keys that stop and
 * end. What the tool writes is read from our end, and what is written there is typed; it does not
 * block. EIO is its end, when nobody has the tool's end any more. 0 rows and columns: not known. 0
 * with both ends, or -1 with errno.
 */
int terminal_open(int rows, int columns, int *ours, int *tools);

/* Tells the tool by SIGWINCH if that is new. `ours` may be -1. */
void terminal_resize(int ours, int rows, int columns);

/* The same for an output: it changes no byte, and is not made anybody's controlling terminal. */
int terminal_open_output(int rows, int columns, int *ours, int *tools);

/* What can be done about this errno, to stand behind its words; or "". */
const char *terminal_remedy(int error);

#endif
