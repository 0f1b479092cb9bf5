#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "ask.h"

#define STACK_SIZE    ((size_t)256 * 1024)
#define MS_PER_SECOND 1000
#define NS_PER_MS     1000000

void
ask_group_init(struct ask_group *group)
{
	pthread_mutex_init(&group->lock, NULL);
	pthread_cond_init(&group->answered, NULL);
}

static struct timespec
time_in(int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / MS_PER_SECOND;
	ts.tv_nsec += (long)(ms % MS_PER_SECOND) * NS_PER_MS;
	if (ts.tv_nsec >= (long)MS_PER_SECOND * NS_PER_MS) {
		ts.tv_sec++;
		ts.tv_nsec -= (long)MS_PER_SECOND * NS_PER_MS;
	}
	return (ts);
}

static void *
ask_thread(void *arg)
{
	struct asked *a = arg;
	struct ask_group *group = a->group;
	bool useful = a->ask(a->what);

	pthread_mutex_lock(&group->lock);
	a->useful = useful;
	a->failed = !useful;
	a->asking = false;
	pthread_cond_signal(&group->answered);
	pthread_mutex_unlock(&group->lock);
	return (NULL);
}

/* False if its thread is still asking from last time. */
static bool
begin(struct ask_group *group, struct asked *a)
{
	bool begins;

	pthread_mutex_lock(&group->lock);
	begins = !a->asking;
	a->silent = a->asking;
	a->asking = true;
	a->useful = false;
	/* A thread that still asks may read it: then it is the same group. */
	if (begins)
		a->group = group;
	pthread_mutex_unlock(&group->lock);
	return (begins);
}

/*
 * The threads block all signals: these are for the caller's. If no thread can be made, the caller
 * asks itself.
 */
static void
begin_all(struct ask_group *group, struct asked *const *list, size_t n)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	size_t i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < n; i++)
		if (begin(group, list[i]) &&
		    pthread_create(&thread, &attr, ask_thread, list[i]) != 0)
			ask_thread(list[i]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

/* The lock is held. Whether to wait for more answers; *useful: whether there is a useful one. */
static bool
is_incomplete(struct asked *const *list, size_t n, bool all, bool *useful)
{
	bool asking = false, awaited = false;
	size_t i;

	*useful = false;
	for (i = 0; i < n; i++) {
		asking |= list[i]->asking && (all || !list[i]->failed);
		awaited |= list[i]->asking && !list[i]->silent;
		*useful |= list[i]->useful;
	}
	return (*useful ? awaited : asking);
}

static bool
ask(struct ask_group *group, struct asked *const *list, size_t n, bool all, int grace_ms)
{
	struct timespec end;
	bool useful, begun = false;
	int rc = 0;

	begin_all(group, list, n);
	pthread_mutex_lock(&group->lock);
	while (is_incomplete(list, n, all, &useful) && rc == 0) {
		if (!useful || grace_ms < 0) {
			pthread_cond_wait(&group->answered, &group->lock);
			continue;
		}
		if (!begun)
			end = time_in(grace_ms);
		begun = true;
		rc = pthread_cond_clockwait(&group->answered, &group->lock, CLOCK_MONOTONIC, &end);
	}
	pthread_mutex_unlock(&group->lock);
	return (useful);
}

bool
ask_all(struct ask_group *group, struct asked *const *list, size_t n, int grace_ms)
{
	return (ask(group, list, n, true, grace_ms));
}

bool
ask_new(struct ask_group *group, struct asked *const *list, size_t n, int grace_ms)
{
	return (ask(group, list, n, false, grace_ms));
}

void
ask_beside(struct ask_group *group, struct asked *const *list, size_t n)
{
	begin_all(group, list, n);
}

bool
ask_is_over(const struct asked *a)
{
	bool over;

	if (a->group == NULL)
		return (true);
	pthread_mutex_lock(&a->group->lock);
	over = !a->asking;
	pthread_mutex_unlock(&a->group->lock);
	return (over);
}
