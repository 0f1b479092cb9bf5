/* ask.h: asks several servers at once, each in a thread of its own. */
#ifndef ASK_H
#define ASK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What those share that are asked together. One thread at a time asks. It has several users: its
 * owner, and each thread that still waits for a silent server.
 */
struct ask_group {
	/* Both may be NULL, and are called with `arg`. */
	bool (*wait)(void *arg, int fd, int ms); /* how to wait for answers, as in hooks.h */
	void (*gone)(void *arg);		 /* by the last user, when it has done with it */
	void *arg;

	/* For ask.c only. */
	pthread_mutex_t lock;
	int fd; /* readable when an answer has come */
	unsigned int users;
};

/*
 * 0, or -1 with errno. The owner sets the functions behind it, and calls ask_group_release() when
 * it asks no more. The group, and all who were asked, must last until gone() is called.
 */
int ask_group_init(struct ask_group *);
void ask_group_release(struct ask_group *);

/*
 * One that can be asked. `ask` does it: it puts the answer into `what`, which belongs to its thread
 * until ask_is_over(), and returns whether the answer is useful. This and `what` must outlive the
 * thread.
 */
struct asked {
	bool (*ask)(void *what);
	void *what;

	/* For ask.c only. */
	struct ask_group *group; /* NULL: it was never asked */
	bool asking;		 /* its thread is still asking */
	bool silent;		 /* it was asking already when it was to be asked again */
	bool useful;		 /* this time's answer is useful */
	bool failed;		 /* the last answer was not */
};

/*
 * ask_all() asks all of these, always by the same group, and waits for answers. Once one is useful,
 * it waits only `grace_ms` more (negative: for all). One whose thread is still asking is not asked
 * twice, and is waited for only as long as no other is useful. True if any is useful.
 *
 * ask_new() does not wait for those whose last answer was not useful: to see whether a new one has
 * come.
 */
bool ask_all(struct ask_group *, struct asked *const *, size_t n, int grace_ms);
bool ask_new(struct ask_group *, struct asked *const *, size_t n, int grace_ms);

/* Asks them beside all others, and does not wait for them. */
void ask_beside(struct ask_group *, struct asked *const *, size_t n);

/* Whether no thread is asking it. */
bool ask_is_over(const struct asked *);

#endif
