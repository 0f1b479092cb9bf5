/* terminal.h: pseudo-terminals: one end for us, the other one for a tool. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/*
 * One for a tool's input and outputs, as people have it: with echo, whole lines, and keys that stop
 * and end; or, `raw`, one for an output, which changes no byte. What the tool writes is read from
 * our end, and what is written there is typed; it does not block. EIO is its end, when nobody has
 * the tool's end any more. A tool may close that, and open /dev/tty later: so `held` is the tool's
 * end once more, to be closed when the tool has ended. It is opened anew, since the keeper looks
 * whether `tools` is still open. 0 rows and columns: not known. 0, or -1 with errno.
 */
int terminal_open(bool raw, int rows, int columns, int *ours, int *tools, int *held);

/* Tells the tool by SIGWINCH if that is new. `ours` may be -1. */
void terminal_resize(int ours, int rows, int columns);

/* What can be done about this errno, to stand behind its words; or "". */
const char *terminal_remedy(int error);

#endif
