/*
 * parallel.c: runs shell commands on several machines, as many at a time as there are threads, and
 * shows for each what it printed, where it ran, how long, and how much memory it took.
 *
 *	cc $(pkg-config --cflags runtool) parallel.c $(pkg-config --libs runtool) -pthread -o parallel
 *	./parallel -s build1:21776 -s build2:21776 -j 8 -r 1 'gcc -c a.c' 'gcc -c b.c'
 *
 * Each thread has a connection of its own, to one of the servers in turn. Where there is no room the
 * library waits for it.
 */
#include <err.h>
#include <pthread.h>
#include <runtool.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SERVERS 64
#define MAX_THREADS 256
#define CONNECT_MS  10000

struct server {
	const char *name; /* HOST:PORT */
	char *host, *port;
};

static struct server servers[MAX_SERVERS];
static int n_servers, n_threads = 4;
static uint32_t root = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that follows, and of stdout */
static char **commands;					 /* those left, NULL-terminated */
static bool failed;

static const char *
take_command(void)
{
	const char *command;

	pthread_mutex_lock(&lock);
	if ((command = *commands) != NULL)
		commands++;
	pthread_mutex_unlock(&lock);
	return (command);
}

static int
keep(void *memory, int stream, const void *data, size_t len)
{
	(void)stream; /* there is only one: stderr is merged into it */
	return (fwrite(data, 1, len, memory) == len ? 0 : -1);
}

static void
report(const struct server *server, const char *command, const char *output,
    const struct runtool_result *result, const struct runtool_error *error)
{
	pthread_mutex_lock(&lock);
	printf("== %s: %s\n%s", server->name, command, output);
	if (result == NULL)
		printf("-- not run: %s\n", error->message);
	else
		printf("-- %.2f s, %lld KB, status %d, signal %d\n", result->wall_s,
		    (long long)result->max_rss_kb, result->status, result->signal);
	if (result == NULL || result->status != 0 || result->signal != 0)
		failed = true;
	pthread_mutex_unlock(&lock);
}

static void
run(const struct server *server, struct runtool *connection, const char *command)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	char *output = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&output, &length);
	struct runtool_request request = {
	    .size = sizeof(request),
	    .root = root,
	    .env = env,
	    .argv = argv,
	    .merge_stderr = true,
	    .best_effort = true,
	    .output = keep,
	    .arg = memory,
	};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error error = {.size = sizeof(error)};
	bool ran;

	if (memory == NULL)
		err(1, "memory");
	ran = runtool_run(connection, &request, &result, &error) == 0;
	fclose(memory);
	report(server, command, output, ran ? &result : NULL, &error);
	free(output);
}

static void *
work(void *arg)
{
	const struct server *server = arg;
	struct runtool_error error = {.size = sizeof(error)};
	struct runtool *connection;
	const char *command;

	connection = runtool_connect(server->host, server->port, CONNECT_MS, &error);
	if (connection == NULL) {
		/* The other threads do its work. */
		warnx("%s: %s", server->name, error.message);
		pthread_mutex_lock(&lock);
		failed = true;
		pthread_mutex_unlock(&lock);
		return (NULL);
	}
	while ((command = take_command()) != NULL)
		run(server, connection, command);
	runtool_close(connection);
	return (NULL);
}

static void
add_server(char *name)
{
	char *colon = strrchr(name, ':');

	if (colon == NULL || n_servers == MAX_SERVERS)
		errx(1, "-s %s: must be HOST:PORT, and at most %d of them", name, MAX_SERVERS);
	servers[n_servers].name = name;
	servers[n_servers].host = strndup(name, (size_t)(colon - name));
	servers[n_servers].port = colon + 1;
	n_servers++;
}

static void
parse_options(int argc, char *argv[])
{
	int option;

	while ((option = getopt(argc, argv, "j:r:s:")) != -1) {
		switch (option) {
		case 'j':
			n_threads = (int)strtol(optarg, NULL, 10);
			break;
		case 'r':
			root = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 's':
			add_server(optarg);
			break;
		default:
			n_servers = 0;
		}
	}
	if (n_servers == 0 || n_threads < 1 || n_threads > MAX_THREADS)
		errx(1, "usage: parallel -s HOST:PORT... [-j THREADS] [-r ROOT] COMMAND...");
	commands = argv + optind;
}

int
main(int argc, char *argv[])
{
	pthread_t threads[MAX_THREADS];
	int i;

	parse_options(argc, argv);
	for (i = 0; i < n_threads; i++)
		if (pthread_create(&threads[i], NULL, work, &servers[i % n_servers]) != 0)
			errx(1, "no thread");
	for (i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < n_servers; i++)
		free(servers[i].host);
	return (failed ? 1 : 0);
}
