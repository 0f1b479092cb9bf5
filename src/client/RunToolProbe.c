/* RunToolProbe: shows what RunToolServers say about their hosts and how busy they are. */
#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jsontext.h"
#include "options.h"
#include "paths.h"

#define TELLING_INTERFACE 5 /* from this version on a server tells about itself, too */

enum call { INFO, PING, STOP };

struct probe {
	enum call call;
	bool json;
	const char *config;
	struct options_defaults defaults;
	json_t *answers; /* with --json */
	unsigned int shown;
};

static void
help(void)
{
	puts("usage: RunToolProbe [OPTION]... [HOST[:PORT]...]\n"
	     "Shows what RunToolServers say about their hosts; see RunToolProbe(1).\n"
	     "Default: $RUNTOOL_SERVER, localhost.\n\n"
	     "      --json         as a JSON array\n"
	     "      --ping         only whether they are there, and in which state\n"
	     "      --stop         have them finish what runs, refuse the rest, and end\n"
	     "  -c, --config FILE  the vesta.cfg that names the port\n"
	     "  -h, --help         show this\n"
	     "  -V, --version      show the version");
}

/* Local time in ISO 8601, which wants a colon in the offset that strftime(3) has not. */
static json_t *
iso_time(int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[64];
	struct tm tm;
	size_t n;

	if (localtime_r(&t, &tm) == NULL || (n = strftime(text, sizeof(text), "%FT%T%z", &tm)) < 3)
		return (json_null());
	return (json_sprintf("%.*s:%s", (int)n - 2, text, text + n - 2));
}

static json_t *
unique_id(const uint8_t unique[16])
{
	char text[33];
	size_t i;

	for (i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", unique[i]);
	return (json_string(text));
}

static const char *
state(bool loaded)
{
	return (loaded ? "loaded" : "ok");
}

/* The members of an answer stand in the order in which they are shown. */
static int
describe_info(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	struct runtool_info i;
	json_t *more;

	if (runtool_info(c, &i, err) == -1)
		return (-1);
	more = json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:f, s:i, s:i, s:o, s:i}",
	    "sysname", jsontext_string(i.sysname), "release", jsontext_string(i.release), "version",
	    jsontext_string(i.version), "machine", jsontext_string(i.machine), "cpus", i.cpus,
	    "cpuMHz", i.cpu_mhz, "memKB", i.mem_kb, "max_tools", i.max_tools, "cur_tools",
	    i.cur_tools, "load", i.load, "cur_pending", i.cur_pending, "max_pending", i.max_pending,
	    "unique_id", unique_id(i.unique), "interface", i.interface);
	json_object_update_new(answer, more);
	if (i.interface < TELLING_INTERFACE)
		return (0);
	more = json_pack("{s:s, s:i, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "state",
	    state(i.loaded), "in_flight", i.in_flight, "area", jsontext_string(i.area), "software",
	    jsontext_string(i.software), "started", iso_time(i.started), "uptime",
	    (json_int_t)(time(NULL) - i.started), "runs", (json_int_t)i.runs, "failures",
	    (json_int_t)i.failures, "refused", (json_int_t)i.refused, "connections",
	    (json_int_t)i.connections);
	json_object_update_new(answer, more);
	return (0);
}

static int
describe_ping(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	struct runtool_ping ping;

	if (runtool_ping(c, &ping, err) == -1)
		return (-1);
	json_object_update_new(
	    answer, json_pack("{s:o, s:s, s:i}", "unique_id", unique_id(ping.unique), "state",
			state(ping.loaded), "in_flight", ping.in_flight));
	return (0);
}

static int
describe_stop(struct runtool *c, json_t *answer, struct runtool_error *err)
{
	int in_flight;

	if (runtool_stop(c, &in_flight, err) == -1)
		return (-1);
	json_object_set_new(answer, "in_flight", json_integer(in_flight));
	return (0);
}

/* One value a line; the words of an error go to stderr. */
static void
show(struct probe *p, json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *name;
	json_t *value;

	if (error != NULL) {
		warnx("%s: %s", json_string_value(json_object_get(answer, "server")),
		    json_string_value(json_object_get(error, "message")));
		return;
	}
	if (p->shown++ > 0)
		putchar('\n');
	json_object_foreach(answer, name, value)
	{
		if (json_is_string(value))
			printf("%-12s %s\n", name, json_string_value(value));
		else if (json_is_integer(value))
			printf("%-12s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
		else
			printf("%-12s %.2f\n", name, json_real_value(value));
	}
	fflush(stdout);
}

__attribute__((format(printf, 2, 3))) static int
refuse(struct runtool_error *err, const char *fmt, ...)
{
	va_list ap;

	*err = (struct runtool_error){.code = RUNTOOL_INVALID};
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return (-1);
}

static int
ask(struct probe *p, const char *place, json_t *answer, struct runtool_error *err)
{
	static int (*const describe[])(struct runtool *, json_t *, struct runtool_error *) = {
	    [INFO] = describe_info, [PING] = describe_ping, [STOP] = describe_stop};
	char name[OPTIONS_NAME_SIZE], why[1000];
	struct options_server server;
	struct runtool *c;
	int rc;

	if (options_split(place, &server) == -1)
		return (refuse(err, "must be HOST, HOST:PORT or [ADDRESS]:PORT"));
	if (options_port(&server, &p->defaults, why, sizeof(why)) == -1)
		return (refuse(err, "%s", why));
	json_object_set_new(answer, "server", jsontext_string(options_name(&server, name)));
	c = runtool_connect(server.host, server.port, p->defaults.info_timeout_ms, err);
	if (c == NULL)
		return (-1);
	rc = describe[p->call](c, answer, err);
	runtool_close(c);
	return (rc);
}

/* 0, or -1 where there was no answer; said either way. */
static int
probe(struct probe *p, const char *place)
{
	json_t *answer = json_pack("{s:o}", "server", jsontext_string(place));
	struct runtool_error err;
	int rc;

	if ((rc = ask(p, place, answer, &err)) == -1)
		json_object_set_new(answer, "error", jsontext_error(&err));
	if (p->json) {
		json_array_append_new(p->answers, answer);
	} else {
		show(p, answer);
		json_decref(answer);
	}
	return (rc);
}

static void
choose(struct probe *p, enum call call)
{
	if (p->call != INFO && p->call != call)
		errx(EXIT_FAILURE, "--ping or --stop: not both");
	p->call = call;
}

/* optind is then the first host. */
static void
parse_options(struct probe *p, int argc, char *argv[])
{
	enum { JSON_OPTION = UCHAR_MAX + 1, PING_OPTION, STOP_OPTION };
	static const struct option long_options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {"json", no_argument, NULL, JSON_OPTION},
	    {"ping", no_argument, NULL, PING_OPTION},
	    {"stop", no_argument, NULL, STOP_OPTION},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			p->config = optarg;
			break;
		case JSON_OPTION:
			p->json = true;
			break;
		case PING_OPTION:
			choose(p, PING);
			break;
		case STOP_OPTION:
			choose(p, STOP);
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
}

int
main(int argc, char *argv[])
{
	struct probe p = {0};
	int i, status = EXIT_SUCCESS;
	char why[1024];

	parse_options(&p, argc, argv);
	if (options_load(p.config, &p.defaults, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	if (p.json && (p.answers = json_array()) == NULL)
		errx(EXIT_FAILURE, "out of memory");
	if (optind == argc && probe(&p, options_default_server()) == -1)
		status = EXIT_FAILURE;
	/* One after the other, also after one that does not answer. */
	for (i = optind; i < argc; i++)
		if (probe(&p, argv[i]) == -1)
			status = EXIT_FAILURE;
	if (p.json && jsontext_write(stdout, p.answers, JSON_INDENT(2)) == -1)
		err(EXIT_FAILURE, "stdout");
	if (fflush(stdout) == EOF || ferror(stdout))
		err(EXIT_FAILURE, "stdout");
	return (status);
}
