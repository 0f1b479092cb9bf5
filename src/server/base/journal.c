#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/thread.h"
#include "journal.h"

#define SIZE	     ((size_t)256 * 1024)
#define LAST_SECONDS 2 /* for what is left when the process exits */

/* A line in the ring: this, and its bytes. */
struct line {
	int priority;
	size_t len;
};

/* One for the process, as the log is. */
static struct {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t more;  /* a line was put in */
	pthread_cond_t done;  /* nothing is left */
	char ring[SIZE];
	size_t first, used; /* bytes */
	bool writing;	    /* a line was taken out and is not written yet */
	bool started;
	unsigned long dropped; /* since the last line that said so */
} journal = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
static bool use_syslog;

/* ---- the ring; under the lock ------------------------------------------------------------ */

static void
put_bytes(const void *from, size_t n)
{
	size_t at = (journal.first + journal.used) % SIZE, head = n < SIZE - at ? n : SIZE - at;

	memcpy(journal.ring + at, from, head);
	memcpy(journal.ring, (const char *)from + head, n - head);
	journal.used += n;
}

static void
take_bytes(void *to, size_t n)
{
	size_t head = n < SIZE - journal.first ? n : SIZE - journal.first;

	memcpy(to, journal.ring + journal.first, head);
	memcpy((char *)to + head, journal.ring, n - head);
	journal.first = (journal.first + n) % SIZE;
	journal.used -= n;
}

static bool
put_line(int priority, const char *text)
{
	struct line l = {.priority = priority, .len = strlen(text)};

	if (sizeof(l) + l.len > SIZE - journal.used)
		return (false);
	put_bytes(&l, sizeof(l));
	put_bytes(text, l.len);
	return (true);
}

/*
 * The lines that were dropped came before all that may be put in from now on. Half of the ring must
 * be free, so that they do not alternate with others. False: this one has to be dropped as well.
 */
static bool
put_dropped(void)
{
	char text[80];

	if (journal.dropped == 0)
		return (true);
	if (journal.used > SIZE / 2)
		return (false);
	snprintf(
	    text, sizeof(text), "log: %lu lines were dropped: nobody took them", journal.dropped);
	put_line(LOG_WARNING, text);
	journal.dropped = 0;
	return (true);
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Whatever else goes wrong with stderr, nobody could be told. */
static void
write_all(const char *bytes, size_t n)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t done;

	while (n > 0) {
		done = write(STDERR_FILENO, bytes, n);
		if (done == -1 && errno == EAGAIN)
			poll(&p, 1, -1);
		else if (done == -1 && errno != EINTR)
			return;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
}

/* May take for ever. */
static void
write_line(int priority, const char *text)
{
	char line[LOG_MAX_LINE + sizeof(LOG_PROGRAM ": \n")];
	int n;

	if (use_syslog) {
		syslog(priority, "%s", text);
		return;
	}
	n = snprintf(line, sizeof(line), LOG_PROGRAM ": %s\n", text);
	write_all(line, (size_t)n);
}

static void *
run(void *arg)
{
	char text[LOG_MAX_LINE];
	struct line l;

	pthread_mutex_lock(&journal.lock);
	for (;;) {
		journal.writing = false;
		put_dropped();
		if (journal.used == 0) {
			pthread_cond_broadcast(&journal.done);
			pthread_cond_wait(&journal.more, &journal.lock);
			continue;
		}
		take_bytes(&l, sizeof(l));
		take_bytes(text, l.len);
		text[l.len] = '\0';
		journal.writing = true;
		pthread_mutex_unlock(&journal.lock);
		write_line(l.priority, text);
		pthread_mutex_lock(&journal.lock);
	}
	return (arg);
}

/* 0, or an errno. */
static int
start(void)
{
	int error = journal.started ? 0 : thread_start(NULL, 0, run, NULL);

	journal.started = error == 0;
	return (error);
}

/* At the exit of the process. A thread that cannot write is left behind. */
static void
finish(void)
{
	struct timespec until;

	if (start() != 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LAST_SECONDS;
	pthread_mutex_lock(&journal.lock);
	while (journal.used > 0 || journal.writing)
		if (pthread_cond_timedwait(&journal.done, &journal.lock, &until) != 0)
			break;
	pthread_mutex_unlock(&journal.lock);
}

/* ---- for others -------------------------------------------------------------------------- */

static void
take(int priority, const char *text)
{
	pthread_mutex_lock(&journal.lock);
	if (!put_dropped() || !put_line(priority, text))
		journal.dropped++;
	pthread_cond_signal(&journal.more);
	pthread_mutex_unlock(&journal.lock);
}

void
journal_open(bool to_syslog)
{
	pthread_condattr_t attr;

	use_syslog = to_syslog;
	if (to_syslog)
		openlog(LOG_PROGRAM, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&journal.done, &attr);
	pthread_condattr_destroy(&attr);
	atexit(finish);
	(void)at_quick_exit(finish);
	log_divert(take, to_syslog);
}

void
journal_start(void)
{
	int error = start();

	if (error != 0)
		fatal("cannot start threads: %s", strerror(error));
}
