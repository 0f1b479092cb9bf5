/* launch.h: one tool, by way of tool_launcher. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "launcher.h"
#include "pump.h"
#include "lib/rpc.h"
#include "server/base/settings.h"
#include "stream.h"

struct launch {
	pid_t launcher;			 /* our child */
	int life;			 /* see launcher.h; -1: closed */
	int err;			 /* what the launcher says when it fails */
	struct launcher_message outcome; /* zero: none came */
	struct stream *stream;		 /* to a version 5 client; NULL: none. The caller's */
	struct pump pumps[2];		 /* of a tool whose output the launcher gave back to us */
	pid_t held_by; /* when held: who is in the mount namespace that the root is in; 0: none */
	bool orphaned; /* a process that should have ended the tool's tree died before it did */
};

/* The tool's own descriptors; the caller's, before and after. */
struct launch_files {
	int in, out, err;
};

/* Once, at the very start: remembers the limits, which are those that the tools get. */
void launch_keep_limits(void);

/* Where launchers write debugging output; -1: nowhere. */
void launch_debug_to(int fd);

/*
 * Starts the tool of `run` in `root`, an absolute path or a name. 0 as soon as there is a launcher, whose
 * `life` takes orders; or -1 with *err, and nothing is left.
 */
int launch_start(struct launch *, const struct settings *, const struct rpc_run *run,
    const char *root, const struct launch_files *, struct srpc_error *err);

/* Serves the stream from here on, while launch_held() and launch_wait() wait. */
void launch_serve(struct launch *, struct stream *);

/*
 * With one of the STOP_* variables (see stop.h) the launcher's side waits before the tool starts,
 * and after its end, when `outcome` holds its status. launch_held() waits for that, and gives the
 * path by which the root can be entered; false if there is nothing to wait for any more.
 */
bool launch_held(struct launch *, const char *root, char *path, size_t size);
void launch_go_on(struct launch *);

/*
 * Waits until the launcher and the keeper have nothing left to do but to exit. They lead the
 * process group l->launcher, whose number nobody else gets before launch_result().
 */
void launch_wait(struct launch *);

/* Waits until all output is delivered, or `wanted` says no. */
void launch_deliver(struct launch *, bool (*wanted)(void *), void *arg);

/*
 * The tool and all its tree are gone then (but see `orphaned`). 0 with its wait(2) status; or -1
 * with *err when it was not launched. launch_close() frees what launch_start() made.
 */
int launch_result(struct launch *, const struct rpc_run *run, const char *root, int *wait_status,
    struct srpc_error *err);
void launch_close(struct launch *);

/*
 * Asks the launcher whether it would launch: its policy, the volatile root, the isolation. 0, or -1
 * with its words in `why`.
 */
int launch_check(const struct settings *, char *why, size_t size);

#endif
