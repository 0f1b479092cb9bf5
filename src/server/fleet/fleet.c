#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <bsd/string.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "lib/thread.h"
#include "server/base/clock.h"
#include "server/base/identity.h"
#include "server/base/stats.h"
#include "server/runs/queue.h"
#include "fleet.h"
#include "multiply.h"
#include "peers.h"
#include "ping.h"
#include "registry.h"

#define MS_PER_SECOND 1000
#define TICK_MS	      1000
#define REGISTER_BY   30 /* seconds, from the start */
#define WHY_SIZE      256
#define ELSEWHERE     "the first server is on %s (one_host = yes)"
#define SHOWN	      512 /* bytes of what others wrote, in the log */

struct fleet {
	const struct fleet_config *config;
	struct queue *queue;
	void (*changed)(void);
	pthread_t thread;
	int orders; /* eventfd: leave */

	char why[WHY_SIZE];
	atomic_bool wants_to_leave; /* then `why` is there, for good */
	atomic_bool leaving, has_left;

	/* The rest is the thread's. Times are monotonic milliseconds. */
	struct record self;
	struct registry *registry;
	struct peers *peers;
	struct pinger *pinger;
	int64_t started, look_at, busy_at, there_at;
	int64_t runs;	 /* at busy_at */
	bool looking;	 /* not decided yet whether it is needed at all */
	bool registered; /* it has been registered once */
	int trouble;	 /* errno of the last look; 0: none */
};

static void want_to_leave(struct fleet *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* ---- the others ---------------------------------------------------------------------------- */

static void
tell_odd(struct fleet *f)
{
	const struct records_odd *odd;
	char name[SHOWN];

	while ((odd = peers_next_odd(f->peers)) != NULL)
		log_warn("fleet: %s: %s: %s", log_quote(name, sizeof(name), odd->name),
		    odd->unreadable ? "cannot be read" : "malformed", odd->why);
}

static void
tell_trouble(struct fleet *f, int error)
{
	if (error != 0 && error != f->trouble)
		log_warn("fleet: %s: cannot be read: %s", f->config->dir, records_words(error));
	else if (error == 0 && f->trouble != 0)
		log_info("fleet: %s: can be read again", f->config->dir);
	f->trouble = error;
}

static void
look(struct fleet *f)
{
	struct records records = {0};
	int error = 0;

	if (records_read(f->config->dir, f->config->area, &records) == -1 ||
	    peers_look(f->peers, &records, clock_ms()) == -1)
		error = errno;
	records_free(&records);
	tell_trouble(f, error);
	tell_odd(f);
	f->look_at = clock_ms() + (int64_t)f->config->touch_interval * MS_PER_SECOND;
}

static void
ask(struct fleet *f, const struct record *r)
{
	if (pinger_ask(f->pinger, r) == -1)
		peers_answer(f->peers, r->name, r->id, PEERS_NOT_ASKED, clock_ms());
}

static void
ask_others(struct fleet *f)
{
	const struct record *r;

	while (pinger_busy(f->pinger) < PING_MAX &&
	       (r = peers_next_ping(f->peers, clock_ms())) != NULL)
		ask(f, r);
}

static void
take_answers(struct fleet *f)
{
	struct ping_answer a;

	while (pinger_take(f->pinger, &a)) {
		if (memcmp(a.id, f->self.id, sizeof(a.id)) == 0) {
			if (a.answer == PEERS_SILENT || a.answer == PEERS_OTHER_ID)
				log_warn("fleet: %s port %s does not lead to this server: %s (see "
					 "advertise and listen)",
				    f->self.host, f->self.port, a.why);
		} else if (peers_answer(f->peers, a.name, a.id, a.answer, clock_ms())) {
			log_warn("fleet: %s: %s%s", a.name,
			    a.answer == PEERS_SILENT ? "does not answer: " : "", a.why);
		}
	}
}

static void
remove_dead(struct fleet *f)
{
	const struct record *r;

	while ((r = peers_next_dead(f->peers)) != NULL) {
		if (records_remove(f->config->dir, r) == 0)
			log_info("fleet: %s: removed: its server does not answer, and nothing "
				 "touched it for %d s",
			    r->name, f->config->stale_after);
		else if (errno != EAGAIN && errno != ENOENT)
			log_warn("fleet: %s: its server does not answer, but it cannot be removed: "
				 "%s",
			    r->name, strerror(errno));
	}
}

/* ---- this server --------------------------------------------------------------------------- */

static void
want_to_leave(struct fleet *f, const char *fmt, ...)
{
	va_list ap;

	/* Only the first reason counts: others may be reading it already. */
	if (atomic_load(&f->wants_to_leave))
		return;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	atomic_store(&f->wants_to_leave, true);
	f->changed();
}

/* With one_host: whether the first server is on another host, and ahead of us. */
static bool
is_elsewhere(const struct fleet *f, const struct record *first)
{
	const struct record *self = registry_record(f->registry);

	return (f->config->one_host && first != NULL && strcasecmp(first->host, self->host) != 0 &&
		(!f->registered || record_is_ahead(first, self)));
}

/* Before it registers: whether it is needed at all. */
static void
consider_staying(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct peers_summary others;

	peers_summarize(f->peers, &f->self, &others);
	if (others.good >= (unsigned int)c->max_servers)
		want_to_leave(
		    f, "enough others answer: %u (max_servers = %d)", others.good, c->max_servers);
	else if (is_elsewhere(f, others.first))
		want_to_leave(f, ELSEWHERE, others.first->host);
	else if ((others.settled && f->trouble == 0) ||
		 clock_ms() >= f->started + (int64_t)c->ping_timeout * MS_PER_SECOND)
		f->looking = false;
}

/* Leaves if enough others are ahead: several may have started at once. */
static void
make_room(struct fleet *f)
{
	unsigned int max = (unsigned int)f->config->max_servers;
	struct peers_summary others;

	peers_summarize(f->peers, registry_record(f->registry), &others);
	if (others.ahead < max && !is_elsewhere(f, others.first))
		return;
	look(f);
	peers_summarize(f->peers, registry_record(f->registry), &others);
	if (f->trouble != 0)
		return;
	if (others.ahead >= max)
		want_to_leave(f, "enough others started earlier: %u (max_servers = %d)",
		    others.ahead, f->config->max_servers);
	else if (is_elsewhere(f, others.first))
		want_to_leave(f, ELSEWHERE, others.first->host);
}

/*
 * Keeps our record in the directory. A directory that fails may come back; but a server that nobody
 * finds for too long is of no use.
 */
static void
keep_record(struct fleet *f)
{
	int64_t now = clock_ms();
	int patience = f->registered ? f->config->stale_after : REGISTER_BY;

	switch (registry_tick(f->registry, now)) {
	case REGISTRY_PENDING:
		if (now >= f->there_at + (int64_t)patience * MS_PER_SECOND)
			want_to_leave(f, "%s %d s",
			    f->registered ? "our record has vanished for" : "not registered after",
			    patience);
		break;
	case REGISTRY_THERE:
		f->there_at = now;
		/* From now on it has a place in the order. */
		if (!f->registered)
			f->look_at = now;
		f->registered = true;
		break;
	case REGISTRY_LOST:
		want_to_leave(f, "our record vanished again");
		break;
	}
}

static void
look_at_work(struct fleet *f)
{
	int64_t now = clock_ms(), runs = stats_get(STATS_RUNS) + stats_get(STATS_FAILURES);
	struct queue_load load = queue_load(f->queue);

	if (load.told.in_flight > 0 || runs != f->runs) {
		f->busy_at = now;
		f->runs = runs;
	} else if (f->config->idle_timeout > 0 &&
		   now >= f->busy_at + (int64_t)f->config->idle_timeout * MS_PER_SECOND) {
		want_to_leave(f, "idle for %d s (idle_timeout)", f->config->idle_timeout);
	}
}

/* Acts on a wish for another server, if it is time. When it will be; 0: there is no wish. */
static int64_t
multiply(struct fleet *f)
{
	struct peers_summary others;
	int64_t due = multiply_due(clock_ms());

	if (!deadline_over(due))
		return (due);
	look(f);
	ask_others(f);
	peers_summarize(f->peers, registry_record(f->registry), &others);
	/* A newcomer counts once it has answered: wait until all were asked. */
	if (others.settled && f->trouble == 0)
		multiply_act(f->config, others.registered, clock_ms());
	return (0);
}

/* Does what is due. When to do so again. */
static int64_t
tick(struct fleet *f)
{
	take_answers(f);
	if (f->looking || clock_ms() >= f->look_at)
		look(f);
	ask_others(f);
	remove_dead(f);
	if (f->looking)
		consider_staying(f);
	if (!f->looking)
		keep_record(f);
	if (f->registered)
		make_room(f);
	look_at_work(f);
	if (!f->registered || atomic_load(&f->wants_to_leave))
		return (deadline_in(TICK_MS));
	return (deadline_sooner(multiply(f), deadline_in(TICK_MS)));
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* Waits for an order, an answer, or the moment `until` (0: for ever). */
static void
await(struct fleet *f, int64_t until)
{
	struct pollfd fds[] = {
	    {.fd = f->orders, .events = POLLIN}, {.fd = pinger_fd(f->pinger), .events = POLLIN}};

	deadline_poll(fds, atomic_load(&f->wants_to_leave) ? 1 : 2, until);
}

static void *
fleet_thread(void *arg)
{
	struct fleet *f = arg;

	/* Checks that others can reach it under the name that the record will have. */
	ask(f, &f->self);
	while (!atomic_load(&f->leaving))
		await(f, atomic_load(&f->wants_to_leave) ? 0 : tick(f));
	registry_remove(f->registry);
	atomic_store(&f->has_left, true);
	f->changed();
	return (NULL);
}

static void
describe_self(struct fleet *f, unsigned int port)
{
	const char *host = f->config->advertise;
	char name[HOST_NAME_MAX + 1], err[WHY_SIZE];

	if (host == NULL && gethostname(name, sizeof(name)) == -1)
		fatal("fleet: this host's name: %s", strerror(errno));
	if (record_make(&f->self, host != NULL ? host : name, port, getpid(), f->config->area,
		identity_unique(), err, sizeof(err)) == -1)
		fatal("fleet: %s", err);
}

struct fleet *
fleet_start(const struct settings *s, unsigned int port, struct queue *queue, void (*changed)(void))
{
	struct fleet *f;
	int error;

	if (s->fleet.dir == NULL)
		return (NULL);
	if ((f = calloc(1, sizeof(*f))) == NULL)
		fatal("fleet: %s", strerror(errno));
	f->config = &s->fleet;
	f->queue = queue;
	f->changed = changed;
	f->looking = true;
	f->started = f->busy_at = f->there_at = clock_ms();
	describe_self(f, port);
	if ((f->orders = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (f->registry = registry_new(f->config, &f->self)) == NULL ||
	    (f->peers = peers_new(f->config, f->self.id)) == NULL ||
	    (f->pinger = pinger_new(f->config->ping_timeout * MS_PER_SECOND)) == NULL)
		fatal("fleet: %s", strerror(errno));
	if ((error = thread_start(&f->thread, 0, fleet_thread, f)) != 0)
		fatal("fleet: %s", strerror(error));
	return (f);
}

/* ---- for the loop -------------------------------------------------------------------------- */

const char *
fleet_wants_to_leave(const struct fleet *f)
{
	return (f != NULL && atomic_load(&f->wants_to_leave) ? f->why : NULL);
}

void
fleet_leave(struct fleet *f, const char *why)
{
	if (f == NULL)
		return;
	log_info("fleet: leaving: %s", why);
	atomic_store(&f->leaving, true);
	(void)eventfd_write(f->orders, 1);
}

bool
fleet_has_left(const struct fleet *f)
{
	return (f == NULL || atomic_load(&f->has_left));
}

bool
fleet_free(struct fleet *f)
{
	if (f == NULL)
		return (true);
	if (!atomic_load(&f->has_left))
		return (false);
	pthread_join(f->thread, NULL);
	pinger_free(f->pinger);
	peers_free(f->peers);
	registry_free(f->registry);
	close(f->orders);
	free(f);
	return (true);
}
