#include <sys/eventfd.h>
#include <unistd.h>

#include "ask.h"
#include "lib/deadline.h"
#include "lib/thread.h"

#define STACK_SIZE ((size_t)256 * 1024)

int
ask_group_init(struct ask_group *group)
{
	*group = (struct ask_group){.users = 1};
	if ((group->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return (-1);
	pthread_mutex_init(&group->lock, NULL);
	return (0);
}

void
ask_group_release(struct ask_group *group)
{
	bool last;

	pthread_mutex_lock(&group->lock);
	last = --group->users == 0;
	pthread_mutex_unlock(&group->lock);
	if (!last)
		return;
	close(group->fd);
	pthread_mutex_destroy(&group->lock);
	if (group->gone != NULL)
		group->gone(group->arg);
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
	(void)eventfd_write(group->fd, 1);
	pthread_mutex_unlock(&group->lock);
	ask_group_release(group);
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
	if (begins) {
		a->group = group;
		group->users++;
	}
	pthread_mutex_unlock(&group->lock);
	return (begins);
}

/* If no thread can be made, the caller asks itself. */
static void
begin_all(struct ask_group *group, struct asked *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (begin(group, list[i]) &&
		    thread_start(NULL, STACK_SIZE, ask_thread, list[i]) != 0)
			ask_thread(list[i]);
}

/* Whether to wait for more answers than have come; *useful: whether there is a useful one. */
static bool
is_incomplete(struct ask_group *group, struct asked *const *list, size_t n, bool all, bool *useful)
{
	bool asking = false, awaited = false;
	eventfd_t answers;
	size_t i;

	*useful = false;
	pthread_mutex_lock(&group->lock);
	(void)eventfd_read(group->fd, &answers);
	for (i = 0; i < n; i++) {
		asking |= list[i]->asking && (all || !list[i]->failed);
		awaited |= list[i]->asking && !list[i]->silent;
		*useful |= list[i]->useful;
	}
	pthread_mutex_unlock(&group->lock);
	return (*useful ? awaited : asking);
}

/* Waits for an answer. False: nobody wants one any more. */
static bool
await(const struct ask_group *group, int64_t end)
{
	struct pollfd pfd = {.fd = group->fd, .events = POLLIN};

	if (group->wait != NULL)
		return (group->wait(group->arg, group->fd, deadline_left(end)));
	(void)deadline_poll(&pfd, 1, end);
	return (true);
}

static bool
ask(struct ask_group *group, struct asked *const *list, size_t n, bool all, int grace_ms)
{
	int64_t end = DEADLINE_NONE;
	bool useful;

	begin_all(group, list, n);
	while (is_incomplete(group, list, n, all, &useful)) {
		if (useful && grace_ms >= 0 && end == DEADLINE_NONE)
			end = deadline_now() + grace_ms;
		if (deadline_over(end) || !await(group, end))
			break;
	}
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
