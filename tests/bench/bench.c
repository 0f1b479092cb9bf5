/*
 * bench.c: what a launch through a RunToolServer costs, beside a reference: with -f that is F,
 * posix_spawn and waitpid of the same tool on this host, otherwise the first server. Every round
 * measures all of them, one after the other, so that what else the machine does hits them alike;
 * the tables show medians of the rounds. With -m: how fast much output comes back instead, beside
 * reading the same from a pipe.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtool.h"

#define CLIENTS	    4
#define LAUNCHES    50	/* of each client in a round */
#define CALLS	    200 /* information calls of each client in a round */
#define ROUNDS	    15
#define MAX_ROUNDS  1000
#define MAX_SERVERS 12
#define TIMEOUT_MS  10000
#define SETTLE_US   50000
#define SERVED_TOOL "/bin/true"	 /* in the tool's root */
#define WRITER	    "/bin/flood" /* the same, for -m: writes as many bytes as it is told */
#define MUCH	    "1073741824"
#define READ_SIZE   131072

enum metric { LATENCY, LAUNCH_RATE, INFO_RATE_1, INFO_RATE_4, RELAY_RATE, METRICS };

/* A way to launch the tool. The first one is the reference; F is without clients. */
struct subject {
	const char *name;
	uint32_t root;
	int (*launch)(const struct subject *, struct runtool *);
	struct runtool *client[CLIENTS];
	double value[METRICS][MAX_ROUNDS]; /* seconds, or a second */
};

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	const struct subject *subject;
	int (*operation)(const struct subject *, struct runtool *);
	struct runtool *client;
	double seconds[LAUNCHES > CALLS ? LAUNCHES : CALLS]; /* of each operation */
	unsigned int count;
	bool failed;
};

static const struct goal {
	const char *name;
	double latency; /* at most, in F */
	double rate;	/* at least, in F's own rate */
} goals[] = {
    {"none", 1.15, 0.95},
    {"version-4,none", 1.35, 0.7},
    {"version-4,pid", 1.55, 0.6},
};
#define RELAY_GOAL 1.9 /* GB/s */

static const char *tool;   /* -f: the same file as SERVED_TOOL, by its path on this host */
static const char *writer; /* -m: the same of WRITER */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return ((*x > *y) - (*x < *y));
}

/* Sorts the values. */
static double
median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare);
	return ((values[(n - 1) / 2] + values[n / 2]) / 2);
}

/* ---- operations: 0, or -1 with the reason on stderr ------------------------------------------ */

static int
spawn_tool(const struct subject *unused, struct runtool *none)
{
	char name[] = "true", *argv[] = {name, NULL}, *env[] = {NULL};
	pid_t pid;
	int status;

	(void)unused, (void)none;
	if ((errno = posix_spawn(&pid, tool, NULL, NULL, argv, env)) != 0) {
		warn("posix_spawn %s", tool);
		return (-1);
	}
	if (waitpid(pid, &status, 0) == -1 || status != 0) {
		warnx("%s failed on this host", tool);
		return (-1);
	}
	return (0);
}

/* Reads what the writer writes to a pipe. */
static int
pipe_much(const struct subject *unused, struct runtool *none)
{
	char name[] = "flood", much[] = MUCH, *argv[] = {name, much, NULL}, *env[] = {NULL};
	static char data[READ_SIZE];
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	pid_t pid;

	(void)unused, (void)none;
	if (pipe(ends) == -1)
		err(1, "pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	if ((errno = posix_spawn(&pid, writer, &actions, NULL, argv, env)) != 0)
		err(1, "posix_spawn %s", writer);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while (read(ends[0], data, sizeof(data)) > 0)
		continue;
	close(ends[0]);
	return (waitpid(pid, &status, 0) == -1 || status != 0 ? -1 : 0);
}

static int
discard_output(void *arg, int stream, const void *data, size_t len)
{
	(void)arg, (void)stream, (void)data, (void)len;
	return (0);
}

static int
run_tool(const struct subject *s, struct runtool *client)
{
	static const char *const served[] = {SERVED_TOOL, NULL}, *const much[] = {
								     WRITER, MUCH, NULL};
	const char *const *argv = writer == NULL ? served : much;
	const struct runtool_request request = {
	    .size = sizeof(request),
	    .root = s->root,
	    .argv = argv,
	    .output = discard_output, /* a callback: the output is sent */
	};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error error = {.size = sizeof(error)};

	if (runtool_run(client, &request, &result, &error) == -1) {
		warnx("%s", error.message);
		return (-1);
	}
	if (result.status != 0 || result.signal != 0) {
		warnx("%s ended with status %d, signal %d", argv[0], result.status, result.signal);
		return (-1);
	}
	return (0);
}

static int
ask_information(const struct subject *unused, struct runtool *client)
{
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error error = {.size = sizeof(error)};

	(void)unused;
	if (runtool_info(client, &info, &error) == -1) {
		warnx("%s", error.message);
		return (-1);
	}
	return (0);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void *
work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;
	double start;

	pthread_barrier_wait(w->start);
	for (i = 0; i < w->count && !w->failed; i++) {
		start = now();
		w->failed = w->operation(w->subject, w->client) == -1;
		w->seconds[i] = now() - start;
	}
	return (NULL);
}

/*
 * Lets the subject's first `clients` clients do the operation `count` times each. The median of its
 * seconds goes to *latency, all of them in a second to *rate; either may be NULL. Exits on failure.
 */
static void
measure(const struct subject *s, int (*operation)(const struct subject *, struct runtool *),
    unsigned int clients, unsigned int count, double *latency, double *rate)
{
	static struct worker workers[CLIENTS];
	pthread_barrier_t start;
	double began;
	unsigned int i;

	pthread_barrier_init(&start, NULL, clients + 1);
	for (i = 0; i < clients; i++) {
		workers[i] = (struct worker){.start = &start,
		    .subject = s,
		    .operation = operation,
		    .client = s->client[i],
		    .count = count};
		if ((errno = pthread_create(&workers[i].thread, NULL, work, &workers[i])) != 0)
			err(1, "pthread_create");
	}
	began = now();
	pthread_barrier_wait(&start);
	for (i = 0; i < clients; i++)
		pthread_join(workers[i].thread, NULL);
	if (rate != NULL)
		*rate = clients * count / (now() - began);
	pthread_barrier_destroy(&start);

	for (i = 0; i < clients; i++)
		if (workers[i].failed)
			errx(1, "%s: failed", s->name);
	if (latency != NULL)
		*latency = median(workers[0].seconds, count);
}

/* The kernel takes namespaces down after their tools: not in the next subject's time. */
static void
measure_launches(struct subject *subjects, unsigned int n, unsigned int round)
{
	struct subject *s;

	for (s = subjects; s < subjects + n; s++) {
		usleep(SETTLE_US);
		measure(s, s->launch, 1, LAUNCHES, &s->value[LATENCY][round], NULL);
	}
	for (s = subjects; s < subjects + n; s++) {
		usleep(SETTLE_US);
		measure(s, s->launch, CLIENTS, LAUNCHES, NULL, &s->value[LAUNCH_RATE][round]);
	}
}

static void
measure_information(struct subject *servers, unsigned int n, unsigned int round)
{
	struct subject *s;

	for (s = servers; s < servers + n; s++)
		measure(s, ask_information, 1, CALLS, NULL, &s->value[INFO_RATE_1][round]);
	for (s = servers; s < servers + n; s++)
		measure(s, ask_information, CLIENTS, CALLS, NULL, &s->value[INFO_RATE_4][round]);
}

static void
measure_relays(struct subject *subjects, unsigned int n, unsigned int round)
{
	struct subject *s;
	double seconds;

	for (s = subjects; s < subjects + n; s++) {
		measure(s, s->launch, 1, 1, &seconds, NULL);
		s->value[RELAY_RATE][round] = strtod(MUCH, NULL) / seconds / 1e9;
	}
}

/* ---- the tables ------------------------------------------------------------------------------ */

/* The median over the rounds; with `in` in units of its value in the same round. */
static double
typical(const struct subject *s, enum metric metric, const struct subject *in, unsigned int rounds)
{
	double values[MAX_ROUNDS] = {0};
	unsigned int i;

	for (i = 0; i < rounds; i++)
		values[i] = s->value[metric][i] / (in == NULL ? 1 : in->value[metric][i]);
	return (median(values, rounds));
}

static const struct goal *
goal_of(const struct subject *s)
{
	size_t i;

	for (i = 0; i < sizeof(goals) / sizeof(goals[0]); i++)
		if (strcmp(goals[i].name, s->name) == 0)
			return (&goals[i]);
	return (NULL);
}

/* What a table says about launches; in units of the reference, too. */
struct figures {
	double us, a_second, us_ratio, a_second_ratio;
};

static struct figures
figures_of(const struct subject *s, const struct subject *reference, unsigned int rounds)
{
	return ((struct figures){typical(s, LATENCY, NULL, rounds) * 1e6,
	    typical(s, LAUNCH_RATE, NULL, rounds), typical(s, LATENCY, reference, rounds),
	    typical(s, LAUNCH_RATE, reference, rounds)});
}

static void
print_in_f(const struct subject *subjects, unsigned int n, unsigned int rounds)
{
	const struct subject *s;
	const struct goal *goal;
	struct figures f;

	printf("%-20s %11s %6s %14s %16s %6s %14s\n", "launches", "median us", "in F", "goal",
	    "a second, by 4", "of F's", "goal");
	for (s = subjects; s < subjects + n; s++) {
		f = figures_of(s, subjects, rounds);
		if ((goal = goal_of(s)) == NULL)
			printf("%-20s %11.0f %6.2f %14s %16.0f %6.2f\n", s->name, f.us, f.us_ratio,
			    "", f.a_second, f.a_second_ratio);
		else
			printf("%-20s %11.0f %6.2f %7.2f %6s %16.0f %6.2f %7.2f %6s\n", s->name,
			    f.us, f.us_ratio, goal->latency,
			    f.us_ratio <= goal->latency ? "met" : "MISSED", f.a_second,
			    f.a_second_ratio, goal->rate,
			    f.a_second_ratio >= goal->rate ? "met" : "MISSED");
	}
}

static void
print_ratios(const struct subject *servers, unsigned int n, unsigned int rounds)
{
	const struct subject *s;
	struct figures f;

	printf("%-20s %11s %6s %16s %6s\n", "isolation", "median us", "ratio", "a second, by 4",
	    "ratio");
	for (s = servers; s < servers + n; s++) {
		f = figures_of(s, servers, rounds);
		printf("%-20s %11.0f %6.2f %16.0f %6.2f\n", s->name, f.us, f.us_ratio, f.a_second,
		    f.a_second_ratio);
	}
}

static void
print_information(const struct subject *servers, unsigned int n, unsigned int rounds)
{
	const struct subject *s;

	printf("\n%-20s %18s %21s\n", "information", "a second, by 1", "a second, by 4");
	for (s = servers; s < servers + n; s++)
		printf("%-20s %18.0f %21.0f\n", s->name, typical(s, INFO_RATE_1, NULL, rounds),
		    typical(s, INFO_RATE_4, NULL, rounds));
}

static void
print_relays(const struct subject *subjects, unsigned int n, unsigned int rounds)
{
	const struct subject *s;
	double rate;

	printf("%-20s %8s %10s\n", "1 GiB of output", "GB/s", "goal 1.9");
	for (s = subjects; s < subjects + n; s++) {
		rate = typical(s, RELAY_RATE, NULL, rounds);
		printf("%-20s %8.2f %10s\n", s->name, rate, rate >= RELAY_GOAL ? "met" : "MISSED");
	}
}

/* ---- start ----------------------------------------------------------------------------------- */

/* Opens the connections to `address`, HOST:PORT. */
static void
connect_clients(struct subject *s, char *address)
{
	struct runtool_error error = {.size = sizeof(error)};
	char *colon = strrchr(address, ':');
	unsigned int i;

	if (colon == NULL)
		errx(1, "%s: must be HOST:PORT", address);
	*colon = '\0';
	for (i = 0; i < CLIENTS; i++)
		if ((s->client[i] = runtool_connect(address, colon + 1, TIMEOUT_MS, &error)) ==
		    NULL)
			errx(1, "%s: %s", s->name, error.message);
}

static void
close_clients(struct subject *s)
{
	unsigned int i;

	for (i = 0; i < CLIENTS; i++)
		runtool_close(s->client[i]);
}

static unsigned int
number(const char *text, unsigned int max)
{
	const char *wrong;
	long long n = strtonum(text, 1, max, &wrong);

	if (wrong != NULL)
		errx(1, "%s: %s (1 to %u)", text, wrong, max);
	return ((unsigned int)n);
}

static void
usage(void)
{
	fprintf(
	    stderr, "usage: bench [-r ROUNDS] [-f TOOL | -m WRITER] [NAME HOST:PORT ROOT]...\n");
	exit(1);
}

/* The servers that the words name, three each. Their number. */
static unsigned int
take_servers(struct subject *servers, int argc, char **argv)
{
	struct subject *s;

	if (argc % 3 != 0 || argc / 3 > MAX_SERVERS || (argc == 0 && tool == NULL))
		usage();
	for (s = servers; *argv != NULL; s++, argv += 3) {
		*s = (struct subject){
		    .name = argv[0], .root = number(argv[2], UINT_MAX), .launch = run_tool};
		connect_clients(s, argv[1]);
	}
	return ((unsigned int)(s - servers));
}

int
main(int argc, char *argv[])
{
	static struct subject subjects[1 + MAX_SERVERS] = {
	    {.name = "posix_spawn (F)", .launch = spawn_tool}};
	struct subject *const servers = subjects + 1;
	unsigned int rounds = ROUNDS, round, n, i;
	int option;

	while ((option = getopt(argc, argv, "f:m:r:")) != -1) {
		if (option == 'f')
			tool = optarg;
		else if (option == 'm')
			writer = optarg;
		else if (option == 'r')
			rounds = number(optarg, MAX_ROUNDS);
		else
			usage();
	}
	n = take_servers(servers, argc - optind, argv + optind);
	if (writer != NULL)
		subjects[0] = (struct subject){.name = "a pipe", .launch = pipe_much};

	for (round = 0; round < rounds; round++) {
		if (writer != NULL) {
			measure_relays(subjects, n + 1, round);
			continue;
		}
		if (tool == NULL) {
			measure_launches(servers, n, round);
			continue;
		}
		measure_launches(subjects, n + 1, round);
		measure_information(servers, n, round);
	}
	if (writer != NULL) {
		print_relays(subjects, n + 1, rounds);
	} else if (tool == NULL) {
		print_ratios(servers, n, rounds);
	} else {
		printf("%s; medians of %u rounds; F and the servers in turn\n\n", tool, rounds);
		print_in_f(subjects, n + 1, rounds);
		print_information(servers, n, rounds);
	}

	for (i = 0; i < n; i++)
		close_clients(&servers[i]);
	return (0);
}
