/*
 * launch.h: starts tool_launcher, reads its words and reaps it; follow.h has what happens in
 * between.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/rpc.h"
#include "server/base/settings.h"
#include "files.h"

struct launch {
	pid_t launcher; /* our child */
	int life;	/* see launcher.h; -1: closed */
	int err;	/* its words when it fails; -1: closed */
};

/*
 * Starts the tool of `run`, a call of this version, in `root`, an absolute path or a name. 0 once
 * the launcher runs: `life` takes orders, and it must be reaped. Or -1 with *err, and nothing is
 * left.
 */
int launch_start(struct launch *, const struct settings *, const struct rpc_run *run,
    int32_t version, const char *root, const struct files *, struct srpc_error *err);

/* Closes the descriptors. */
void launch_close(struct launch *);

/* Once it ends: what the launcher wrote to `err`, empty when it had nothing to say. */
void launch_words(int err, char *words, size_t size);

/* Waits for a child's end; its wait status. */
int launch_reap(pid_t);

/*
 * Whether `helper` is a launcher of ours at all: one that fails as launcher.h has it. True also
 * where that cannot be asked.
 */
bool launch_is_ours(const struct settings *);

/*
 * Asks the launcher whether it would launch: its policy, the volatile root, the isolation. 0, or -1
 * with its words in `why`. 1: it would, but not in all roots; `why` has a line for each of those.
 */
int launch_check(const struct settings *, char *why, size_t size);

#endif
