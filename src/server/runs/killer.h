/*
 * killer.h: the child killer, a thread that watches the clients of waiting and running requests. A
 * client is gone when it closes, half-closes or resets, fails keep-alive, or acknowledges nothing
 * for a minute. Then its waiting request is dropped; the whole tree of its running tool gets
 * SIGTERM, and SIGKILL after `grace` seconds. So does that of a tool at its time limit. From
 * version 5 on, clients of waiting requests are told now and then that they wait, and a request is
 * refused when its turn has not come within the time that its client has set. It also says in the
 * log when no slot comes free while requests wait (stall.h).
 */
#ifndef KILLER_H
#define KILLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "request.h"

struct killer;
struct queue;

/*
 * Starts the thread. `dropped` is called in it, and takes over each request that was taken out of
 * the queue: its client is gone, or it is refused and has its reply. NULL with errno.
 */
struct killer *killer_new(struct queue *, int grace, void (*dropped)(struct request *));
void killer_free(struct killer *); /* wants no request watched; joins the thread */

/*
 * Queues a request and watches its client: both, or neither. 0, or -1 with errno, which is that of
 * queue_push() if the queue does not take it.
 */
int killer_enqueue(struct killer *, struct request *);

/* A worker has the request now, and is the only one that writes to the client from here on. */
void killer_taken(struct killer *, struct request *);

/*
 * Whether the run is still wanted. If not (its client is gone, or the server ends all tools) it
 * must not start, and its output need not be delivered. A tool at its time limit is wanted.
 */
bool killer_run_is_wanted(struct killer *, struct request *);

/*
 * The tool runs. Its keeper is at the other end of `life` (see launcher.h), in the process group
 * `group` (0: not known); both stay valid until killer_ended(). If the end was ordered before, the
 * tool is told at once. A keeper that does not obey the order SIGKILL (it is stopped, or stuck in a
 * file system) is killed itself, with its group.
 */
void killer_started(struct killer *, struct request *, int life, pid_t group);

/*
 * The tool has ended: `life` takes no more orders. The client is still watched. Why the tool was
 * told to end until now.
 */
enum request_end killer_ended(struct killer *, struct request *);

/*
 * Nothing of the tool runs (any more): the killer does not touch the request, its life or fd again.
 * Why it was not wanted any more; END_NOT if it still was.
 */
enum request_end killer_unregister(struct killer *, struct request *);

/* Ends all running tools because the server ends: with SIGTERM and `grace`, or at once. */
void killer_end_all(struct killer *, bool at_once);

#endif
