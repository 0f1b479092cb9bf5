/* remarks.h: what runtool says on stderr while a server is chosen. */
#ifndef REMARKS_H
#define REMARKS_H

#include "client/choose/hooks.h"

/*
 * Writes remarks as lines, and the output of start_command as it is. On a terminal it also shows
 * how long the first server of an area has been awaited, in a line that goes when the wait is over.
 */
struct remarks {
	int64_t shown; /* seconds shown in that line; 0: there is no line */
};

/* Fills in the hooks that tell. `remarks` must be zero at first, and outlive them. */
void remarks_hook(struct remarks *, struct hooks *);

#endif
