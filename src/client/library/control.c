#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control.h"
#include "lib/deadline.h"
#include "lib/error.h"

_Static_assert(
    ATOMIC_BOOL_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
    "signal handlers may use atomics that need no lock");

static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM};

int
control_open(struct control *k)
{
	atomic_init(&k->active, false);
	atomic_init(&k->cancelled, false);
	atomic_init(&k->signals, 0);
	atomic_init(&k->size, 0);
	atomic_init(&k->also, -1);
	k->ending = 0;
	k->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return (k->fd == -1 ? -1 : 0);
}

void
control_close(struct control *k)
{
	close(k->fd);
}

void
control_also(struct control *k, int fd)
{
	atomic_store(&k->also, fd);
}

void
control_begin(struct control *k)
{
	/* Left from the last call, if it ended at the same moment. */
	control_take(k);
	k->ending = 0;
	atomic_store(&k->size, 0);
	atomic_store(&k->active, true);
}

void
control_end(struct control *k)
{
	atomic_store(&k->active, false);
	atomic_store(&k->cancelled, false);
}

static void
wake_up(int fd)
{
	int saved = errno;

	(void)eventfd_write(fd, 1);
	errno = saved;
}

void
control_wake(struct control *k)
{
	wake_up(k->fd);
}

bool
control_signal(struct control *k, int signal)
{
	if (!atomic_load(&k->active))
		return (false);
	atomic_fetch_or(&k->signals, CONTROL_BIT(signal));
	control_wake(k);
	return (true);
}

bool
control_resize(struct control *k, int32_t size)
{
	if (!atomic_load(&k->active))
		return (false);
	atomic_store(&k->size, size);
	control_wake(k);
	return (true);
}

int32_t
control_take_size(struct control *k)
{
	return (atomic_exchange(&k->size, 0));
}

void
control_cancel(struct control *k)
{
	int also = atomic_load(&k->also);

	atomic_store(&k->cancelled, true);
	control_wake(k);
	if (also != -1)
		wake_up(also);
}

uint64_t
control_take(struct control *k)
{
	eventfd_t count;
	uint64_t signals;
	size_t i;

	(void)eventfd_read(k->fd, &count);
	signals = atomic_exchange(&k->signals, 0);
	for (i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		if (k->ending == 0 && (signals & CONTROL_BIT(ending_signals[i])) != 0)
			k->ending = ending_signals[i];
	return (signals);
}

bool
control_cancelled(const struct control *k)
{
	return (atomic_load(&k->cancelled));
}

bool
control_ends(struct control *k)
{
	control_take(k);
	return (atomic_load(&k->active) && (control_cancelled(k) || k->ending != 0));
}

int
control_words(const struct control *k, struct runtool_error *err)
{
	if (control_cancelled(k))
		return (error_set(err, RUNTOOL_CANCELLED, "cancelled"));
	return (error_set(err, RUNTOOL_CANCELLED,
	    "cancelled by signal %d (SIG%s) before the tool started", k->ending,
	    sigabbrev_np(k->ending)));
}

int
control_wait(struct control *k, int64_t deadline, struct runtool_error *err)
{
	struct pollfd pfd = {.fd = k->fd, .events = POLLIN};

	while (!control_ends(k)) {
		if (deadline_over(deadline))
			return (0);
		if (deadline_poll(&pfd, 1, deadline) == -1)
			return (error_set(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
	}
	return (control_words(k, err));
}
