#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/deadline.h"
#include "signals.h"
#include "terminal.h"

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

#define ECHO_MS 200

/* One of each: handlers belong to the process, and get no argument. */
static struct runtool *volatile connection;
static volatile sig_atomic_t came[NSIG];
static volatile sig_atomic_t ending, ticks, cancelled;
static volatile int64_t ending_at; /* used in handlers only */

void
signals_die(int sig)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;

	terminal_restore();
	prctl(PR_SET_DUMPABLE, 0);
	sigaction(sig, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + sig);
}

static void
cancel(void)
{
	cancelled = 1;
	if (connection != NULL)
		runtool_cancel(connection);
}

/* timeout(1) signals its child, and then its whole process group. */
static bool
is_echo(int sig)
{
	return (sig == ending && deadline_now() - ending_at < ECHO_MS);
}

static void
take_ending(int sig)
{
	if (ending == 0) {
		ending = sig;
		ending_at = deadline_now();
		alarm(1);
	} else if (!is_echo(sig)) {
		cancel();
	}
}

static void
forward(int sig)
{
	int saved = errno;

	/* There is no run that could take it: it is for us. */
	if (connection == NULL || (runtool_signal(connection, sig) == -1 && errno == ESRCH))
		signals_die(sig);
	came[sig] = 1;
	if (sig != SIGUSR1 && sig != SIGUSR2)
		take_ending(sig);
	errno = saved;
}

/*
 * Every second: a write that begins to block just after an ending signal is interrupted by the next
 * tick. The last tick cancels.
 */
static void
tick(int sig)
{
	int saved = errno;

	(void)sig;
	if (++ticks >= SIGNALS_PATIENCE)
		cancel();
	else
		alarm(1);
	errno = saved;
}

static void
handle(int sig, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	/* One handler at a time: they share the variables above. */
	sigfillset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

void
signals_forward(struct runtool *c)
{
	struct sigaction old;
	sigset_t set;
	size_t i;

	connection = c;
	handle(SIGALRM, tick);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	for (i = 0; i < FORWARDED; i++)
		if (sigaction(forwarded[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			handle(forwarded[i], forward);
}

void
signals_stop_forwarding(void)
{
	alarm(0);
	connection = NULL;
}

bool
signals_came(int sig)
{
	return (sig > 0 && sig < NSIG && came[sig] != 0);
}

int
signals_ending(void)
{
	return (ending);
}

bool
signals_end_writes(void)
{
	return (cancelled != 0 || ticks > 0);
}

bool
signals_cancelled(void)
{
	return (cancelled != 0);
}
