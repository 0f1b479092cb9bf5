#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "pause.h"

enum occasion { BEFORE, AFTER, AFTER_SIGNALED, AFTER_ERROR, NOCCASIONS };

static const char *const names[NOCCASIONS] = {
    "STOP_BEFORE_TOOL",
    "STOP_AFTER_TOOL",
    "STOP_AFTER_TOOL_SIGNALED",
    "STOP_AFTER_TOOL_ERROR",
};

/* One for the process: its environment and its terminal. */
static bool wanted[NOCCASIONS];
static bool have_terminal;
static pthread_mutex_t terminal = PTHREAD_MUTEX_INITIALIZER; /* one tool at a time */

void
pause_init(void)
{
	int i;

	have_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	for (i = 0; i < NOCCASIONS; i++)
		wanted[i] = getenv(names[i]) != NULL;
}

bool
pause_wanted(void)
{
	int i;

	for (i = 0; i < NOCCASIONS; i++)
		if (wanted[i])
			return (true);
	return (false);
}

static void
pause_at(enum occasion occasion, const char *root, const char *what)
{
	int c;

	if (!have_terminal) {
		log_info("stop: %s is set, but there is no terminal: going on (%s%s)",
		    names[occasion], root, what);
		return;
	}
	pthread_mutex_lock(&terminal);
	printf("%s: %s%s; press Enter to go on: ", names[occasion], root, what);
	fflush(stdout);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
	pthread_mutex_unlock(&terminal);
}

void
pause_before_tool(const char *root)
{
	if (wanted[BEFORE])
		pause_at(BEFORE, root, "");
}

void
pause_after_tool(const char *root, int wait_status)
{
	char what[64] = "";

	if (WIFSIGNALED(wait_status)) {
		snprintf(what, sizeof(what), " signal %d (%s)", WTERMSIG(wait_status),
		    strsignal(WTERMSIG(wait_status)));
		if (wanted[AFTER_SIGNALED]) {
			pause_at(AFTER_SIGNALED, root, what);
			return;
		}
	} else if (WEXITSTATUS(wait_status) != 0) {
		snprintf(what, sizeof(what), " status %d", WEXITSTATUS(wait_status));
		if (wanted[AFTER_ERROR]) {
			pause_at(AFTER_ERROR, root, what);
			return;
		}
	}
	if (wanted[AFTER])
		pause_at(AFTER, root, what);
}
