/* ask.h: asks several servers at once, each in a thread of its own. */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One that can be asked. `ask` does it: it puts what came of it into `what`, which is the thread's until
 * ask_is_over(), and returns whether the answer is of use. Both have to outlive the program's other
 * threads: it may end while one still waits for a silent server.
 */
struct asked {
	bool (*ask)(void *what);
	void *what;
	bool asking, silent, useful, failed; /* for ask.c alone */
};

/*
 * Asks all of these and waits for their answers; as soon as one is of use, for no longer than `grace_ms`
 * more (negative: for all). One that is being asked still is not asked twice, and is not waited for as
 * long as there are others of use. Returns whether there are. For one thread at a time.
 *
 * Or, to look whether one has come: waits for none that was not of use the last time.
 */
bool ask_all(struct asked *const *, size_t n, int grace_ms);
bool ask_new(struct asked *const *, size_t n, int grace_ms);

/* Whether there is an answer. */
bool ask_is_over(const struct asked *);

#endif
