#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "host.h"
#include "log.h"
#include "paths.h"
#include "rpc5.h"
#include "settings.h"

#define RUN_TOOL    "Run_Tool"
#define FLEET	    "Run_Tool_Fleet"
#define MAX_LIST    64 /* addresses or directories in one value */
#define BLANKS	    " \t"
#define MAX_THREADS 4096
#define AREA_BYTES  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

enum type { T_INT, T_CORE, T_STRING, T_LISTEN, T_ALLOW, T_RELAY_HOSTS, T_DIRS, T_ISOLATE, T_AREA };

/* The default of an int is `number`, of a string `text`; HOST: what this host is like. */
#define HOST INT64_MIN

struct setting {
	const char *section, *name;
	size_t offset;
	enum type type;
	long long min, max, number;
	const char *text;
	bool command; /* runs a command: not taken from a file merely found */
};

#define AT(field) offsetof(struct settings, field)

/* clang-format off */
static const struct setting table[] = {
	{ RUN_TOOL, "SRPC_port",		AT(port),		T_INT,		0, 65535, 21776,	NULL, false },
	{ RUN_TOOL, "server_max_threads",	AT(max_threads),	T_INT,		1, MAX_THREADS, HOST,		NULL, false },
	{ RUN_TOOL, "server_max_pending",	AT(max_pending),	T_INT,		0, 1000000, HOST,	NULL, false },
	{ RUN_TOOL, "helper",			AT(helper),		T_STRING,	0, 0, 0, LIBEXECDIR "/tool_launcher", true },
	{ RUN_TOOL, "helper_switches",		AT(helper_switches),	T_STRING,	0, 0, 0,		"", true },
	{ RUN_TOOL, "VolatileRootName",		AT(volatile_root),	T_STRING,	0, 0, 0,		"", false },
	{ RUN_TOOL, "volatile_root_inode",	AT(volatile_root_inode), T_INT,		0, INT32_MAX, 0,	NULL, false },
	{ RUN_TOOL, "sysname",			AT(sysname),		T_STRING,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "release",			AT(release),		T_STRING,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "version",			AT(version),		T_STRING,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "machine",			AT(machine),		T_STRING,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "cpus",			AT(cpus),		T_INT,		1, INT32_MAX, HOST,	NULL, false },
	{ RUN_TOOL, "cpuMHz",			AT(cpu_mhz),		T_INT,		0, INT32_MAX, HOST,	NULL, false },
	{ RUN_TOOL, "memKB",			AT(mem_kb),		T_INT,		0, INT32_MAX, HOST,	NULL, false },
	{ RUN_TOOL, "sync_after_tool",		AT(sync_after_tool),	T_INT,		0, 10, 1,		NULL, false },
	{ RUN_TOOL, "coredumpsize_limit",	AT(core_limit),		T_CORE,		INT64_MIN, INT64_MAX, 0, NULL, false },
	{ RUN_TOOL, "isolate",			AT(isolate),		T_ISOLATE,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "kill_grace",		AT(kill_grace),		T_INT,		0, 3600, 10,		NULL, false },
	{ RUN_TOOL, "drain_timeout",		AT(drain_timeout),	T_INT,		0, 604800, 0,		NULL, false },
	{ RUN_TOOL, "listen",			AT(listen),		T_LISTEN,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "allow",			AT(allow),		T_ALLOW,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "relay_timeout",		AT(relay_timeout),	T_INT,		1, 3600, 10,		NULL, false },
	{ RUN_TOOL, "relay_hosts",		AT(relay_any),		T_RELAY_HOSTS,	0, 0, 0,		NULL, false },
	{ RUN_TOOL, "stdin_dirs",		AT(stdin_dirs),		T_DIRS,		0, 0, 0,		NULL, false },
	{ RUN_TOOL, "request_timeout",		AT(request_timeout),	T_INT,		1, 86400, 30,		NULL, false },
	{ RUN_TOOL, "max_request_bytes",	AT(max_request_bytes),	T_INT,		1024, 1 << 30, 4194304,	NULL, false },
	{ RUN_TOOL, "max_connections",		AT(max_connections),	T_INT,		0, 1000000, 0,		NULL, false },
	{ RUN_TOOL, "max_connections_per_host",	AT(max_connections_per_host), T_INT,	0, 1000000, 0,		NULL, false },
	{ RUN_TOOL, "max_interface_version",	AT(max_version),	T_INT,		0, RPC5_VERSION, RPC5_VERSION, NULL, false },
	{ RUN_TOOL, "info_read_timeout",	AT(info_read_timeout),	T_INT,		0, 86400, 120,		NULL, false },
	{ FLEET, "area",			AT(area),		T_AREA,		0, 0, 0,		"default", false },
	{ FLEET, "loaded_at",			AT(loaded_at),		T_INT,		0, 1000000, 20,		NULL, false },
	{ "Repository", "runtool_user",		AT(runtool_user),	T_STRING,	0, 0, 0,		NULL, false },
};
/* clang-format on */

#define NSETTINGS (sizeof(table) / sizeof(*table))

static void *
field_of(struct settings *s, const struct setting *what)
{
	return ((char *)s + what->offset);
}

static int
set_int(struct settings *s, const struct setting *what, const char *value, char *why, size_t size)
{
	const char *bad;
	long long n = strtonum(value, what->min, what->max, &bad);

	if (bad != NULL) {
		snprintf(why, size, "must be a number between %lld and %lld", what->min, what->max);
		return (-1);
	}
	*(int *)field_of(s, what) = (int)n;
	return (0);
}

static int
set_string(
    struct settings *s, const struct setting *what, const char *value, char *why, size_t size)
{
	char **field = field_of(s, what), *copy = NULL;

	/* An empty one is the same as none. */
	if (*value != '\0' && (copy = strdup(value)) == NULL) {
		strlcpy(why, strerror(errno), size);
		return (-1);
	}
	free(*field);
	*field = copy;
	return (0);
}

static int
set_area(struct settings *s, const struct setting *what, const char *value, char *why, size_t size)
{
	if (*value == '\0' || value[strspn(value, AREA_BYTES)] != '\0') {
		strlcpy(why, "must be letters, digits, `.`, `_` and `-`", size);
		return (-1);
	}
	return (set_string(s, what, value, why, size));
}

static int
set_core(struct settings *s, const char *value, char *why, size_t size)
{
	const char *bad;

	s->has_core_limit = *value != '\0';
	if (!s->has_core_limit)
		return (0);
	s->core_limit = strtonum(value, INT64_MIN, INT64_MAX, &bad);
	if (bad != NULL) {
		strlcpy(why, "must be a number of bytes, 0 for none, or negative for the maximum",
		    size);
		return (-1);
	}
	return (0);
}

static int
set_relay_hosts(struct settings *s, const char *value, char *why, size_t size)
{
	s->relay_any = strcmp(value, "any") == 0;
	if (!s->relay_any && *value != '\0') {
		strlcpy(why, "must be any, or empty", size);
		return (-1);
	}
	return (0);
}

/* Hands each word of `value` to `take`, which says what is wrong with it, or NULL. */
static int
each_word(const char *value, const char *(*take)(struct settings *, const char *),
    struct settings *s, char *why, size_t size)
{
	char *copy, *word, *rest;
	const char *bad = NULL;

	if ((copy = strdup(value)) == NULL) {
		strlcpy(why, strerror(errno), size);
		return (-1);
	}
	word = strtok_r(copy, BLANKS, &rest);
	for (; word != NULL && bad == NULL; word = strtok_r(NULL, BLANKS, &rest))
		if ((bad = take(s, word)) != NULL)
			snprintf(why, size, "%s: %s", word, bad);
	free(copy);
	return (bad == NULL ? 0 : -1);
}

static const char *
add_listen(struct settings *s, const char *word)
{
	if (s->nlisten == MAX_LIST)
		return ("too many addresses");
	if (addr_parse(word, &s->listen[s->nlisten]) == -1)
		return ("must be an IPv4 or IPv6 address");
	s->nlisten++;
	return (NULL);
}

static const char *
add_allow(struct settings *s, const char *word)
{
	const char *why;

	if (s->nallow == MAX_LIST)
		return ("too many addresses");
	if (addr_block_parse(word, &s->allow[s->nallow], &why) == -1)
		return (why);
	s->nallow++;
	return (NULL);
}

static const char *
add_stdin_dir(struct settings *s, const char *word)
{
	char *copy;

	if (*word != '/')
		return ("must be an absolute path name");
	if (s->nstdin_dirs == MAX_LIST)
		return ("too many directories");
	if ((copy = strdup(word)) == NULL)
		return (strerror(errno));
	s->stdin_dirs[s->nstdin_dirs++] = copy;
	return (NULL);
}

static void
clear_stdin_dirs(struct settings *s)
{
	while (s->nstdin_dirs > 0)
		free(s->stdin_dirs[--s->nstdin_dirs]);
}

const char *const settings_isolations[SETTINGS_ISOLATIONS] = {"pid", "ipc", "uts", "net"};

#define ISOLATIONS "must be none, or some of pid, ipc, uts and net, separated by blanks"

static const char *
add_isolation(struct settings *s, const char *word)
{
	int i;

	for (i = 0; i < SETTINGS_ISOLATIONS; i++) {
		if (strcmp(word, settings_isolations[i]) == 0) {
			s->isolate |= 1U << i;
			return (NULL);
		}
	}
	return (ISOLATIONS);
}

static int
set_isolate(struct settings *s, const char *value, char *why, size_t size)
{
	s->isolate = ISOLATE_NONE;
	if (strcmp(value, "none") == 0)
		return (0);
	if (*value != '\0')
		return (each_word(value, add_isolation, s, why, size));
	strlcpy(why, ISOLATIONS, size);
	return (-1);
}

static int
set_value(struct settings *s, const struct setting *what, const char *value, char *why, size_t size)
{
	switch (what->type) {
	case T_INT:
		return (set_int(s, what, value, why, size));
	case T_STRING:
		return (set_string(s, what, value, why, size));
	case T_AREA:
		return (set_area(s, what, value, why, size));
	case T_CORE:
		return (set_core(s, value, why, size));
	case T_ISOLATE:
		return (set_isolate(s, value, why, size));
	case T_RELAY_HOSTS:
		return (set_relay_hosts(s, value, why, size));
	case T_LISTEN:
		s->nlisten = 0;
		return (each_word(value, add_listen, s, why, size));
	case T_ALLOW:
		s->nallow = 0;
		return (each_word(value, add_allow, s, why, size));
	case T_DIRS:
		clear_stdin_dirs(s);
		return (each_word(value, add_stdin_dir, s, why, size));
	}
	return (-1);
}

static const struct setting *
find(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < NSETTINGS; i++)
		if (strcmp(table[i].section, section) == 0 && strcmp(table[i].name, name) == 0)
			return (&table[i]);
	return (NULL);
}

static int
from_config(struct settings *s, bool *is_set, const struct config *config, bool in_cwd, char *err,
    size_t errsize)
{
	const struct config_value *v;
	const struct setting *what;
	char why[256];
	size_t i;

	for (i = 0; (v = config_at(config, i)) != NULL; i++) {
		if ((what = find(v->section, v->name)) == NULL) {
			if (strcmp(v->section, FLEET) == 0) {
				snprintf(err, errsize, "%s:%d: [%s]%s is not known", v->file,
				    v->line, v->section, v->name);
				return (-1);
			}
			if (strcmp(v->section, RUN_TOOL) == 0)
				log_warn("%s:%d: [%s]%s is not known here", v->file, v->line,
				    v->section, v->name);
			continue;
		}
		if (what->command && in_cwd) {
			log_warn("%s:%d: [%s]%s is not taken from a file found in the current "
				 "directory: "
				 "name it with -c",
			    v->file, v->line, v->section, v->name);
			continue;
		}
		/* Only the last value of a name counts: earlier ones may be wrong. */
		if (config_get(config, v->section, v->name) != v)
			continue;
		if (set_value(s, what, v->value, why, sizeof(why)) == -1) {
			snprintf(err, errsize, "%s:%d: [%s]%s = %s: %s", v->file, v->line,
			    v->section, v->name, v->value, why);
			return (-1);
		}
		is_set[what - table] = what->type != T_STRING || *v->value != '\0';
	}
	return (0);
}

static int
from_override(struct settings *s, bool *is_set, const char *text, char *err, size_t errsize)
{
	const struct setting *what = NULL;
	const char *equals = strchr(text, '=');
	char name[64], why[256];

	if (equals == NULL || (size_t)(equals - text) >= sizeof(name)) {
		snprintf(err, errsize, "-o %s: must be NAME=VALUE", text);
		return (-1);
	}
	memcpy(name, text, (size_t)(equals - text));
	name[equals - text] = '\0';
	if ((what = find(RUN_TOOL, name)) == NULL && (what = find(FLEET, name)) == NULL) {
		snprintf(err, errsize, "-o %s: [" RUN_TOOL "]%s is not known", text, name);
		return (-1);
	}
	if (set_value(s, what, equals + 1, why, sizeof(why)) == -1) {
		snprintf(err, errsize, "-o %s: [%s]%s = %s: %s", text, what->section, name,
		    equals + 1, why);
		return (-1);
	}
	is_set[what - table] = what->type != T_STRING || equals[1] != '\0';
	return (0);
}

/* helper_switches: -t, -u and -d are the server's business as well; the rest is the launcher's. */
static void
look_at_switches(struct settings *s)
{
	char *copy, *word, *rest;
	int n = 0;

	if ((copy = strdup(s->helper_switches)) == NULL)
		fatal("memory: %s", strerror(errno));
	word = strtok_r(copy, BLANKS, &rest);
	for (; word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
		if (strcmp(word, "-t") == 0)
			s->testing = true;
		else if (strcmp(word, "-u") == 0)
			s->rootless = true;
		else if (strcmp(word, "-d") == 0)
			s->helper_debug = true;
		if (++n > SETTINGS_MAX_SWITCHES)
			fatal("[" RUN_TOOL "]helper_switches = %s: must be at most %d words",
			    s->helper_switches, SETTINGS_MAX_SWITCHES);
	}
	free(copy);
}

static void
set_defaults(struct settings *s, const bool *is_set)
{
	const struct setting *what;

	host_describe(s);
	for (what = table; what < table + NSETTINGS; what++) {
		if (is_set[what - table])
			continue;
		if (what->type == T_INT && what->number != HOST)
			*(int *)field_of(s, what) = (int)what->number;
		if ((what->type == T_STRING || what->type == T_AREA) && what->text != NULL &&
		    (*(char **)field_of(s, what) = strdup(what->text)) == NULL)
			fatal("memory: %s", strerror(errno));
	}
	look_at_switches(s);
	if (!is_set[find(RUN_TOOL, "server_max_threads") - table])
		s->max_threads = s->cpus < MAX_THREADS ? s->cpus : MAX_THREADS;
	if (!is_set[find(RUN_TOOL, "server_max_pending") - table])
		s->max_pending = 8 * s->max_threads;
	if (!is_set[find(RUN_TOOL, "isolate") - table])
		s->isolate = s->testing ? ISOLATE_NONE : ISOLATE_PID;
}

int
settings_load(struct settings *s, const struct config *config, bool in_cwd,
    const char *const *overrides, size_t noverrides, char *err, size_t errsize)
{
	bool is_set[NSETTINGS] = {false};
	size_t i;

	*s = (struct settings){0};
	s->listen = calloc(MAX_LIST, sizeof(*s->listen));
	s->allow = calloc(MAX_LIST, sizeof(*s->allow));
	s->stdin_dirs = calloc(MAX_LIST, sizeof(*s->stdin_dirs));
	if (s->listen == NULL || s->allow == NULL || s->stdin_dirs == NULL)
		fatal("memory: %s", strerror(errno));
	if (config != NULL && from_config(s, is_set, config, in_cwd, err, errsize) == -1)
		return (-1);
	for (i = 0; i < noverrides; i++)
		if (from_override(s, is_set, overrides[i], err, errsize) == -1)
			return (-1);
	set_defaults(s, is_set);
	return (0);
}

void
settings_free(struct settings *s)
{
	size_t i;

	for (i = 0; i < NSETTINGS; i++)
		if (table[i].type == T_STRING || table[i].type == T_AREA)
			free(*(char **)field_of(s, &table[i]));
	free(s->listen);
	free(s->allow);
	clear_stdin_dirs(s);
	free(s->stdin_dirs);
	*s = (struct settings){0};
}

static void
print_isolation(const struct settings *s, FILE *out)
{
	const char *separator = "";
	int i;

	if (s->isolate == ISOLATE_NONE)
		fprintf(out, "none");
	for (i = 0; i < SETTINGS_ISOLATIONS; i++) {
		if ((s->isolate & 1U << i) == 0)
			continue;
		fprintf(out, "%s%s", separator, settings_isolations[i]);
		separator = " ";
	}
}

static void
print_value(const struct settings *s, const struct setting *what, FILE *out)
{
	const void *field = (const char *)s + what->offset;
	char text[ADDR_TEXT_SIZE];
	const char *string;
	size_t i;

	switch (what->type) {
	case T_INT:
		fprintf(out, "%d", *(const int *)field);
		break;
	case T_STRING:
	case T_AREA:
		string = *(char *const *)field;
		fprintf(out, "%s", string == NULL ? "" : string);
		break;
	case T_CORE:
		if (s->has_core_limit)
			fprintf(out, "%lld", s->core_limit);
		break;
	case T_ISOLATE:
		print_isolation(s, out);
		break;
	case T_RELAY_HOSTS:
		fprintf(out, "%s", s->relay_any ? "any" : "");
		break;
	case T_LISTEN:
		for (i = 0; i < s->nlisten; i++)
			fprintf(out, "%s%s", i > 0 ? " " : "",
			    addr_format_host(&s->listen[i], text, sizeof(text)));
		break;
	case T_ALLOW:
		for (i = 0; i < s->nallow; i++)
			fprintf(out, "%s%s/%u", i > 0 ? " " : "",
			    addr_format_host(&s->allow[i].base, text, sizeof(text)),
			    s->allow[i].bits);
		break;
	case T_DIRS:
		for (i = 0; i < s->nstdin_dirs; i++)
			fprintf(out, "%s%s", i > 0 ? " " : "", s->stdin_dirs[i]);
		break;
	}
}

void
settings_print(const struct settings *s, FILE *out)
{
	const struct setting *what;

	for (what = table; what < table + NSETTINGS; what++) {
		fprintf(out, "[%s]%s = ", what->section, what->name);
		print_value(s, what, out);
		fprintf(out, "\n");
	}
}
