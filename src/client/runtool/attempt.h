/* attempt.h: has one server run the command. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "cmdline.h"

/* What came of it. */
struct attempt_result {
	bool ran;   /* then `result` counts, else `error` */
	bool local; /* the error is not the server's */
	struct runtool_result result;
	struct runtool_error error;
	int signal; /* the signal by which runtool must end; 0: none */
	int lost;   /* how many runs were lost before this one */
};

/*
 * Asks cmd->server. False if the command was not run, and another server may run it, or the same
 * one later.
 */
bool attempt(struct cmdline *, struct attempt_result *);

#endif
