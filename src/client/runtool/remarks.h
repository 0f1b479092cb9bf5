/* remarks.h: what runtool says on stderr while a server is chosen. */
#ifndef REMARKS_H
#define REMARKS_H

#include "client/choose/hooks.h"

/*
 * Remarks as lines, the output of start_command as it is, and on a terminal how long the first server of
 * an area has been waited for: a line that goes when the wait is over.
 */
struct remarks {
	int64_t shown; /* seconds, in that line; 0: there is none */
};

/* Fills in the hooks that tell. `remarks`, zero at first, outlives them. */
void remarks_hook(struct remarks *, struct hooks *);

#endif
