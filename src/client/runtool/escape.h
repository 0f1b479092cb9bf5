/*
 * escape.h: what somebody types for us, and not for the tool: at the start of a line a `~` and one of
 * these. Both `~~` and a `~` before anything else are for the tool.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum escape_wish {
	ESCAPE_NONE,
	ESCAPE_LEAVE,	/* ~. */
	ESCAPE_SUSPEND, /* ~^Z */
	ESCAPE_HELP	/* ~? */
};

/* Zero-initialised, nothing was typed yet. */
struct escape {
	bool in_line; /* something was typed since the last end of a line */
	bool pending; /* a `~` at the start of a line */
};

#define ESCAPE_MOST 2 /* bytes that one can become */

/* Takes the next byte that was typed. How many bytes are for the tool, in `out`, and what is for us. */
size_t escape_take(struct escape *, char byte, char out[ESCAPE_MOST], enum escape_wish *);

#endif
