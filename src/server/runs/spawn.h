/*
 * spawn.h: starting a process. As posix_spawn(3), but without its resetting of every signal, which
 * the launcher does by itself: that is 4 % of a launch.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#define SPAWN_MAX_KEPT 3

struct spawn {
	const char *const *argv;  /* a path first; NULL-terminated */
	int in, out, err;	  /* become 0, 1 and 2; all above 2 */
	int kept[SPAWN_MAX_KEPT]; /* close-on-exec ones that stay open, under their number; -1: none
				   */
};

/*
 * Runs it without environment, all signals blocked, as the leader of a new process group. Its pid,
 * or -1 with errno, also when it could not be executed. No handler may be installed for any signal.
 */
pid_t spawn_run(const struct spawn *);

#endif
