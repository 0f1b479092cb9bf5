/* RunToolProbe: shows what RunToolServers say about their hosts and how busy they are. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/choose/defaults.h"
#include "lib/config.h"
#include "lib/log.h"
#include "lib/record.h"
#include "paths.h"
#include "probe.h"
#include "show.h"
#include "targets.h"

#define WHY_SIZE 1024

struct options {
	enum probe_call call;
	bool json;
	const char *config, *area, *platform;
	char *const *hosts; /* NULL-terminated */
};

static void
help(void)
{
	puts("usage: RunToolProbe [OPTION]... [HOST[:PORT]...]\n"
	     "Shows what RunToolServers say about their hosts; see RunToolProbe(1).\n"
	     "Default: $RUNTOOL_SERVER, localhost.\n\n"
	     "  -a, --area AREA    all servers of this area of a fleet, as a table\n"
	     "  -p, --platform PLATFORM\n"
	     "                     its servers, as a table with what runtool remembers of them\n"
	     "      --json         as a JSON array\n"
	     "      --ping         only whether they are there, and in which state\n"
	     "      --stats        how often what was asked of them, and how long it took\n"
	     "      --stop         have them finish what runs, refuse the rest, and end\n"
	     "  -c, --config FILE  the vesta.cfg that names the port and the fleet\n"
	     "  -h, --help         show this\n"
	     "  -V, --version      show the version");
}

static void
take_call(struct options *o, enum probe_call call)
{
	if (o->call != PROBE_INFO && o->call != call)
		errx(EXIT_FAILURE, "--ping, --stats or --stop: only one of them");
	o->call = call;
}

static void
parse_options(struct options *o, int argc, char *argv[])
{
	enum { JSON_OPTION = UCHAR_MAX + 1, PING_OPTION, STATS_OPTION, STOP_OPTION };
	static const struct option long_options[] = {
	    {"area", required_argument, NULL, 'a'},
	    {"config", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {"json", no_argument, NULL, JSON_OPTION},
	    {"platform", required_argument, NULL, 'p'},
	    {"ping", no_argument, NULL, PING_OPTION},
	    {"stats", no_argument, NULL, STATS_OPTION},
	    {"stop", no_argument, NULL, STOP_OPTION},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "a:c:hp:V", long_options, NULL)) != -1) {
		switch (option) {
		case 'a':
			o->area = optarg;
			break;
		case 'c':
			o->config = optarg;
			break;
		case 'p':
			o->platform = optarg;
			break;
		case JSON_OPTION:
			o->json = true;
			break;
		case PING_OPTION:
			take_call(o, PROBE_PING);
			break;
		case STATS_OPTION:
			take_call(o, PROBE_STATS);
			break;
		case STOP_OPTION:
			take_call(o, PROBE_STOP);
			break;
		case 'h':
			help();
			exit(EXIT_SUCCESS);
		case 'V':
			puts("RunToolProbe " VERSION);
			exit(EXIT_SUCCESS);
		default:
			fputs("try 'RunToolProbe --help'\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	if (o->area != NULL && !record_area_ok(o->area))
		errx(EXIT_FAILURE, "-a %s: must be letters, digits, `.`, `_` and `-`", o->area);
	o->hosts = argv + optind;
	if (o->area != NULL && o->platform == NULL && *o->hosts != NULL)
		errx(EXIT_FAILURE, "--area or hosts: not both");
	if ((o->area != NULL) + (o->platform != NULL) + (*o->hosts != NULL) > 1)
		errx(EXIT_FAILURE, "--area, --platform or hosts: only one of them");
}

/* ---- what came of it ---------------------------------------------------------------------- */

/* Tells of files that are no records: on stderr, or among the answers. */
static void
tell_odd(const struct targets_fleet *f, json_t *answers)
{
	const struct records_odd *odd = f->records.odd;
	char name[4 * sizeof(odd->name)];
	const char *what;
	size_t i;

	for (i = 0; i < f->records.n_odd; i++, odd++) {
		what = odd->unreadable ? "cannot be read" : "malformed";
		log_quote(name, sizeof(name), odd->name);
		if (answers == NULL)
			warnx("%s/%s: %s: %s", f->area.config.dir, name, what, odd->why);
		else
			json_array_append_new(
			    answers, json_pack("{s:s, s:{s:i, s:o}}", "record", name, "error",
					 "code", RUNTOOL_INVALID, "message",
					 json_sprintf("%s: %s", what, odd->why)));
	}
}

static int
show(const struct options *o, const struct targets_fleet *f, json_t *answers)
{
	if (o->json) {
		tell_odd(f, answers);
		return (jsontext_write(stdout, json_incref(answers), JSON_INDENT(2)));
	}
	tell_odd(f, NULL);
	if (o->call == PROBE_STATS)
		return (show_calls(answers));
	if (o->platform != NULL)
		return (show_hosts(answers));
	if (o->area != NULL)
		return (show_servers(answers));
	show_lists(answers);
	return (0);
}

static struct probe *
find_targets(const struct options *o, struct targets_fleet *fleet, const struct config *config,
    const struct defaults_file *file, size_t *n)
{
	struct probe *probes;

	if (o->area != NULL)
		return (targets_registered(fleet, o->area, config, file, n));
	if (o->platform == NULL)
		return (targets_named(o->hosts, config, n));
	probes = targets_platform(fleet, o->platform, config, file, n);
	targets_remember(probes, *n);
	return (probes);
}

int
main(int argc, char *argv[])
{
	struct options o = {0};
	struct defaults_file file;
	struct targets_fleet fleet = {0};
	struct config *config;
	struct probe *probes;
	char why[WHY_SIZE];
	json_t *answers;
	bool failed = false;
	size_t i, n;

	parse_options(&o, argc, argv);
	if (defaults_open(o.config, &config, &file, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	probes = find_targets(&o, &fleet, config, &file, &n);
	config_free(config);
	for (i = 0; i < n; i++)
		probes[i].call = o.call;
	probe_all(probes, n);

	answers = json_array();
	for (i = 0; i < n; i++) {
		failed |= json_object_get(probes[i].answer, "error") != NULL;
		json_array_append_new(answers, probes[i].answer);
	}
	if (show(&o, &fleet, answers) == -1 || fflush(stdout) == EOF || ferror(stdout))
		err(EXIT_FAILURE, "stdout");
	json_decref(answers);
	records_free(&fleet.records);
	fleet_config_free(&fleet.area.config);
	free(probes);
	return (failed ? EXIT_FAILURE : EXIT_SUCCESS);
}
