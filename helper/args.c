/* args.c: the command line (see tool_launcher(8)). */
#include "helper.h"

/* What a switch takes. The last three are numbers. */
enum takes { NOTHING, STRINGS, TEXT, NAMESPACE, MASK, LOWER, DESCRIPTOR, LIMIT, COUNTED };

static const struct option {
	const char *name;
	enum takes takes;
	size_t field;
} options[] = {
    {"-t", NOTHING, offsetof(struct launch, testing)},
    {"-u", NOTHING, offsetof(struct launch, rootless)},
    {"-check", NOTHING, offsetof(struct launch, check)},
    {"-hold", NOTHING, offsetof(struct launch, hold)},
    {"-look", NOTHING, offsetof(struct launch, look)},
    {"-tty", NOTHING, offsetof(struct launch, tty)},
    {"-path", NOTHING, offsetof(struct launch, path_only)},
    {"-err", DESCRIPTOR, offsetof(struct launch, err)},
    {"-life", DESCRIPTOR, offsetof(struct launch, life)},
    {"-dbg", DESCRIPTOR, offsetof(struct launch, dbg)},
    {"-root", TEXT, offsetof(struct launch, root)},
    {"-wd", TEXT, offsetof(struct launch, where)},
    {"-own", TEXT, offsetof(struct launch, own)},
    {"-isolate", NAMESPACE, offsetof(struct launch, asked)},
    {"-nofile", LIMIT, offsetof(struct launch, nofile)},
    {"-stack", LIMIT, offsetof(struct launch, stack)},
    {"-umask", MASK, offsetof(struct launch, mask)},
    {"-limit", LOWER, offsetof(struct launch, lower)},
    {"-linger", LIMIT, offsetof(struct launch, linger)},
    {"-env", STRINGS, 0},
    {"-envc", COUNTED, 0},
    {NULL, NOTHING, 0},
};

bool
args_number(const char *s, unsigned long max, unsigned long *n)
{
	int shift;
	char *end;

	errno = 0;
	*n = strtoul(s, &end, strncmp(s, "0x", 2) == 0 ? 16 : 10);
	shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if (*s < '0' || *s > '9' || end[shift != 0] != '\0' || errno != 0 || *n > max >> shift)
		return (false);
	*n <<= shift;
	return (true);
}

/* A file mode creation mask: octal digits. */
static bool
take_mask(const char *s, mode_t *mask)
{
	size_t digits = strspn(s, "01234567");

	*mask = (mode_t)strtoul(s, NULL, 8);
	return (digits > 0 && digits <= 4 && s[digits] == '\0' && *mask <= 0777);
}

/* NAME=NUMBER; of several the lowest counts. */
static bool
take_limit(const char *s, rlim_t lower[RLIM_NLIMITS])
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
	    {"core=", RLIMIT_CORE},
	    {"cpu=", RLIMIT_CPU},
	    {"data=", RLIMIT_DATA},
	    {"fsize=", RLIMIT_FSIZE},
	    {"stack=", RLIMIT_STACK},
	    {"as=", RLIMIT_AS},
	};
	size_t i = 0, n = sizeof(limits) / sizeof(*limits);
	unsigned long number;
	rlim_t *limit;

	while (i < n && strncmp(s, limits[i].name, strlen(limits[i].name)) != 0)
		i++;
	if (i == n || !args_number(s + strlen(limits[i].name), ULONG_MAX, &number))
		return (false);
	limit = &lower[limits[i].resource];
	*limit = number < *limit ? number : *limit;
	return (true);
}

static void
take_value(struct launch *l, const struct option *o, const char *value)
{
	void *field = (char *)l + o->field;
	unsigned long n = 0;

	must(o->takes < DESCRIPTOR ||
		 args_number(value, o->takes == LIMIT ? ULONG_MAX : INT_MAX, &n),
	    BAD_DESCRIPTOR, "%s %.64s: not a number, or too large", o->name, value);
	if (o->takes == TEXT) {
		*(const char **)field = value;
	} else if (o->takes == NAMESPACE) {
		must(namespaces_word(value, field), UNKNOWN_SWITCH,
		    "-isolate %.64s: none, pid, ipc, uts or net", value);
	} else if (o->takes == MASK) {
		must(take_mask(value, field), UNKNOWN_SWITCH,
		    "-umask %.64s: not 0 to 0777, in octal", value);
	} else if (o->takes == LOWER) {
		must(take_limit(value, field), UNKNOWN_SWITCH,
		    "-limit %.64s: core, cpu, data, fsize, stack or as, = and a number", value);
	} else if (o->takes == LIMIT) {
		*(rlim_t *)field = n;
	} else if (o->takes == DESCRIPTOR) {
		/* Moved above 2 and made close-on-exec: the tool's own three stay what they are. */
		need(fcntl((int)n, F_GETFD) != -1, BAD_DESCRIPTOR, "%s %lu", o->name, n);
		*(int *)field = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
		need(*(int *)field != -1, CLOSE_ON_EXEC, "%s %lu", o->name, n);
		reporter.err = l->err;
		reporter.life = l->life;
	}
}

/*
 * Reads up to and with -cmd; returns what follows. The environment's strings are moved to the front
 * of argv, over switches that were read already, so nothing is allocated. Behind -env a word that
 * is no switch is a string; behind -envc N the next N words are, even if they look like switches.
 */
static char **
take_options(struct launch *l, char **next, char **end, char **env)
{
	const struct option *o;
	bool in_env = false;
	unsigned long n;
	char *s;

	while (next < end && strcmp(s = *next++, "-cmd") != 0) {
		for (o = options; o->name != NULL && strcmp(s, o->name) != 0;)
			o++;
		must(o->name != NULL || in_env, UNKNOWN_SWITCH,
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
		must(next < end, MISSING_SWITCH, "%s needs a value", s);
		take_value(l, o, s = *next++);
		if (o->takes != COUNTED)
			continue;
		for (args_number(s, INT_MAX, &n); n > 0; n--) {
			must(next < end, MISSING_SWITCH, "-envc %s: fewer strings follow", s);
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
	l->mask = S_IWGRP | S_IWOTH;
	memset(l->lower, 0xff, sizeof(l->lower));
	l->user = "the tool";
	l->env = argv;
	l->argv = take_options(l, argv + 1, argv + argc, argv);
	must(l->err != -1, MISSING_SWITCH, "-err is missing");
	must(l->root != NULL || (l->check && !l->testing), MISSING_SWITCH, "-root is missing");
	must(!l->testing || l->asked == 0, NO_ISOLATION, "-isolate cannot go with -t");
	must(*l->argv != NULL || l->check, NO_COMMAND, "no command");
}
