/* remote.h: has a server run the command: the one that is named, or the best of several. */
#ifndef REMOTE_H
#define REMOTE_H

#include "cmdline.h"

/* What came of it. */
struct remote_result {
	bool ran;   /* then `result` counts, else `error` */
	bool local; /* the error is not the server's */
	struct runtool_result result;
	struct runtool_error error;
	int signal; /* the signal by which runtool must end; 0: none */
};

/* cmd->server says afterwards which server it was; it is empty if none could be asked. */
void remote_run(struct cmdline *, struct remote_result *);

#endif
