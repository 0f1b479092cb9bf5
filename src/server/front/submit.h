/* submit.h: the way of a run request into the queue, or its refusal. Only the loop's thread. */
#ifndef SUBMIT_H
#define SUBMIT_H

#include "server/base/settings.h"
#include "server/runs/request.h"

struct killer;
struct queue;

/*
 * 0: its client is watched, and the queue has it. -1 with *err: it is the caller's again; where there
 * was no room *err says when to try again. Where there are many, or was no room, another server is wished
 * for.
 */
int submit_request(const struct settings *, struct queue *, struct killer *, struct request *,
    struct srpc_error *err);

#endif
