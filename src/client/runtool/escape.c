#include "escape.h"

#define KEY	'~'
#define CTRL(c) ((c)&0x1f)

static enum escape_wish
wish_for(char byte)
{
	switch (byte) {
	case '.':
		return (ESCAPE_LEAVE);
	case CTRL('Z'):
		return (ESCAPE_SUSPEND);
	case '?':
		return (ESCAPE_HELP);
	default:
		return (ESCAPE_NONE);
	}
}

size_t
escape_take(struct escape *e, char byte, char out[ESCAPE_MOST], enum escape_wish *wish)
{
	bool pending = e->pending;
	size_t n = 0;

	*wish = pending ? wish_for(byte) : ESCAPE_NONE;
	e->pending = !pending && !e->in_line && byte == KEY;
	/* What is for us leaves us at the start of a line. */
	if (e->pending || *wish != ESCAPE_NONE)
		return (0);
	if (pending && byte != KEY)
		out[n++] = KEY;
	out[n++] = byte;
	e->in_line = byte != '\r' && byte != '\n';
	return (n);
}
