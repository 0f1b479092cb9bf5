/* terminal.h: pseudo-terminals: one end for us, the other one for a tool. */
#ifndef TERMINAL_H
#define TERMINAL_H

/*
 * One for an output: it changes no byte, and is nobody's controlling terminal. What the tool writes
 * is read from our end, which does not block; EIO is the end of it, when nobody has the tool's end
 * any more. 0 rows and columns: not known. 0 with both ends, or -1 with errno.
 */
int terminal_open_output(int rows, int columns, int *ours, int *tools);

/* What can be done about this errno, to stand behind its words; or "". */
const char *terminal_remedy(int error);

#endif
