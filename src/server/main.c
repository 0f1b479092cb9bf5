/* RunToolServer: reads its options, makes sure that it can serve, and serves. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bsd/unistd.h>

#include "paths.h"
#include "lib/log.h"
#include "server/base/identity.h"
#include "server/base/journal.h"
#include "server/base/settings.h"
#include "server/fleet/fleet.h"
#include "server/fleet/multiply.h"
#include "server/front/listen.h"
#include "server/front/loop.h"
#include "server/runs/command.h"
#include "server/runs/killer.h"
#include "server/runs/orphans.h"
#include "server/runs/pause.h"
#include "server/runs/queue.h"
#include "server/runs/trace.h"
#include "server/runs/worker.h"
#include "daemon.h"
#include "preflight.h"

#define MAX_OVERRIDES 64
#define PATH_SIZE     4096
#define ERROR_SIZE    16384 /* a wrong value is shown whole */

struct options {
	const char *config;
	const char *overrides[MAX_OVERRIDES];
	size_t noverrides;
	const char *pidfile;
	bool debug, foreground, check;
};

static _Noreturn void
usage(FILE *out, int status)
{
	fprintf(out, "usage: RunToolServer [-dfhnV] [-c file] [-o name=value]... [-p pidfile]\n");
	exit(status);
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:dfhno:p:V", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'd':
			o->debug = true;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'h':
			usage(stdout, 0);
		case 'n':
			o->check = true;
			break;
		case 'o':
			if (o->noverrides == MAX_OVERRIDES)
				fatal("more than %d times -o", MAX_OVERRIDES);
			o->overrides[o->noverrides++] = optarg;
			break;
		case 'p':
			o->pidfile = optarg;
			break;
		case 'V':
			printf("RunToolServer " VERSION "\n");
			exit(0);
		default:
			usage(stderr, 1);
		}
	}
	if (optind != argc)
		usage(stderr, 1);
}

/* Where there is no vesta.cfg, `path` is empty, and the defaults and -o must do. */
static void
load_settings(struct settings *s, const struct options *o, char path[PATH_SIZE])
{
	char err[ERROR_SIZE];
	struct config *config = NULL;
	bool in_cwd = false;

	*path = '\0';
	if (config_find(o->config, path, PATH_SIZE, &in_cwd) == 0) {
		if ((config = config_load(path, err, sizeof(err))) == NULL)
			fatal("%s", err);
	} else if (errno != ENOENT) {
		fatal("vesta.cfg: %s", strerror(errno));
	}
	if (settings_load(s, config, in_cwd, o->overrides, o->noverrides, err, sizeof(err)) == -1)
		fatal("%s", err);
	config_free(config);
}

/*
 * Descriptors 0 to 2 must be open: else a socket would get such a number, and standard output would
 * be written to it. Those above were left open by the program that started us.
 */
static void
tidy_descriptors(void)
{
	int fd;

	closefrom(3);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* As many as we may have. Tools keep the limit that they would have had. */
static void
raise_descriptor_limit(void)
{
	struct rlimit r;

	command_keep_limits();
	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("limit of descriptors: %s", strerror(errno));
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1)
		log_warn("limit of descriptors: %s", strerror(errno));
}

static void
limit_core(const struct settings *s)
{
	struct rlimit r;

	if (!s->has_core_limit)
		return;
	if (getrlimit(RLIMIT_CORE, &r) == -1)
		fatal("core limit: %s", strerror(errno));
	r.rlim_cur = r.rlim_max;
	if (s->core_limit >= 0 && (rlim_t)s->core_limit < r.rlim_max)
		r.rlim_cur = (rlim_t)s->core_limit;
	if (setrlimit(RLIMIT_CORE, &r) == -1)
		log_warn("core limit: %s", strerror(errno));
}

static void
block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* False when a thread hangs that still uses settings, queue and loop. */
static bool
serve(const struct settings *s, const int *listeners, int nlisteners)
{
	struct queue *queue;
	struct killer *killer;
	struct worker_pool *pool = NULL;
	struct fleet *fleet;

	queue = queue_new(
	    (unsigned int)s->max_threads, (unsigned int)s->max_pending, s->fleet.loaded_at);
	if (queue == NULL || identity_init() == -1 || loop_init(s, listeners, nlisteners) == -1)
		fatal("cannot start: %s", strerror(errno));
	if ((killer = killer_new(queue, s->kill_grace, loop_finished)) == NULL ||
	    (pool = worker_start(s, queue, killer, loop_finished)) == NULL)
		fatal("cannot start threads: %s", strerror(errno));

	fleet = fleet_start(s, listen_port(listeners[0]), queue, loop_wake);

	daemon_ready();
	loop_run(queue, killer, fleet);

	worker_join(pool);
	killer_free(killer);
	if (!fleet_free(fleet))
		return (false);
	loop_close();
	queue_free(queue);
	return (true);
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	struct settings s;
	char config[PATH_SIZE], err[ERROR_SIZE];
	char bad_roots[LAUNCHER_MAX_WORDS];
	int listeners[LISTEN_MAX], nlisteners;

	setproctitle_init(argc, argv, environ);
	tidy_descriptors();
	parse_options(&o, argc, argv);
	load_settings(&s, &o, config);
	if (o.check) {
		settings_print(&s, stdout);
		fflush(stdout);
		preflight_roots(&s);
		settings_free(&s);
		return (fflush(stdout) == 0 ? 0 : 1);
	}

	preflight_user(&s);
	/* Before what follows: start_command must not inherit it. */
	multiply_open(&s.fleet, *config == '\0' ? NULL : config);
	umask(S_IWGRP | S_IWOTH);
	block_signals();
	raise_descriptor_limit();
	limit_core(&s);
	preflight_tools(&s, bad_roots);
	preflight_fleet(&s.fleet);
	/* Server and tools share a user: tools must not read our memory. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("cannot start: %s", strerror(errno));
	pause_init();

	if (o.debug)
		log_show_debug();
	journal_open(!o.foreground);
	preflight_warn(bad_roots);
	daemon_lock(o.pidfile);
	if ((nlisteners = listen_open(&s, listeners, err, sizeof(err))) == -1)
		fatal("%s", err);
	if (s.nallow == 0)
		log_info("allow is not set: only this host may connect");
	if (!o.foreground)
		daemon_detach();
	/* After the last fork: threads and being a subreaper are not inherited. */
	journal_start();
	if (orphans_init() == -1)
		fatal("cannot start: %s", strerror(errno));
	if (s.helper_debug)
		trace_open(!o.foreground);
	setproctitle("%d tools, %d pending", s.max_threads, s.max_pending);

	if (!serve(&s, listeners, nlisteners)) {
		log_info("done");
		/* Handlers of exit(3) may want to wait for the thread that hangs. */
		quick_exit(0);
	}
	trace_close();
	settings_free(&s);
	log_info("done");
	return (0);
}
