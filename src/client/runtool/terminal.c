#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "escape.h"
#include "terminal.h"

#define MAX_SIDE  32767 /* rows or columns of a size that can be sent */
#define READ_SIZE 1024

static const char help[] = "\r\n~.   leave, and end the command\r\n"
			   "~^Z  suspend runtool\r\n"
			   "~~   send ~\r\n"
			   "~?   this\r\n"
			   "at the start of a line\r\n";

/* One of each: a program has one terminal, and handlers get no argument. */
static struct runtool *volatile connection; /* whose run has the terminal; NULL: none */
static volatile sig_atomic_t started, raw, left;
static struct termios before, during;
static struct escape keys;

bool
terminal_has_outputs(void)
{
	return (isatty(STDOUT_FILENO) && isatty(STDERR_FILENO));
}

void
terminal_size(int *rows, int *columns)
{
	static const int fds[] = {STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO};
	struct winsize size;
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (ioctl(fds[i], TIOCGWINSZ, &size) == -1)
			continue;
		*rows = size.ws_row < MAX_SIDE ? size.ws_row : MAX_SIDE;
		*columns = size.ws_col < MAX_SIDE ? size.ws_col : MAX_SIDE;
		return;
	}
}

/* ---- what handlers do, too ---------------------------------------------------------------- */

void
terminal_restore(void)
{
	int saved = errno;

	/* In the background it is somebody else's, and to change it would stop us. */
	if (raw != 0 && tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	raw = 0;
	errno = saved;
}

static void
make_raw(void)
{
	if (raw != 0 || started == 0 || tcgetpgrp(STDIN_FILENO) != getpgrp())
		return;
	raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &during);
}

static void
tell_size(void)
{
	int rows = 0, columns = 0;

	terminal_size(&rows, &columns);
	if (connection != NULL)
		runtool_resize(connection, rows, columns);
}

static void
handle(int sig, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	/* One handler at a time: they share the variables above. */
	sigfillset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

/* The size is another, or we have been continued, and whoever had the terminal has changed it. */
static void
look_again(int sig)
{
	int saved = errno;

	if (sig == SIGCONT)
		raw = 0;
	make_raw();
	tell_size();
	errno = saved;
}

static void
suspend(int sig)
{
	int saved = errno;
	sigset_t set;

	terminal_restore();
	handle(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	handle(sig, suspend);
	errno = saved;
}

/* ---- the course of a run ------------------------------------------------------------------ */

bool
terminal_open(void)
{
	/* Setting it as it is stops us in the background. */
	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) == -1 ||
	    tcsetattr(STDIN_FILENO, TCSANOW, &before) == -1 ||
	    tcgetattr(STDIN_FILENO, &before) == -1)
		return (false);
	during = before;
	cfmakeraw(&during);
	return (true);
}

void
terminal_lend(struct runtool *c)
{
	struct sigaction old;

	connection = c;
	started = 0;
	keys = (struct escape){0};
	handle(SIGWINCH, look_again);
	handle(SIGCONT, look_again);
	if (sigaction(SIGTSTP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		handle(SIGTSTP, suspend);
}

void
terminal_give_back(void)
{
	connection = NULL;
	started = 0;
	terminal_restore();
}

void
terminal_started(void *arg)
{
	(void)arg;
	started = 1;
	make_raw();
	tell_size();
}

static void
obey(enum escape_wish wish)
{
	switch (wish) {
	case ESCAPE_NONE:
		break;
	case ESCAPE_LEAVE:
		left = 1;
		runtool_cancel(connection);
		break;
	case ESCAPE_SUSPEND:
		raise(SIGTSTP);
		break;
	case ESCAPE_HELP:
		(void)!write(STDOUT_FILENO, help, sizeof(help) - 1);
		break;
	}
}

ptrdiff_t
terminal_read(void *arg, void *data, size_t size)
{
	char typed[READ_SIZE], *out = data;
	size_t most = size / ESCAPE_MOST, taken = 0;
	enum escape_wish wish;
	ssize_t n, i;

	(void)arg;
	/* We may have come to the foreground without a signal. */
	make_raw();
	n = most == 0 ? -1 : read(STDIN_FILENO, typed, most < READ_SIZE ? most : READ_SIZE);
	if (n == 0 || (n == -1 && errno == EIO))
		return (0);
	for (i = 0; i < n; i++) {
		taken += escape_take(&keys, typed[i], out + taken, &wish);
		obey(wish);
	}
	return (taken == 0 ? -1 : (ptrdiff_t)taken);
}

bool
terminal_was_left(void)
{
	return (left != 0);
}
