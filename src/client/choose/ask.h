/* ask.h: asks several servers at once, each in a thread of its own. */
#ifndef ASK_H
#define ASK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What those share that are asked together: for one thread at a time that asks. Never destroyed, and has
 * to outlive all threads: the program may end while one still waits for a silent server.
 */
struct ask_group {
	pthread_mutex_t lock;
	pthread_cond_t answered;
};
void ask_group_init(struct ask_group *);

/*
 * One that can be asked. `ask` does it: it puts what came of it into `what`, which is the thread's until
 * ask_is_over(), and returns whether the answer is of use. Both have to outlive the thread, as the group.
 */
struct asked {
	bool (*ask)(void *what);
	void *what;

	/* For ask.c alone. */
	struct ask_group *group; /* NULL: it never was asked */
	bool asking;		 /* its thread has not come back */
	bool silent;		 /* since before it was to be asked this time */
	bool useful;		 /* this time's answer is */
	bool failed;		 /* the last answer was of no use */
};

/*
 * Asks all of these, always in the same group, and waits for their answers; as soon as one is of use, for
 * no longer than `grace_ms` more (negative: for all). One that is being asked still is not asked twice, and
 * is not waited for as long as there are others of use. Returns whether there are.
 *
 * Or, to look whether one has come: waits for none that was not of use the last time.
 */
bool ask_all(struct ask_group *, struct asked *const *, size_t n, int grace_ms);
bool ask_new(struct ask_group *, struct asked *const *, size_t n, int grace_ms);

/* Whether there is an answer, or it was not asked. */
bool ask_is_over(const struct asked *);

#endif
