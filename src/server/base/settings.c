#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "paths.h"
#include "lib/log.h"
#include "lib/rpc5.h"
#include "lib/setting.h"
#include "host.h"
#include "settings.h"

#define RUN_TOOL      "Run_Tool"
#define MAX_LIST      64 /* addresses or directories in one value */
#define BLANKS	      " \t"
#define MAX_THREADS   4096
#define NOT_SET	      (-1) /* for a number that may be 0 */
#define ISOLATE_UNSET (~0U)

#define AT(field)  offsetof(struct settings, field)
#define TEXT(x)	   #x
#define TEXT_OF(x) TEXT(x)

/* ---- types of our own --------------------------------------------------------------------- */

static int
set_core(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	struct settings *s = object;
	const char *bad;

	(void)what;
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

static void
print_core(const void *object, const struct setting *what, FILE *out)
{
	const struct settings *s = object;

	(void)what;
	if (s->has_core_limit)
		fprintf(out, "%lld", s->core_limit);
}

static const struct setting_type core_limit = {set_core, print_core, NULL};

static int
set_relay_hosts(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	struct settings *s = object;

	(void)what;
	s->relay_any = strcmp(value, "any") == 0;
	if (!s->relay_any && *value != '\0') {
		strlcpy(why, "must be any, or empty", size);
		return (-1);
	}
	return (0);
}

static void
print_relay_hosts(const void *object, const struct setting *what, FILE *out)
{
	(void)what;
	if (((const struct settings *)object)->relay_any)
		fputs("any", out);
}

static const struct setting_type relay_hosts = {set_relay_hosts, print_relay_hosts, NULL};

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

static int
set_listen(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	struct settings *s = object;

	(void)what;
	s->nlisten = 0;
	return (each_word(value, add_listen, s, why, size));
}

static void
print_listen(const void *object, const struct setting *what, FILE *out)
{
	const struct settings *s = object;
	char text[ADDR_TEXT_SIZE];
	size_t i;

	(void)what;
	for (i = 0; i < s->nlisten; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "",
		    addr_format_host(&s->listen[i], text, sizeof(text)));
}

static const struct setting_type listen_list = {set_listen, print_listen, NULL};

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

static int
set_allow(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	struct settings *s = object;

	(void)what;
	s->nallow = 0;
	return (each_word(value, add_allow, s, why, size));
}

static void
print_allow(const void *object, const struct setting *what, FILE *out)
{
	const struct settings *s = object;
	char text[ADDR_TEXT_SIZE];
	size_t i;

	(void)what;
	for (i = 0; i < s->nallow; i++)
		fprintf(out, "%s%s/%u", i > 0 ? " " : "",
		    addr_format_host(&s->allow[i].base, text, sizeof(text)), s->allow[i].bits);
}

static const struct setting_type allow_list = {set_allow, print_allow, NULL};

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
clear_stdin_dirs(void *object, const struct setting *what)
{
	struct settings *s = object;

	(void)what;
	while (s->nstdin_dirs > 0)
		free(s->stdin_dirs[--s->nstdin_dirs]);
}

static int
set_stdin_dirs(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	clear_stdin_dirs(object, what);
	return (each_word(value, add_stdin_dir, object, why, size));
}

static void
print_stdin_dirs(const void *object, const struct setting *what, FILE *out)
{
	const struct settings *s = object;
	size_t i;

	(void)what;
	for (i = 0; i < s->nstdin_dirs; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", s->stdin_dirs[i]);
}

static const struct setting_type stdin_dirs = {set_stdin_dirs, print_stdin_dirs, clear_stdin_dirs};

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
set_isolate(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	struct settings *s = object;

	(void)what;
	s->isolate = ISOLATE_NONE;
	if (strcmp(value, "none") == 0)
		return (0);
	if (*value != '\0')
		return (each_word(value, add_isolation, s, why, size));
	strlcpy(why, ISOLATIONS, size);
	return (-1);
}

static void
print_isolate(const void *object, const struct setting *what, FILE *out)
{
	const struct settings *s = object;
	const char *separator = "";
	int i;

	(void)what;
	if (s->isolate == ISOLATE_NONE)
		fprintf(out, "none");
	for (i = 0; i < SETTINGS_ISOLATIONS; i++) {
		if ((s->isolate & 1U << i) == 0)
			continue;
		fprintf(out, "%s%s", separator, settings_isolations[i]);
		separator = " ";
	}
}

static const struct setting_type isolate = {set_isolate, print_isolate, NULL};

/* clang-format off */
static const struct setting settings[] = {
	{ RUN_TOOL,     "SRPC_port",                AT(port),                     &setting_int,    "21776",                      0, 65535,               false },
	{ RUN_TOOL,     "server_max_threads",       AT(max_threads),              &setting_int,    NULL,                         1, MAX_THREADS,         false },
	{ RUN_TOOL,     "server_max_pending",       AT(max_pending),              &setting_int,    NULL,                         0, 1000000,             false },
	{ RUN_TOOL,     "helper",                   AT(helper),                   &setting_string, LIBEXECDIR "/tool_launcher",  0, 0,                   true },
	{ RUN_TOOL,     "helper_switches",          AT(helper_switches),          &setting_string, "",                           0, 0,                   true },
	{ RUN_TOOL,     "VolatileRootName",         AT(volatile_root),            &setting_string, "",                           0, 0,                   false },
	{ RUN_TOOL,     "volatile_root_inode",      AT(volatile_root_inode),      &setting_int,    "0",                          0, INT32_MAX,           false },
	{ RUN_TOOL,     "sysname",                  AT(sysname),                  &setting_string, NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "release",                  AT(release),                  &setting_string, NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "version",                  AT(version),                  &setting_string, NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "machine",                  AT(machine),                  &setting_string, NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "cpus",                     AT(cpus),                     &setting_int,    NULL,                         1, INT32_MAX,           false },
	{ RUN_TOOL,     "cpuMHz",                   AT(cpu_mhz),                  &setting_int,    NULL,                         0, INT32_MAX,           false },
	{ RUN_TOOL,     "memKB",                    AT(mem_kb),                   &setting_int,    NULL,                         0, INT32_MAX,           false },
	{ RUN_TOOL,     "sync_after_tool",          AT(sync_after_tool),          &setting_int,    "1",                          0, 10,                  false },
	{ RUN_TOOL,     "coredumpsize_limit",       AT(core_limit),               &core_limit,     NULL,                         INT64_MIN, INT64_MAX,   false },
	{ RUN_TOOL,     "isolate",                  AT(isolate),                  &isolate,        NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "kill_grace",               AT(kill_grace),               &setting_int,    "10",                         0, 3600,                false },
	{ RUN_TOOL,     "linger",                   AT(linger),                   &setting_int,    "10",                         0, 3600,                false },
	{ RUN_TOOL,     "drain_timeout",            AT(drain_timeout),            &setting_int,    "600",                        0, 604800,              false },
	{ RUN_TOOL,     "listen",                   AT(listen),                   &listen_list,    NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "allow",                    AT(allow),                    &allow_list,     NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "relay_timeout",            AT(relay_timeout),            &setting_int,    "10",                         1, 3600,                false },
	{ RUN_TOOL,     "relay_hosts",              AT(relay_any),                &relay_hosts,    NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "stdin_dirs",               AT(stdin_dirs),               &stdin_dirs,     NULL,                         0, 0,                   false },
	{ RUN_TOOL,     "request_timeout",          AT(request_timeout),          &setting_int,    "30",                         1, 86400,               false },
	{ RUN_TOOL,     "max_request_bytes",        AT(max_request_bytes),        &setting_int,    "4194304",                    1024, 1 << 30,          false },
	{ RUN_TOOL,     "max_connections",          AT(max_connections),          &setting_int,    "0",                          0, 1000000,             false },
	{ RUN_TOOL,     "max_connections_per_host", AT(max_connections_per_host), &setting_int,    "0",                          0, 1000000,             false },
	{ RUN_TOOL,     "max_interface_version",    AT(max_version),              &setting_int,    TEXT_OF(RPC5_VERSION),        0, RPC5_VERSION,        false },
	{ RUN_TOOL,     "info_read_timeout",        AT(info_read_timeout),        &setting_int,    "120",                        0, 86400,               false },
	{ "Repository", "runtool_user",             AT(runtool_user),             &setting_string, NULL,                         0, 0,                   false },
};
/* clang-format on */

static const struct setting_table table = {settings, sizeof(settings) / sizeof(*settings)};

/* ---- loading ------------------------------------------------------------------------------ */

static void
say_skipped(const struct config_value *v)
{
	log_warn("%s:%d: [%s]%s is not taken from a file found in the current directory: name it "
		 "with -c",
	    v->file, v->line, v->section, v->name);
}

static int
from_config(struct settings *s, const struct config *config, bool in_cwd, char *err, size_t errsize)
{
	const struct config_value *v;
	size_t i = 0;

	while ((v = setting_unknown(&table, config, RUN_TOOL, &i)) != NULL)
		log_warn("%s:%d: [%s]%s is not known here", v->file, v->line, v->section, v->name);
	if (setting_read(&table, s, config, in_cwd, say_skipped, err, errsize) == -1)
		return (-1);
	return (fleet_config_read(&s->fleet, config, in_cwd, say_skipped, err, errsize));
}

static int
from_override(struct settings *s, const char *text, char *err, size_t errsize)
{
	const char *equals = strchr(text, '=');
	const struct setting *what;
	char name[64];

	if (equals == NULL || (size_t)(equals - text) >= sizeof(name)) {
		snprintf(err, errsize, "-o %s: must be NAME=VALUE", text);
		return (-1);
	}
	memcpy(name, text, (size_t)(equals - text));
	name[equals - text] = '\0';
	if ((what = setting_find(&table, RUN_TOOL, name)) != NULL)
		return (setting_override(what, s, text, err, errsize));
	if ((what = setting_find(&fleet_config_table, FLEET_CONFIG_SECTION, name)) != NULL)
		return (setting_override(what, &s->fleet, text, err, errsize));
	snprintf(err, errsize, "-o %s: [" RUN_TOOL "]%s is not known", text, name);
	return (-1);
}

/* Of helper_switches, -t, -u and -d concern the server too; the rest is for the launcher alone. */
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
fill(char **field, const char *value)
{
	if (*field == NULL && (*field = strdup(value)) == NULL)
		fatal("memory: %s", strerror(errno));
}

/* What vesta.cfg does not say of the host is looked up. */
static void
describe_host(struct settings *s)
{
	struct host h;

	if (host_look(&h) == -1)
		fatal("uname: %s", strerror(errno));
	fill(&s->sysname, h.names.sysname);
	fill(&s->release, h.names.release);
	fill(&s->version, h.names.version);
	fill(&s->machine, h.names.machine);
	if (s->cpus == 0)
		s->cpus = h.cpus;
	if (s->cpu_mhz == 0)
		s->cpu_mhz = h.cpu_mhz;
	if (s->mem_kb == 0)
		s->mem_kb = h.mem_kb;
}

/* Where somebody named the helper. */
static void
note_helper(struct settings *s, const struct config *config, bool in_cwd,
    const char *const *overrides, size_t noverrides)
{
	static const char name[] = "helper=";
	const struct config_value *v = NULL;
	size_t i;

	if (config != NULL && !in_cwd)
		v = config_get(config, RUN_TOOL, "helper");
	if (v != NULL && *v->value != '\0' &&
	    asprintf(&s->helper_place, "%s:%d", v->file, v->line) == -1)
		fatal("memory: %s", strerror(errno));
	for (i = 0; i < noverrides; i++) {
		if (strncmp(overrides[i], name, sizeof(name) - 1) != 0)
			continue;
		free(s->helper_place);
		s->helper_place = NULL;
		if (overrides[i][sizeof(name) - 1] != '\0')
			fill(&s->helper_place, "-o");
	}
}

static void
fill_in(struct settings *s)
{
	describe_host(s);
	look_at_switches(s);
	if (s->max_threads == 0)
		s->max_threads = s->cpus < MAX_THREADS ? s->cpus : MAX_THREADS;
	if (s->max_pending == NOT_SET)
		s->max_pending = 8 * s->max_threads;
	if (s->isolate == ISOLATE_UNSET)
		s->isolate = s->testing ? ISOLATE_NONE : ISOLATE_PID;
}

int
settings_load(struct settings *s, const struct config *config, bool in_cwd,
    const char *const *overrides, size_t noverrides, char *err, size_t errsize)
{
	size_t i;

	*s = (struct settings){.max_pending = NOT_SET, .isolate = ISOLATE_UNSET};
	s->listen = calloc(MAX_LIST, sizeof(*s->listen));
	s->allow = calloc(MAX_LIST, sizeof(*s->allow));
	s->stdin_dirs = calloc(MAX_LIST, sizeof(*s->stdin_dirs));
	if (s->listen == NULL || s->allow == NULL || s->stdin_dirs == NULL)
		fatal("memory: %s", strerror(errno));
	if (setting_defaults(&table, s, err, errsize) == -1 ||
	    setting_defaults(&fleet_config_table, &s->fleet, err, errsize) == -1)
		return (-1);
	if (config != NULL && from_config(s, config, in_cwd, err, errsize) == -1)
		return (-1);
	for (i = 0; i < noverrides; i++)
		if (from_override(s, overrides[i], err, errsize) == -1)
			return (-1);
	if (fleet_config_check(&s->fleet, err, errsize) == -1)
		return (-1);
	note_helper(s, config, in_cwd, overrides, noverrides);
	fill_in(s);
	return (0);
}

void
settings_free(struct settings *s)
{
	setting_clear(&table, s);
	fleet_config_free(&s->fleet);
	free(s->helper_place);
	free(s->listen);
	free(s->allow);
	free(s->stdin_dirs);
	*s = (struct settings){0};
}

void
settings_print(const struct settings *s, FILE *out)
{
	setting_print(&table, s, out);
	setting_print(&fleet_config_table, &s->fleet, out);
}
