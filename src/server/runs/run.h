/* run.h: the life of a run: everything between a request that a worker has taken and its outcome. */
#ifndef RUN_H
#define RUN_H

#include "server/base/settings.h"
#include "outcome.h"

struct killer;

/*
 * Opens the tool's files, launches it, and sees it and all that it started through. Afterwards the killer
 * has forgotten the request. 0 with *outcome, or -1 with *err: there was no tool.
 */
int run(const struct settings *, struct killer *, struct request *, struct outcome *outcome,
    struct srpc_error *err);

#endif
