/* failure.h: what a server says went wrong, or what is wrong with its answer, for the caller. */
#ifndef FAILURE_H
#define FAILURE_H

#include "lib/rpc5.h"
#include "runtool.h"

/* The remedy for those who need version 5. */
#define FAILURE_UPDATE "update the server, or raise its max_interface_version"

/* Fills in `err` from an answer that has no results. Returns -1. */
int failure_reply(struct runtool_error *err, const struct srpc_error *why);

/* The same from version 5's failure. */
int failure_result(struct runtool_error *err, const struct rpc5_failure *failure);

#endif
