/*
 * follow.h: a launch from its start to its result: what launcher and keeper tell over the life
 * line, and the tool's input and output, where they pass through us.
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
	pid_t held_by; /* while held: a process in the root's mount namespace; 0: there is none */
	bool orphaned; /* a process that should have ended the tool's tree died before it did */
};

/* Begins. The stream (may be NULL) is served while follow_held() and follow_wait() wait. */
void follow_start(struct follow *, const struct launch *, struct stream *);

/*
 * With one of the STOP_* variables (pause.h) the launcher's side waits twice: before the tool
 * starts, and after its end, when `end` holds its status. follow_held() waits for that, and gives
 * the path by which the root can be entered; false if it will not come any more. follow_go_on()
 * lets it go on.
 */
bool follow_held(struct follow *, const char *root, char *path, size_t size);
void follow_go_on(struct follow *);

/*
 * Waits until launcher and keeper have nothing left to do but to exit. Until follow_result() the
 * number of their process group, launch->launcher, cannot be used again.
 */
void follow_wait(struct follow *);

/*
 * The tool has ended: waits until all its output is delivered. False if it is not, because
 * `wanted(arg)` is false or it cannot be sent.
 */
bool follow_deliver(struct follow *, bool (*wanted)(void *), void *arg);

/*
 * Reaps launcher and keeper: the tool's whole tree is gone then (but see `orphaned`). 0 with the
 * tool's wait(2) status; or -1 with *err when it was not launched.
 */
int follow_result(struct follow *, const struct rpc_run *run, const char *root, int *wait_status,
    struct srpc_error *err);

#endif
