/* fd.h: descriptors that may be closed already. */
#ifndef FD_H
#define FD_H

#include <unistd.h>

/* Closes it, unless it is -1, and makes it -1. */
static inline void
fd_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

#endif
