/* runtool: runs a command through a RunToolServer as if it ran here. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "paths.h"
#include "runtool.h"

#define DEFAULT_ROOT	   1
#define CONNECT_TIMEOUT_MS 30000

/* Exit statuses that are not the tool's; env(1) and timeout(1) have the same. */
enum { EXIT_TROUBLE = 125, EXIT_NO_EXEC = 126, EXIT_NOT_FOUND = 127, EXIT_SIGNAL = 128 };

struct options {
	const char *config; /* -c FILE */
	const char *server; /* -s HOST[:PORT] */
	struct runtool_request request;
	const char **env;
	size_t n_env;
};

/* Which stream could not be written, and why. */
struct trouble {
	int stream;
	int error; /* errno; 0: none */
};

static void
usage(FILE *f)
{
	fputs("usage: runtool [-c FILE] [-s HOST[:PORT]] [-r INDEX] [-w DIR] [-e NAME=VALUE]...\n"
	      "               [-i FILE] [--] COMMAND [ARG...]\n",
	    f);
}

/* Decimal, or hexadecimal after 0x; index 0 is no root. */
static int
parse_index(const char *text, uint32_t *index)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	unsigned long long n;

	if (*digits == '\0' ||
	    digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")] != '\0')
		return (-1);
	n = strtoull(digits, NULL, hex ? 16 : 10);
	if (n == 0 || n > UINT32_MAX)
		return (-1);
	*index = (uint32_t)n;
	return (0);
}

static void
parse_option(struct options *o, int option)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		break;
	case 's':
		o->server = optarg;
		break;
	case 'r':
		if (parse_index(optarg, &o->request.root) == -1)
			errx(EXIT_TROUBLE, "-r %s: must be a number from 1 to 0xffffffff", optarg);
		break;
	case 'w':
		o->request.directory = optarg;
		break;
	case 'e':
		if (*optarg == '=' || strchr(optarg, '=') == NULL)
			errx(EXIT_TROUBLE, "-e %s: must be NAME=VALUE", optarg);
		o->env[o->n_env++] = optarg;
		break;
	case 'i':
		o->request.stdin_file = optarg;
		break;
	case 'h':
		usage(stdout);
		exit(EXIT_SUCCESS);
	case 'V':
		puts("runtool " VERSION);
		exit(EXIT_SUCCESS);
	default:
		usage(stderr);
		exit(EXIT_TROUBLE);
	}
}

static void
parse_options(struct options *o, int argc, char *argv[])
{
	static const struct option long_options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	/* There are fewer -e than arguments. */
	if ((o->env = calloc((size_t)argc + 1, sizeof(*o->env))) == NULL)
		err(EXIT_TROUBLE, "environment");
	while ((option = getopt_long(argc, argv, "+c:s:r:w:e:i:hV", long_options, NULL)) != -1)
		parse_option(o, option);
	if (optind == argc) {
		usage(stderr);
		exit(EXIT_TROUBLE);
	}
	o->request.env = o->env;
	o->request.argv = (const char *const *)argv + optind;
}

static void
choose_server(const struct options *o, struct options_server *server)
{
	struct options_defaults defaults;
	char why[1024];

	if (options_split(o->server, server) == -1)
		errx(EXIT_TROUBLE, "-s %s: must be HOST, HOST:PORT or [ADDRESS]:PORT", o->server);
	if (o->config == NULL && server->port[0] != '\0')
		return;
	if (options_load(o->config, &defaults, why, sizeof(why)) == -1 ||
	    options_port(server, &defaults, why, sizeof(why)) == -1)
		errx(EXIT_TROUBLE, "%s", why);
}

/* Descriptors 0 to 2 must not become sockets, into which output would then be written. */
static void
open_standard_files(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) != -1)
		if (fd > STDERR_FILENO) {
			close(fd);
			return;
		}
}

/* A tool's stream has the number of our descriptor for it. SIGPIPE ends us as it would the tool. */
static int
write_output(void *arg, int stream, const void *data, size_t len)
{
	struct pollfd pfd = {.fd = stream, .events = POLLOUT};
	struct trouble *trouble = arg;
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		if ((n = write(stream, p, len)) >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			*trouble = (struct trouble){.stream = stream, .error = errno};
			return (-1);
		}
	}
	return (0);
}

/* What the server says when it could not execute the tool, as execve(2) and its errno. */
static int
exit_status_of(const struct runtool_error *error)
{
	if (error->code != RUNTOOL_CLIENT || strstr(error->message, "Execve failure") == NULL)
		return (EXIT_TROUBLE);
	return (strstr(error->message, "No such file or directory") != NULL ? EXIT_NOT_FOUND
									    : EXIT_NO_EXEC);
}

static int
run(const struct options_server *server, const struct runtool_request *request,
    const struct trouble *trouble)
{
	struct runtool_result result;
	struct runtool_error error;
	struct runtool *connection;
	int rc;

	connection = runtool_connect(server->host, server->port, CONNECT_TIMEOUT_MS, &error);
	if (connection == NULL) {
		options_complain(server, &error);
		return (EXIT_TROUBLE);
	}
	rc = runtool_run(connection, request, &result, &error);
	runtool_close(connection);
	if (rc == 0)
		return (result.signal != 0 ? EXIT_SIGNAL + result.signal : result.status);
	if (trouble->error != 0) {
		warnx("%s: %s", trouble->stream == STDOUT_FILENO ? "stdout" : "stderr",
		    strerror(trouble->error));
		return (EXIT_TROUBLE);
	}
	options_complain(server, &error);
	return (exit_status_of(&error));
}

int
main(int argc, char *argv[])
{
	struct trouble trouble = {0};
	struct options o = {
	    .server = OPTIONS_DEFAULT_HOST,
	    .request = {.root = DEFAULT_ROOT, .output = write_output, .arg = &trouble},
	};
	struct options_server server;
	int status;

	open_standard_files();
	parse_options(&o, argc, argv);
	choose_server(&o, &server);
	status = run(&server, &o.request, &trouble);
	free(o.env);
	return (status);
}
