/*
 * killer.h: the child killer, a thread that watches the clients of waiting and running requests.
 * When one goes away (closes, half-closes, resets, falls silent to keep-alive, or acknowledges
 * nothing for a minute) its waiting request is dropped, and the whole tree of its running tool gets
 * SIGTERM, then SIGKILL after `grace` seconds; so does that of a tool at its time limit. From version
 * 5 on, clients of waiting requests are told now and then that they wait, and those whose turn has
 * not come by the time that they have set are refused.
 */
#ifndef KILLER_H
#define KILLER_H

#include <stdbool.h>
#include <sys/types.h>

struct killer;
struct queue;
struct request;

/*
 * Starts the thread. `dropped` receives each request taken out of the queue (it owns it then): its
 * client is gone, or it is refused and has its reply. It is called in the killer's thread. NULL with errno.
 */
struct killer *killer_new(struct queue *, int grace, void (*dropped)(struct request *));
void killer_free(struct killer *); /* wants no request watched; joins the thread */

/* Watches the client of a request that is about to be queued. 0, or -1 with errno. */
int killer_register(struct killer *, struct request *);

/* A worker has the request now: from here on it is the only one who writes to the client. */
void killer_taken(struct killer *, struct request *);

/*
 * Whether anybody wants what the run gives. False when the client is gone, or the server ends all tools:
 * then it is not to be started, nor is output still to be delivered.
 */
bool killer_run_is_wanted(struct killer *, struct request *);

/*
 * The request's tool has a keeper at the other end of `life` (see launcher.h), in the process
 * group `group` (0: not known); both stay valid until killer_ended(). A tool whose end was ordered
 * before is told at once. A keeper that does not even obey SIGKILL's order (it is stopped, or
 * stuck in a file system) is killed itself, with its group.
 */
void killer_started(struct killer *, struct request *, int life, pid_t group);

/* The tool has ended, and its life line has nothing to take orders for; the client is still watched. */
void killer_ended(struct killer *, struct request *);

/*
 * The tool and all its tree are gone; the killer does not touch the request, its life or fd again.
 */
void killer_forget(struct killer *, struct request *);

/* Ends all running tools because the server ends: with SIGTERM and `grace`, or at once. */
void killer_end_all(struct killer *, bool at_once);

#endif
