/* patience.h: how long to wait for a server that is not there. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks.h"

struct patience {
	int ms; /* for one absence; 0: none */

	/* For patience.c only. */
	bool waiting;
	int64_t end; /* a moment of deadline.h */
	int pause_ms;
};

/* There is none: waits a moment, as the hooks say. False if it has been long enough. */
bool patience_wait(struct patience *, const struct hooks *);

/* For how many seconds there has been none. */
int64_t patience_seconds(const struct patience *);

/* There is one: the next absence is another one. */
void patience_end(struct patience *);

#endif
