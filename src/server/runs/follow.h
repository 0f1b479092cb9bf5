/*
 * follow.h: a launch from its start to its result: what the launcher and the keeper tell, over the life
 * line, and the tool's output and input as far as they pass through us.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdbool.h>

#include "launcher.h"
#include "launch.h"
#include "pump.h"
#include "stream.h"

struct follow {
	const struct launch *launch;
	struct stream *stream;	     /* to a version 5 client; NULL: none. The caller's */
	struct pump pumps[2];	     /* of a tool whose output the launcher gave back to us */
	struct launcher_message end; /* how it ended; kind 0: not told */
	pid_t held_by; /* when held: who is in the mount namespace that the root is in; 0: none */
	bool orphaned; /* a process that should have ended the tool's tree died before it did */
};

/* Begins; a stream (or NULL) is served from here on, while follow_held() and follow_wait() wait. */
void follow_start(struct follow *, const struct launch *, struct stream *);

/*
 * With one of the STOP_* variables (see pause.h) the launcher's side waits before the tool starts,
 * and after its end, when `end` holds its status. follow_held() waits for that, and gives the path by
 * which the root can be entered; false if there is nothing to wait for any more.
 */
bool follow_held(struct follow *, const char *root, char *path, size_t size);
void follow_go_on(struct follow *);

/*
 * Waits until the launcher and the keeper have nothing left to do but to exit. They lead the process
 * group launch->launcher, whose number nobody else gets before follow_result().
 */
void follow_wait(struct follow *);

/* Waits until all output is delivered, or `wanted` says no. */
void follow_deliver(struct follow *, bool (*wanted)(void *), void *arg);

/*
 * The tool and all its tree are gone then (but see `orphaned`). 0 with its wait(2) status; or -1
 * with *err when it was not launched.
 */
int follow_result(struct follow *, const struct rpc_run *run, const char *root, int *wait_status,
    struct srpc_error *err);

#endif
