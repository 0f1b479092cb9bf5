/* status.h: exit statuses that are not the tool's; env(1) and timeout(1) have the same. */
#ifndef STATUS_H
#define STATUS_H

enum {
	EXIT_TIME_LIMIT = 124,
	EXIT_TROUBLE = 125,
	EXIT_NO_EXEC = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128 /* and the signal's number */
};

#endif
