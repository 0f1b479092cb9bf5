#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean.h"

#define PATH_FOR_ALL "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

extern char **environ;

/* As a login gives them: what is not named has no limit. */
static const struct limit {
	int resource;
	rlim_t soft, hard;
} limits[] = {
    {RLIMIT_NOFILE, 1024, 1 << 19},
    {RLIMIT_STACK, 8 << 20, RLIM_INFINITY},
    {RLIMIT_CORE, 0, RLIM_INFINITY},
    {RLIMIT_MEMLOCK, 8 << 20, 8 << 20},
    {RLIMIT_AS, RLIM_INFINITY, RLIM_INFINITY},
    {RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY},
    {RLIMIT_DATA, RLIM_INFINITY, RLIM_INFINITY},
    {RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY},
    {RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY},
};

/* Not everybody may raise the hard limit. */
void
clean_limits(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit all = {limits[i].soft, limits[i].hard}, old;

		if (setrlimit(limits[i].resource, &all) == 0 ||
		    getrlimit(limits[i].resource, &old) == -1)
			continue;
		old.rlim_cur = all.rlim_cur < old.rlim_max ? all.rlim_cur : old.rlim_max;
		setrlimit(limits[i].resource, &old);
	}
}

static void
set_signals(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
clean_handlers(void)
{
	static const int caught[] = {SIGALRM, SIGINT, SIGTERM};
	struct sigaction usual = {.sa_handler = SIG_DFL}, is;

	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		if (sigaction(caught[i], NULL, &is) == 0 && is.sa_handler != SIG_IGN)
			sigaction(caught[i], &usual, NULL);
}

static bool
is_ours(const char *variable)
{
	static const char *const ours[] = {"CI", "TMPDIR", "RUNTOOL_BUILD", "ASAN_OPTIONS",
	    "TSAN_OPTIONS", "UBSAN_OPTIONS", "RUNTOOL_LEVEL", "RUNTOOL_NO_SKIP", "RUNTOOL_PREFIX",
	    "RUNTOOL_REPORT", "RUNTOOL_SDK", "RUNTOOL_SERVER_ONLY", "RUNTOOL_SOURCES",
	    "RUNTOOL_TEST", "RUNTOOL_TESTS", "RUNTOOL_UID"};
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strlen(ours[i]) == len && memcmp(ours[i], variable, len) == 0)
			return (true);
	return (false);
}

static void
set_environment(void)
{
	char **to = environ;

	for (char **from = environ; *from != NULL; from++)
		if (is_ours(*from))
			*to++ = *from;
	*to = NULL;
	setenv("PATH", PATH_FOR_ALL, 1);
}

/* Each open() takes the lowest number that is free. */
static void
set_descriptors(int keep)
{
	int null;

	while ((null = open("/dev/null", O_RDWR)) != -1 && null <= keep)
		continue;
	if (null == -1)
		_exit(1);
	dup2(null, 0);
	close_range((unsigned int)keep + 1, ~0U, 0);
}

static void
leave_terminal(void)
{
	int tty;

	if (setsid() != -1 || (tty = open("/dev/tty", O_RDWR | O_CLOEXEC)) == -1)
		return;
	ioctl(tty, TIOCNOTTY);
	close(tty);
}

void
clean_process(int keep)
{
	set_signals();
	umask(022);
	set_descriptors(keep);
	leave_terminal();
	clean_limits();
	set_environment();
}
