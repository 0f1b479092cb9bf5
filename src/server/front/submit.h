/* submit.h: puts a run request into the queue, or refuses it. Only the loop's thread. */
#ifndef SUBMIT_H
#define SUBMIT_H

#include "server/base/settings.h"
#include "server/runs/request.h"

struct killer;
struct queue;

/*
 * 0: its client is watched, and the queue has it. -1 with *err: it is the caller's again; if there
 * was no room, *err says when to try again. With no room, or too many requests, another server of
 * the fleet is wished for (multiply.h).
 */
int submit_request(const struct settings *, struct queue *, struct killer *, struct request *,
    struct srpc_error *err);

#endif
