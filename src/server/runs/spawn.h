/*
 * spawn.h: starts a process. Like posix_spawn(3), but does not reset every signal: the launcher
 * does that itself, and it takes 4 % of a launch.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#define SPAWN_MAX_KEPT 3

struct spawn {
	const char *const *argv;  /* a path first; NULL-terminated */
	int in, out, err;	  /* become 0, 1 and 2; all above 2 */
	int kept[SPAWN_MAX_KEPT]; /* stay open, under their number; -1: none */
};

/*
 * Runs it without environment, all signals blocked, as the leader of a new process group. Its pid,
 * or -1 with errno, also when it could not be executed. No handler may be installed for any signal.
 */
pid_t spawn_run(const struct spawn *);

#endif
