/* command.h: the launcher's command line; see tool_launcher(8). */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>

#include "lib/rpc.h"
#include "server/base/settings.h"

#define COMMAND_NUMBER 32 /* bytes of a number as text, or of NAME=NUMBER */

struct command {
	const char **argv; /* NULL-terminated; its words are in settings, run, root and below */
	size_t argc;
	char *switches; /* a copy of helper_switches, cut into words */
	char err[COMMAND_NUMBER], life[COMMAND_NUMBER], dbg[COMMAND_NUMBER], nofile[COMMAND_NUMBER],
	    linger[COMMAND_NUMBER], stack[COMMAND_NUMBER], nenv[COMMAND_NUMBER],
	    mask[COMMAND_NUMBER], limits[RPC_NLIMITS][COMMAND_NUMBER];
};

/* Once, at the very start: remembers the soft limits, which the tools get. */
void command_keep_limits(void);

/*
 * Makes a command line: for the tool of `run`, a call of this version, in `root`, an absolute path
 * or a name; or for asking the launcher whether it would launch; or without what a launch needs,
 * which a launcher must refuse. `err` and `life` are descriptors of the launcher. 0, or -1 with errno;
 * command_free() in any case, of a zero-initialised one too.
 */
int command_for_run(struct command *, const struct settings *, const struct rpc_run *run,
    int32_t version, const char *root, int err, int life);
int command_for_nothing(struct command *, const struct settings *, int err, int life);
int command_for_check(struct command *, const struct settings *, int err);
void command_free(struct command *);

#endif
