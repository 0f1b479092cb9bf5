/* args.c: the command line (see tool_launcher(8)). */
#include <stdlib.h>

#include "helper.h"

/* What a switch takes. The last three are numbers. */
enum takes { NOTHING, STRINGS, TEXT, NAMESPACE, DESCRIPTOR, LIMIT, COUNTED };

static const struct option {
	const char *name;
	enum takes takes;
	size_t field;
} options[] = {
    {"-t", NOTHING, offsetof(struct launch, testing)},
    {"-u", NOTHING, offsetof(struct launch, rootless)},
    {"-check", NOTHING, offsetof(struct launch, check)},
    {"-hold", NOTHING, offsetof(struct launch, hold)},
    {"-err", DESCRIPTOR, offsetof(struct launch, err)},
    {"-life", DESCRIPTOR, offsetof(struct launch, life)},
    {"-dbg", DESCRIPTOR, offsetof(struct launch, dbg)},
    {"-root", TEXT, offsetof(struct launch, root)},
    {"-wd", TEXT, offsetof(struct launch, where)},
    {"-isolate", NAMESPACE, offsetof(struct launch, isolate)},
    {"-nofile", LIMIT, offsetof(struct launch, nofile)},
    {"-stack", LIMIT, offsetof(struct launch, stack)},
    {"-env", STRINGS, 0},
    {"-envc", COUNTED, 0},
    {NULL, NOTHING, 0},
};

bool
args_number(const char *s, unsigned long max, unsigned long *n)
{
	const char *unit;
	char *end;
	int shift = 0;

	errno = 0;
	*n = strtoul(s, &end, strncmp(s, "0x", 2) == 0 ? 16 : 10);
	if (*end != '\0' && (unit = strchr("KMG", *end)) != NULL) {
		shift = *unit == 'K' ? 10 : *unit == 'M' ? 20 : 30;
		end++;
	}
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0 || *n > max >> shift)
		return (false);
	*n <<= shift;
	return (true);
}

/* Moved above 2 and made close-on-exec: the tool's own three stay what they are. */
static int
take_descriptor(const char *name, int fd)
{
	int copy;

	if (fcntl(fd, F_GETFD) == -1)
		fail(LAUNCHER_BAD_DESCRIPTOR, errno, "%s %d", name, fd);
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		fail(LAUNCHER_CLOSE_ON_EXEC, errno, "%s %d", name, fd);
	return (copy);
}

static void
take_value(struct launch *l, const struct option *o, const char *value)
{
	void *field = (char *)l + o->field;
	unsigned long n = 0;

	if (o->takes >= DESCRIPTOR &&
	    !args_number(value, o->takes == LIMIT ? ULONG_MAX : INT_MAX, &n))
		fail(LAUNCHER_BAD_DESCRIPTOR, 0, "%s %.64s: not a number, or too large", o->name,
		    value);
	if (o->takes == TEXT)
		*(const char **)field = value;
	else if (o->takes == LIMIT)
		*(rlim_t *)field = n;
	else if (o->takes == DESCRIPTOR)
		*(int *)field = take_descriptor(o->name, (int)n);
	else if (o->takes == NAMESPACE && !namespaces_word(value, field))
		fail(LAUNCHER_UNKNOWN_SWITCH, 0, "-isolate %.64s: none, pid, ipc, uts or net",
		    value);
	reporter.err = l->err;
	reporter.life = l->life;
}

/*
 * Up to and with -cmd. The environment's strings move to the front of argv, over switches that are
 * taken already: so nothing is allocated. What follows -env and is no switch is a string; of -envc
 * exactly as many as announced, even if they look like switches.
 */
static char **
take_options(struct launch *l, char **next, char **end, char **env)
{
	const struct option *o = NULL;
	bool in_env = false;
	unsigned long n;
	char *s;

	while (next < end && strcmp(s = *next++, "-cmd") != 0) {
		for (o = options; o->name != NULL && strcmp(s, o->name) != 0;)
			o++;
		if (o->name == NULL && !in_env)
			fail(LAUNCHER_UNKNOWN_SWITCH, 0,
			    "unknown switch %.64s (see helper_switches)", s);
		if (o->name == NULL) {
			*env++ = s;
			continue;
		}
		in_env = o->takes == STRINGS;
		if (o->takes == NOTHING)
			*(bool *)((char *)l + o->field) = true;
		if (o->takes <= STRINGS)
			continue;
		if (next == end)
			fail(LAUNCHER_MISSING_SWITCH, 0, "%s needs a value", s);
		take_value(l, o, s = *next++);
		if (o->takes != COUNTED)
			continue;
		for (args_number(s, INT_MAX, &n); n > 0; n--) {
			if (next == end)
				fail(LAUNCHER_MISSING_SWITCH, 0, "-envc %s: fewer strings follow",
				    s);
			*env++ = *next++;
		}
	}
	*env = NULL;
	return (next);
}

void
args_parse(struct launch *l, int argc, char **argv)
{
	l->err = l->dbg = l->life = l->root_fd = -1;
	l->env = argv;
	l->argv = take_options(l, argv + 1, argv + argc, argv);

	if (l->err == -1)
		fail(LAUNCHER_MISSING_SWITCH, 0, "-err is missing");
	if (l->root == NULL && (!l->check || l->testing))
		fail(LAUNCHER_MISSING_SWITCH, 0, "-root is missing");
	if (l->testing && l->isolate != 0)
		fail(LAUNCHER_NO_ISOLATION, 0, "-isolate cannot go with -t");
	if (*l->argv == NULL && !l->check)
		fail(LAUNCHER_NO_COMMAND, 0, "no command");
}
