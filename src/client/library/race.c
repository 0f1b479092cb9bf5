#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/choose/memory.h"
#include "lib/deadline.h"
#include "lib/endpoint.h"
#include "lib/error.h"
#include "race.h"

#define PACE_MS 250 /* after which the next address is tried beside those before it */

struct attempt {
	const struct addrinfo *ai;
	bool known;    /* for an address that did not answer lately */
	bool last;     /* so it comes after those of which nothing is known */
	int fd;	       /* -1: not begun, or over */
	int error;     /* an errno: why it is over; 0: it is not, or another one was first */
	int64_t begun; /* a moment of deadline.h */
	bool slow;     /* it was over when the next one had begun, or later */
};

struct race {
	struct attempt *list; /* in the order in which they begin */
	struct pollfd *fds;   /* one for each of them, and the control's behind */
	size_t n, begun, under_way;
	int64_t next;		/* when the next one is to begin */
	struct attempt *winner; /* NULL: none yet */
};

/* ---- one after the other ------------------------------------------------------------------ */

static void
end_attempt(struct race *r, struct attempt *a, int error)
{
	int64_t now = deadline_now();

	close(a->fd);
	a->fd = -1;
	a->error = error;
	a->slow = now - a->begun >= PACE_MS;
	r->under_way--;
	/* There is nothing to wait for, then. */
	r->next = now;
}

static void
begin_next(struct race *r, int64_t deadline)
{
	struct attempt *a = &r->list[r->begun++];
	const struct addrinfo *ai = a->ai;

	r->next = deadline_sooner(
	    deadline_in(PACE_MS), deadline_part(deadline, (int)(r->n - r->begun) + 1));
	a->begun = deadline_now();
	a->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd == -1) {
		a->error = errno;
		return;
	}
	r->under_way++;
	if (connect(a->fd, ai->ai_addr, ai->ai_addrlen) == -1 && errno != EINPROGRESS)
		end_attempt(r, a, errno);
}

/* Waits until an attempt has come to something, or it is time for another one. 0, or an errno. */
static int
await(struct race *r, int64_t deadline, struct control *control)
{
	int64_t until = r->begun < r->n ? deadline_sooner(deadline, r->next) : deadline;
	size_t i;

	for (i = 0; i < r->n; i++)
		r->fds[i] = (struct pollfd){.fd = r->list[i].fd, .events = POLLOUT};
	r->fds[r->n] = (struct pollfd){.fd = control->fd, .events = POLLIN};
	return (deadline_poll(r->fds, r->n + 1, until) == -1 ? errno : 0);
}

/* The connection of the first attempt that has one, no more the race's; or -1. */
static int
take_first(struct race *r)
{
	socklen_t len = sizeof(int);
	struct attempt *a;
	int error, fd;
	size_t i;

	for (i = 0; i < r->n; i++) {
		a = &r->list[i];
		if (a->fd == -1 || r->fds[i].revents == 0)
			continue;
		if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
			error = errno;
		if (error != 0) {
			end_attempt(r, a, error);
			continue;
		}
		fd = a->fd;
		a->fd = -1;
		r->winner = a;
		return (fd);
	}
	return (-1);
}

static void
end_all(struct race *r, int error)
{
	size_t i;

	for (i = 0; i < r->begun; i++)
		if (r->list[i].fd != -1)
			end_attempt(r, &r->list[i], error);
}

static int
run(struct race *r, int64_t deadline, struct control *control)
{
	int error = 0, fd = -1;

	while (fd == -1 && error == 0) {
		while (r->begun < r->n && (r->under_way == 0 || deadline_over(r->next)))
			begin_next(r, deadline);
		if (r->under_way == 0)
			return (-1);
		error = await(r, deadline, control);
		if (control_ends(control))
			error = ECANCELED;
		else if (error == 0 && (fd = take_first(r)) == -1 && deadline_over(deadline))
			error = ETIMEDOUT;
	}
	end_all(r, error);
	return (fd);
}

/* ---- what is remembered ------------------------------------------------------------------- */

/* False if it cannot be written. */
static bool
name_of(const struct addrinfo *ai, char name[ENDPOINT_NAME_SIZE])
{
	struct endpoint e;

	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, e.host, sizeof(e.host), e.port, sizeof(e.port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return (false);
	endpoint_name(&e, name);
	return (true);
}

static void
recall(struct attempt *a, struct memory *memory)
{
	char name[ENDPOINT_NAME_SIZE];
	const struct memory_entry *e;

	if (!name_of(a->ai, name) || (e = memory_find(memory, name)) == NULL)
		return;
	a->known = true;
	a->last = memory_claim(e) != MEMORY_AWAIT;
}

/* There is a winner: who kept it waiting need not do so next time. */
static void
remember(const struct race *r)
{
	char name[ENDPOINT_NAME_SIZE];
	const struct attempt *a;

	for (a = r->list; a < r->list + r->begun; a++) {
		if (!(a == r->winner ? a->known : a->slow) || !name_of(a->ai, name))
			continue;
		if (a == r->winner)
			memory_forget(name);
		else
			memory_note(name,
			    a->error == 0 ? "has not answered in time" : strerror(a->error), true);
	}
}

/* ---- the race ----------------------------------------------------------------------------- */

static int
place(const struct attempt *a)
{
	return ((a->last ? 2 : 0) + (a->ai->ai_family == AF_INET ? 0 : 1));
}

/* Behind those of the same place. */
static void
add(struct race *r, const struct attempt *a)
{
	size_t i;

	for (i = r->n++; i > 0 && place(&r->list[i - 1]) > place(a); i--)
		r->list[i] = r->list[i - 1];
	r->list[i] = *a;
}

static void
line_up(struct race *r, const struct addrinfo *list, bool remembers)
{
	struct memory memory;
	const struct addrinfo *ai;
	struct attempt a;

	memory.n = 0;
	if (remembers)
		memory_read(&memory);
	for (ai = list; ai != NULL; ai = ai->ai_next) {
		a = (struct attempt){.ai = ai, .fd = -1};
		recall(&a, &memory);
		add(r, &a);
	}
}

static void
add_words(const struct race *r, struct runtool_error *err)
{
	char address[NI_MAXHOST];
	const struct attempt *a;

	for (a = r->list; a < r->list + r->begun; a++)
		if (getnameinfo(a->ai->ai_addr, a->ai->ai_addrlen, address, sizeof(address), NULL,
			0, NI_NUMERICHOST) == 0)
			error_add(err, " (%s: %s)", address, strerror(a->error));
}

int
race(const struct addrinfo *list, const struct race_rules *rules, struct runtool_error *err)
{
	/* Of a single one there is nothing to be learnt. */
	bool remembers = rules->remembers && list->ai_next != NULL;
	const struct addrinfo *ai;
	struct race r = {0};
	size_t n = 1;
	int fd = -1;

	for (ai = list->ai_next; ai != NULL; ai = ai->ai_next)
		n++;
	r.list = calloc(n, sizeof(*r.list));
	r.fds = calloc(n + 1, sizeof(*r.fds));
	if (r.list == NULL || r.fds == NULL) {
		error_set(err, RUNTOOL_INTERNAL, "out of memory");
	} else {
		line_up(&r, list, remembers);
		if ((fd = run(&r, rules->deadline, rules->control)) == -1) {
			error_set(err, RUNTOOL_TRANSPORT, "cannot connect");
			add_words(&r, err);
		} else if (remembers) {
			remember(&r);
		}
	}
	free(r.list);
	free(r.fds);
	if (fd == -1 && control_ends(rules->control))
		return (control_words(rules->control, err));
	return (fd);
}
