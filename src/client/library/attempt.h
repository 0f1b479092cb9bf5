/* attempt.h: has one server run a tool. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "call.h"

/*
 * Asks by the newest version that the server speaks, and again when it has no room. 0 with *result,
 * or -1 with *err.
 */
int attempt(struct runtool *, const struct runtool_request *, struct runtool_result *,
    struct runtool_error *err);

#endif
