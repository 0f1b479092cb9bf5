/* run.h: the life of a run, from a request that a worker has taken to its outcome. */
#ifndef RUN_H
#define RUN_H

#include "server/base/settings.h"
#include "outcome.h"

struct killer;

/*
 * Opens the tool's files, starts it, and waits until it and all that it started are gone. The
 * killer has forgotten the request then. 0 with *outcome, or -1 with *err: there was no tool; of
 * *outcome only paused_us is valid.
 */
int run_tool(const struct settings *, struct killer *, struct request *, struct outcome *outcome,
    struct srpc_error *err);

#endif
