/*
 * compile.c: runs a compiler on another machine, shows what it prints and exits as it does.
 *
 *	cc $(pkg-config --cflags runtool) compile.c $(pkg-config --libs runtool) -o compile
 *	./compile build1 21776 host gcc -c hello.c
 */
#include <err.h>
#include <runtool.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS    10000
#define TIME_LIMIT_MS (10 * 60 * 1000)

static int
show(void *unused, int stream, const void *data, size_t len)
{
	(void)unused;
	return (fwrite(data, 1, len, stream == 1 ? stdout : stderr) == len ? 0 : -1);
}

/* A root has a name, or else a number. */
static void
choose_root(struct runtool_request *request, const char *root)
{
	char *end;
	unsigned long index = strtoul(root, &end, 10);

	if (*root != '\0' && *end == '\0')
		request->root = (uint32_t)index;
	else
		request->root_name = root;
}

static int
report(const char *tool, const struct runtool_result *result)
{
	fprintf(stderr, "%s: %.2f s, at most %lld KB", tool, result->wall_s,
	    (long long)result->max_rss_kb);
	if (result->why == RUNTOOL_TIME_LIMIT)
		fprintf(stderr, ", ended at the time limit\n");
	else if (result->signal != 0)
		fprintf(stderr, ", killed by signal %d\n", result->signal);
	else
		fprintf(stderr, ", exit status %d\n", result->status);
	return (result->signal != 0 ? 128 + result->signal : result->status);
}

int
main(int argc, char *argv[])
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
	struct runtool_request request = {.size = sizeof(request),
	    .env = env,
	    .output = show,
	    .time_limit_ms = TIME_LIMIT_MS,
	    .label = "compile"};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error error = {.size = sizeof(error)};
	struct runtool *server;

	if (argc < 5)
		errx(125, "usage: compile HOST PORT ROOT COMMAND [ARG...]");
	choose_root(&request, argv[3]);
	request.argv = (const char *const *)&argv[4];

	if ((server = runtool_connect(argv[1], argv[2], CONNECT_MS, &error)) == NULL ||
	    runtool_run(server, &request, &result, &error) == -1)
		errx(125, "%s: %s", argv[1], error.message);
	runtool_close(server);
	return (report(argv[4], &result));
}
