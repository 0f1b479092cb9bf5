#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <bsd/string.h>
#include <bsd/sys/queue.h>

#include "lib/thread.h"
#include "runtool.h"
#include "ping.h"

#define STACK_SIZE ((size_t)256 * 1024)

struct ping {
	struct pinger *pinger;
	char host[sizeof(((struct record *)NULL)->host)];
	char port[sizeof(((struct record *)NULL)->port)];
	struct ping_answer answer;
	STAILQ_ENTRY(ping) entry;
};

/* It lives until its owner and all threads are done with it. */
struct pinger {
	int timeout_ms;
	int answered;	      /* eventfd */
	unsigned int busy;    /* used by its owner's thread only */
	pthread_mutex_t lock; /* of what follows */
	STAILQ_HEAD(pings, ping) answers;
	unsigned int users;
	bool abandoned;
};

struct pinger *
pinger_new(int timeout_ms)
{
	struct pinger *p;
	int saved;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	if ((p->answered = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1) {
		saved = errno;
		free(p);
		errno = saved;
		return (NULL);
	}
	p->timeout_ms = timeout_ms;
	p->users = 1;
	STAILQ_INIT(&p->answers);
	pthread_mutex_init(&p->lock, NULL);
	return (p);
}

static struct ping *
next_answer(struct pinger *p)
{
	struct ping *ping;

	pthread_mutex_lock(&p->lock);
	if ((ping = STAILQ_FIRST(&p->answers)) != NULL)
		STAILQ_REMOVE_HEAD(&p->answers, entry);
	pthread_mutex_unlock(&p->lock);
	return (ping);
}

static void
release(struct pinger *p)
{
	bool last;

	pthread_mutex_lock(&p->lock);
	last = --p->users == 0;
	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&p->lock);
	close(p->answered);
	free(p);
}

void
pinger_free(struct pinger *p)
{
	struct ping *ping;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->abandoned = true;
	pthread_mutex_unlock(&p->lock);
	while ((ping = next_answer(p)) != NULL)
		free(ping);
	release(p);
}

/* If something of ours keeps us from asking, that says nothing about the server. */
static void
ask(struct ping *ping)
{
	struct ping_answer *a = &ping->answer;
	struct runtool_error why = {.size = sizeof(why)};
	struct runtool_ping got = {.size = sizeof(got)};
	struct runtool *r;

	r = runtool_connect(ping->host, ping->port, ping->pinger->timeout_ms, &why);
	if (r != NULL && runtool_ping(r, &got, &why) == 0) {
		a->answer =
		    memcmp(got.unique, a->id, sizeof(a->id)) == 0 ? PEERS_ANSWERED : PEERS_OTHER_ID;
		strlcpy(a->why, "another server answers", sizeof(a->why));
	} else {
		a->answer = why.code == RUNTOOL_INTERNAL ? PEERS_NOT_ASKED : PEERS_SILENT;
		strlcpy(a->why, why.message, sizeof(a->why));
	}
	runtool_close(r);
}

static void *
ask_thread(void *arg)
{
	struct ping *ping = arg;
	struct pinger *p = ping->pinger;

	ask(ping);
	pthread_mutex_lock(&p->lock);
	if (p->abandoned)
		free(ping);
	else
		STAILQ_INSERT_TAIL(&p->answers, ping, entry);
	pthread_mutex_unlock(&p->lock);
	(void)eventfd_write(p->answered, 1);
	release(p);
	return (NULL);
}

int
pinger_ask(struct pinger *p, const struct record *record)
{
	struct ping *ping;
	int error;

	if ((ping = calloc(1, sizeof(*ping))) == NULL)
		return (-1);
	ping->pinger = p;
	strlcpy(ping->host, record->host, sizeof(ping->host));
	strlcpy(ping->port, record->port, sizeof(ping->port));
	strlcpy(ping->answer.name, record->name, sizeof(ping->answer.name));
	memcpy(ping->answer.id, record->id, sizeof(ping->answer.id));
	pthread_mutex_lock(&p->lock);
	p->users++;
	pthread_mutex_unlock(&p->lock);
	if ((error = thread_start(NULL, STACK_SIZE, ask_thread, ping)) != 0) {
		free(ping);
		release(p);
		errno = error;
		return (-1);
	}
	p->busy++;
	return (0);
}

bool
pinger_take(struct pinger *p, struct ping_answer *answer)
{
	eventfd_t count;
	struct ping *ping;

	(void)eventfd_read(p->answered, &count);
	if ((ping = next_answer(p)) == NULL)
		return (false);
	p->busy--;
	*answer = ping->answer;
	free(ping);
	return (true);
}

int
pinger_fd(const struct pinger *p)
{
	return (p->answered);
}

unsigned int
pinger_busy(const struct pinger *p)
{
	return (p->busy);
}
