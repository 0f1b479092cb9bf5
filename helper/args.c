/* args.c: the command line (see tool_launcher(8)). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

/*
 * What is left of the command line. The environment's strings move to its front, over switches that
 * are taken already: so nothing is allocated.
 */
struct args {
	char **next;
	char **end;
	char **env_end;
};

static char *
take(struct args *a, const char *name)
{
	if (a->next == a->end)
		fail(LAUNCHER_MISSING_SWITCH, 0, "%s needs a value", name);
	return (*a->next++);
}

static unsigned long
take_number(struct args *a, const char *name, unsigned long max)
{
	const char *s = take(a, name);
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno != 0 || *end != '\0' || *s < '0' || *s > '9' || n > max)
		fail(LAUNCHER_BAD_DESCRIPTOR, 0, "%s %s: not a number, or too large", name, s);
	return (n);
}

/* Moved above 2 and made close-on-exec: the tool's own three stay what they are. */
static int
take_descriptor(struct args *a, const char *name)
{
	int fd = (int)take_number(a, name, INT_MAX);
	int copy;

	if (fcntl(fd, F_GETFD) == -1)
		fail(LAUNCHER_BAD_DESCRIPTOR, errno, "%s %d", name, fd);
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		fail(LAUNCHER_CLOSE_ON_EXEC, errno, "%s %d", name, fd);
	return (copy);
}

static void
take_isolation(struct launch *l, struct args *a)
{
	const char *how = take(a, "-isolate");

	if (strcmp(how, "pid") == 0)
		l->pid_space = true;
	else if (strcmp(how, "none") == 0)
		l->pid_space = false;
	else
		fail(LAUNCHER_UNKNOWN_SWITCH, 0, "-isolate %s: must be pid or none", how);
}

/* Exactly as many strings as announced: one that looks like a switch is a string all the same. */
static void
take_counted_env(struct args *a)
{
	unsigned long n = take_number(a, "-envc", INT_MAX);

	if (n > (unsigned long)(a->end - a->next))
		fail(LAUNCHER_MISSING_SWITCH, 0, "-envc %lu: fewer strings follow", n);
	while (n-- > 0)
		*a->env_end++ = *a->next++;
}

/* One switch; false at -cmd, which ends them. */
static bool
take_switch(struct launch *l, struct args *a, bool *in_env)
{
	char *s = *a->next++;
	bool was_in_env = *in_env;

	*in_env = false;
	if (strcmp(s, "-cmd") == 0)
		return (false);
	if (strcmp(s, "-err") == 0) {
		l->err = take_descriptor(a, s);
		report_to(l->err, l->life);
	} else if (strcmp(s, "-life") == 0) {
		l->life = take_descriptor(a, s);
		report_to(l->err, l->life);
	} else if (strcmp(s, "-dbg") == 0) {
		l->dbg = take_descriptor(a, s);
	} else if (strcmp(s, "-root") == 0) {
		l->root = take(a, s);
	} else if (strcmp(s, "-wd") == 0) {
		l->where = take(a, s);
	} else if (strcmp(s, "-isolate") == 0) {
		take_isolation(l, a);
	} else if (strcmp(s, "-nofile") == 0) {
		l->nofile = take_number(a, s, ULONG_MAX);
		l->has_nofile = true;
	} else if (strcmp(s, "-stack") == 0) {
		l->stack = take_number(a, s, ULONG_MAX);
		l->has_stack = true;
	} else if (strcmp(s, "-envc") == 0) {
		take_counted_env(a);
	} else if (strcmp(s, "-env") == 0) {
		*in_env = true;
	} else if (strcmp(s, "-t") == 0) {
		l->testing = true;
	} else if (strcmp(s, "-check") == 0) {
		l->check = true;
	} else if (was_in_env) {
		*a->env_end++ = s;
		*in_env = true;
	} else {
		fail(LAUNCHER_UNKNOWN_SWITCH, 0, "unknown switch %s (see helper_switches)", s);
	}
	return (true);
}

void
args_parse(struct launch *l, int argc, char **argv)
{
	struct args a = {.next = argv + 1, .end = argv + argc, .env_end = argv};
	bool in_env = false, command = false;

	*l = (struct launch){.err = -1, .dbg = -1, .life = -1, .root_fd = -1, .where_fd = -1};
	while (!command && a.next < a.end)
		command = !take_switch(l, &a, &in_env);
	l->argv = a.next;
	l->env = argv;
	*a.env_end = NULL;

	if (l->err == -1)
		fail(LAUNCHER_MISSING_SWITCH, 0, "-err is missing");
	if (l->root == NULL)
		fail(LAUNCHER_MISSING_SWITCH, 0, "-root is missing");
	if (l->pid_space && (l->testing || (l->life == -1 && !l->check)))
		fail(LAUNCHER_NO_ISOLATION, 0, "-isolate pid needs -life, and cannot go with -t");
	if (!l->check && (!command || *l->argv == NULL))
		fail(LAUNCHER_NO_COMMAND, 0, "no command");
}
