/* args.c: the command line (see tool_launcher(8)). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

/*
 * What each switch takes, and where it goes. -env, -envc and -cmd take more and stand in the code.
 */
enum takes { NOTHING, TEXT, DESCRIPTOR, LIMIT };

static const struct option {
	const char *name;
	enum takes takes;
	size_t field;
} options[] = {
    {"-t", NOTHING, offsetof(struct launch, testing)},
    {"-check", NOTHING, offsetof(struct launch, check)},
    {"-err", DESCRIPTOR, offsetof(struct launch, err)},
    {"-life", DESCRIPTOR, offsetof(struct launch, life)},
    {"-dbg", DESCRIPTOR, offsetof(struct launch, dbg)},
    {"-root", TEXT, offsetof(struct launch, root)},
    {"-wd", TEXT, offsetof(struct launch, where)},
    {"-isolate", TEXT, offsetof(struct launch, isolate)},
    {"-nofile", LIMIT, offsetof(struct launch, nofile)},
    {"-stack", LIMIT, offsetof(struct launch, stack)},
};
#define NOPTIONS (sizeof(options) / sizeof(*options))

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
	int fd = (int)take_number(a, name, INT_MAX), copy;

	if (fcntl(fd, F_GETFD) == -1)
		fail(LAUNCHER_BAD_DESCRIPTOR, errno, "%s %d", name, fd);
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		fail(LAUNCHER_CLOSE_ON_EXEC, errno, "%s %d", name, fd);
	return (copy);
}

static void
take_option(struct launch *l, const struct option *o, struct args *a)
{
	void *field = (char *)l + o->field;

	switch (o->takes) {
	case NOTHING:
		*(bool *)field = true;
		break;
	case TEXT:
		*(const char **)field = take(a, o->name);
		break;
	case DESCRIPTOR:
		*(int *)field = take_descriptor(a, o->name);
		report_to(l->err, l->life);
		break;
	case LIMIT:
		*(rlim_t *)field = take_number(a, o->name, ULONG_MAX);
		break;
	}
}

static void
add_env(struct args *a, char *string)
{
	*a->env_end++ = string;
}

/* Exactly as many strings as announced: one that looks like a switch is a string all the same. */
static void
take_counted_env(struct args *a)
{
	unsigned long n = take_number(a, "-envc", INT_MAX);

	if (n > (unsigned long)(a->end - a->next))
		fail(LAUNCHER_MISSING_SWITCH, 0, "-envc %lu: fewer strings follow", n);
	while (n-- > 0)
		add_env(a, *a->next++);
}

/* Up to -cmd; true if that came. What follows -env and is no switch is a string of it. */
static bool
take_options(struct launch *l, struct args *a)
{
	bool in_env = false;
	char *s;
	size_t i;

	while (a->next < a->end) {
		s = *a->next++;
		if (strcmp(s, "-cmd") == 0)
			return (true);
		for (i = 0; i < NOPTIONS && strcmp(s, options[i].name) != 0;)
			i++;
		if (i < NOPTIONS) {
			take_option(l, &options[i], a);
			in_env = false;
		} else if (strcmp(s, "-envc") == 0) {
			take_counted_env(a);
			in_env = false;
		} else if (strcmp(s, "-env") == 0) {
			in_env = true;
		} else if (in_env) {
			add_env(a, s);
		} else {
			fail(LAUNCHER_UNKNOWN_SWITCH, 0, "unknown switch %s (see helper_switches)",
			    s);
		}
	}
	return (false);
}

void
args_parse(struct launch *l, int argc, char **argv)
{
	struct args a = {.next = argv + 1, .end = argv + argc, .env_end = argv};
	bool command;

	*l = (struct launch){.err = -1, .dbg = -1, .life = -1, .root_fd = -1, .where_fd = -1};
	command = take_options(l, &a);
	l->argv = a.next;
	l->env = argv;
	*a.env_end = NULL;

	if (l->err == -1)
		fail(LAUNCHER_MISSING_SWITCH, 0, "-err is missing");
	if (l->root == NULL)
		fail(LAUNCHER_MISSING_SWITCH, 0, "-root is missing");
	if (l->isolate != NULL && strcmp(l->isolate, "pid") == 0)
		l->pid_space = true;
	else if (l->isolate != NULL && strcmp(l->isolate, "none") != 0)
		fail(LAUNCHER_UNKNOWN_SWITCH, 0, "-isolate %s: must be pid or none", l->isolate);
	if (l->pid_space && (l->testing || (l->life == -1 && !l->check)))
		fail(LAUNCHER_NO_ISOLATION, 0, "-isolate pid needs -life, and cannot go with -t");
	if (!l->check && (!command || *l->argv == NULL))
		fail(LAUNCHER_NO_COMMAND, 0, "no command");
}
