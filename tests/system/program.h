/* program.h: one program run to its end, as another user if need be. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROGRAM_NOT_RUN = 120 }; /* its exit status when it could not be executed */

struct program {
	/* What to run. */
	const char *const *argv; /* the program's path first; NULL-terminated */
	uid_t uid;		 /* only root can choose another than its own */
	gid_t gid;		 /* 0: the same number as uid */
	gid_t group;		 /* the only supplementary group; 0: none */
	void (*prepare)(void);	 /* runs before the change of user and the exec, or NULL */
	const char *directory;	 /* NULL: stay */
	int pass;		 /* a descriptor that it gets as number 3, or -1 */
	/* What came of it. */
	pid_t pid;
	int out, err; /* files with what it wrote */
	int status;   /* as wait(2) gives it */
};

/* Starts it, with /dev/null as its stdin. It dies with this process. */
void program_start(struct program *);

/* Waits for its end: true with .status, false when it still runs after `seconds`. */
bool program_wait(struct program *, int seconds);

/* Both of the above, at most a minute. The exit status, 128 + the signal that ended it. */
int program_run(struct program *);

/* What it has written so far; lives until the test ends. */
const char *program_out(const struct program *);
const char *program_err(const struct program *);

void program_free(struct program *);

#endif
