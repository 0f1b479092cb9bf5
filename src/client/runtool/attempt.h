/* attempt.h: has the command run by one server. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "cmdline.h"

/* What came of it. */
struct outcome {
	bool ran;   /* then `result` counts, else `error` */
	bool local; /* the error is none of the server */
	struct runtool_result result;
	struct runtool_error error;
	int signal; /* by which runtool ends itself; 0: none */
	int lost;   /* runs before this one that were */
};

/* By cmd->server. False where it was not run, and another server may run it. */
bool attempt(struct cmdline *, struct outcome *);

#endif
