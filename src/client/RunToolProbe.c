/* RunToolProbe: shows what RunToolServers say about their hosts and how busy they are. */
#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "paths.h"
#include "runtool.h"

static void
usage(FILE *f)
{
	fputs("usage: RunToolProbe [-c FILE] [HOST[:PORT]...]\n", f);
}

__attribute__((format(printf, 2, 3))) static void
show(const char *name, const char *fmt, ...)
{
	va_list ap;

	printf("%-12s ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void
show_info(const struct options_server *server, const struct runtool_info *info)
{
	char name[OPTIONS_NAME_SIZE], unique[2 * sizeof(info->unique) + 1];
	size_t i;

	for (i = 0; i < sizeof(info->unique); i++)
		snprintf(unique + 2 * i, 3, "%02x", info->unique[i]);
	show("server", "%s", options_name(server, name));
	show("sysname", "%s", info->sysname);
	show("release", "%s", info->release);
	show("version", "%s", info->version);
	show("machine", "%s", info->machine);
	show("cpus", "%d", info->cpus);
	show("cpuMHz", "%d", info->cpu_mhz);
	show("memKB", "%d", info->mem_kb);
	show("max_tools", "%d", info->max_tools);
	show("cur_tools", "%d", info->cur_tools);
	show("load", "%.2f", info->load);
	show("cur_pending", "%d", info->cur_pending);
	show("max_pending", "%d", info->max_pending);
	show("unique_id", "%s", unique);
}

/* 0, or -1 with the words on stderr. `shown` counts the servers that answered. */
static int
probe(const struct options_server *server, int timeout_ms, unsigned int *shown)
{
	struct runtool *connection;
	struct runtool_error error;
	struct runtool_info info;
	int rc = -1;

	connection = runtool_connect(server->host, server->port, timeout_ms, &error);
	if (connection == NULL || runtool_info(connection, &info, &error) == -1)
		goto out;
	if ((*shown)++ > 0)
		putchar('\n');
	show_info(server, &info);
	fflush(stdout);
	rc = 0;
out:
	if (rc == -1)
		options_complain(server, &error);
	runtool_close(connection);
	return (rc);
}

/* Asks one after the other, also after one that does not answer. */
static int
probe_all(char *const *hosts, const struct options_defaults *defaults)
{
	struct options_server server;
	unsigned int shown = 0;
	int status = EXIT_SUCCESS;
	char why[1024];

	for (; *hosts != NULL; hosts++) {
		if (options_split(*hosts, &server) == -1) {
			warnx("%s: must be HOST, HOST:PORT or [ADDRESS]:PORT", *hosts);
			status = EXIT_FAILURE;
		} else if (options_port(&server, defaults, why, sizeof(why)) == -1) {
			warnx("%s", why);
			status = EXIT_FAILURE;
		} else if (probe(&server, defaults->info_timeout_ms, &shown) == -1) {
			status = EXIT_FAILURE;
		}
	}
	return (status);
}

/* The value of -c, or NULL; optind is then the first host. */
static const char *
parse_options(int argc, char *argv[])
{
	static const struct option long_options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	const char *config = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("RunToolProbe " VERSION);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_FAILURE);
		}
	}
	return (config);
}

int
main(int argc, char *argv[])
{
	static char localhost[] = OPTIONS_DEFAULT_HOST;
	static char *const nobody[] = {localhost, NULL};
	struct options_defaults defaults;
	const char *config;
	char why[1024];
	int status;

	config = parse_options(argc, argv);
	if (options_load(config, &defaults, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	status = probe_all(optind == argc ? nobody : argv + optind, &defaults);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(EXIT_FAILURE, "stdout");
	return (status);
}
