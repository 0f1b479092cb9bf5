#include <bsd/string.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "client/choose/defaults.h"
#include "client/choose/memory.h"
#include "client/choose/platform.h"
#include "lib/error.h"
#include "targets.h"

#define WHY_SIZE      1024
#define MS_PER_SECOND 1000

static struct probe *
new_probes(size_t n)
{
	struct probe *probes;

	if ((probes = calloc(n + 1, sizeof(*probes))) == NULL)
		errx(EXIT_FAILURE, "out of memory");
	return (probes);
}

static int
parse_place(struct endpoint *server, const char *place, const struct defaults *defaults,
    struct runtool_error *err)
{
	char why[WHY_SIZE];

	if (endpoint_parse(server, place) == -1)
		return (
		    error_set(err, RUNTOOL_INVALID, "must be HOST, HOST:PORT or [ADDRESS]:PORT"));
	if (defaults_port(defaults, server, why, sizeof(why)) == -1)
		return (error_set(err, RUNTOOL_INVALID, "%s", why));
	return (0);
}

static void
take_host(struct probe *p, const struct endpoint *host, const struct defaults *defaults)
{
	char name[ENDPOINT_NAME_SIZE];

	p->server = *host;
	p->timeout_ms = defaults->info_timeout_ms;
	p->answer = json_pack("{s:o}", "server", jsontext_string(endpoint_name(host, name)));
}

/* Fills in a probe for a host that was named. */
static void
find_host(struct probe *p, const char *place, const struct defaults *defaults)
{
	struct runtool_error err = {.size = sizeof(err)};
	struct endpoint host;

	if (parse_place(&host, place, defaults, &err) == 0) {
		take_host(p, &host, defaults);
		return;
	}
	p->answer = json_pack("{s:o}", "server", jsontext_string(place));
	probe_fail(p, &err);
}

struct probe *
targets_named(char *const *hosts, const struct config *config, size_t *n)
{
	struct defaults defaults;
	struct probe *probes;
	char why[WHY_SIZE];
	size_t i;

	if (defaults_read(&defaults, config, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	if (*hosts == NULL) {
		*n = 1;
		probes = new_probes(1);
		find_host(probes, defaults_server(), &defaults);
		return (probes);
	}
	for (*n = 0; hosts[*n] != NULL;)
		++*n;
	probes = new_probes(*n);
	for (i = 0; i < *n; i++)
		find_host(&probes[i], hosts[i], &defaults);
	return (probes);
}

/* Fills in a probe for a server that has registered, from its record. */
static void
find_server(struct probe *p, const struct record *r, const struct fleet_config *fleet)
{
	char name[ENDPOINT_NAME_SIZE];

	p->timeout_ms = fleet->ping_timeout * MS_PER_SECOND;
	p->record = r;
	strlcpy(p->server.host, r->host, sizeof(p->server.host));
	strlcpy(p->server.port, r->port, sizeof(p->server.port));
	p->answer = json_pack("{s:o, s:s, s:i, s:s, s:o}", "server",
	    jsontext_string(endpoint_name(&p->server, name)), "host", r->host, "pid", (int)r->pid,
	    "record", r->name, "registered", probe_time(r->started));
}

struct probe *
targets_registered(struct targets_fleet *f, const char *area, const struct config *config,
    const struct defaults_file *file, size_t *n)
{
	struct probe *probes;
	char why[WHY_SIZE];
	size_t i;

	if (config == NULL)
		errx(EXIT_FAILURE,
		    "there is no vesta.cfg that says where the fleet registers: name one with -c");
	if (area_open(&f->area, area, config, file->path, file->in_cwd, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	if (records_read(f->area.config.dir, area, &f->records) == -1)
		errx(EXIT_FAILURE, "%s: %s", f->area.config.dir, records_words(errno));
	*n = f->records.n;
	probes = new_probes(*n);
	for (i = 0; i < *n; i++)
		find_server(&probes[i], &f->records.list[i], &f->area.config);
	return (probes);
}

struct probe *
targets_platform(struct targets_fleet *f, const char *name, const struct config *config,
    const struct defaults_file *file, size_t *n)
{
	char why[WHY_SIZE];
	struct platform platform = {0};
	struct defaults defaults;
	struct probe *probes, *registered;
	size_t n_registered;

	if (config == NULL)
		errx(EXIT_FAILURE,
		    "there is no vesta.cfg that says which hosts it has: name one with -c");
	if (defaults_read(&defaults, config, why, sizeof(why)) == -1 ||
	    platform_read(&platform, config, file->path, name, &defaults, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	probes = new_probes(platform.n_hosts);
	for (*n = 0; *n < platform.n_hosts; ++*n)
		take_host(&probes[*n], &platform.hosts[*n], &defaults);
	if (platform.area != NULL) {
		registered = targets_registered(f, platform.area, config, file, &n_registered);
		probes = reallocarray(probes, *n + n_registered + 1, sizeof(*probes));
		if (probes == NULL)
			errx(EXIT_FAILURE, "out of memory");
		memcpy(probes + *n, registered, n_registered * sizeof(*probes));
		*n += n_registered;
		free(registered);
	}
	platform_free(&platform);
	return (probes);
}

void
targets_remember(struct probe *probes, size_t n)
{
	char server[ENDPOINT_NAME_SIZE];
	const struct memory_entry *e;
	struct memory *memory;
	int64_t seconds;
	size_t i;

	if ((memory = malloc(sizeof(*memory))) == NULL)
		errx(EXIT_FAILURE, "out of memory");
	memory_read(memory);
	for (i = 0; i < n; i++) {
		e = memory_find(memory, endpoint_name(&probes[i].server, server));
		if (e == NULL)
			continue;
		seconds = (memory_now() - e->since) / MS_PER_SECOND;
		json_object_set_new(probes[i].answer, "remembered",
		    json_pack("{s:s, s:o, s:I, s:o}", "state", e->silent ? "silent" : "failed",
			"since", probe_time(time(NULL) - seconds), "seconds", (json_int_t)seconds,
			"message", jsontext_string(e->why)));
	}
	free(memory);
}
