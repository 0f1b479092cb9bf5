#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/string.h>

#include "lib/log.h"
#include "lib/start_command.h"
#include "server/base/host.h"
#include "server/base/process.h"
#include "multiply.h"
#include "starter.h"

#define SERVER_NAME  "RunToolServer"
#define PAUSE_MS     1000
#define APART_MS     1000
#define SAY_AGAIN_MS 60000
#define WORDS_SIZE   256

/*
 * One for the process: any thread may wish, and the starter was made before there were threads.
 * Moments are monotonic milliseconds; 0: none.
 */
static char *command; /* NULL: none */
static atomic_bool wished;
static int64_t act_at;	   /* when to act upon the wish */
static int64_t acted_at;   /* when that was done last */
static int64_t started_at; /* when the command was run last */
static int64_t said_at[MULTIPLY_REASONS];

void
multiply_open(const struct fleet_config *c, const char *config)
{
	char host[HOST_NAME_MAX + 1] = "", err[WORDS_SIZE], *path = NULL;
	struct start_words words = {.area = c->area, .host = c->advertise};

	if (c->dir == NULL || c->start_command == NULL)
		return;
	if (config != NULL && (path = realpath(config, NULL)) == NULL)
		fatal("%s: %s", config, strerror(errno));
	words.config = path;
	if (words.host == NULL) {
		if (gethostname(host, sizeof(host)) == -1)
			fatal("host name: %s", strerror(errno));
		words.host = host;
	}
	if ((command = start_command_expand(c->start_command, &words, err, sizeof(err))) == NULL)
		fatal("[" FLEET_CONFIG_SECTION "]start_command: %s", err);
	free(path);
	starter_open(command, STARTER_PATIENCE_MS);
}

void
multiply_wish(void)
{
	atomic_store_explicit(&wished, true, memory_order_relaxed);
}

int64_t
multiply_due(int64_t now_ms)
{
	starter_look();
	if (act_at == 0 && now_ms >= acted_at + APART_MS &&
	    atomic_exchange_explicit(&wished, false, memory_order_relaxed))
		act_at = now_ms + arc4random_uniform(PAUSE_MS + 1);
	return (act_at);
}

enum multiply
multiply_judge(const struct fleet_config *c, const struct multiply_facts *f)
{
	if (!f->command)
		return (MULTIPLY_NO_COMMAND);
	if (!f->starter)
		return (MULTIPLY_NO_STARTER);
	if (f->others >= (unsigned int)c->max_servers - 1)
		return (MULTIPLY_ENOUGH);
	if (f->under_way)
		return (MULTIPLY_UNDER_WAY);
	if (f->last_ms != -1 && f->last_ms < c->start_interval * 1000LL)
		return (MULTIPLY_TOO_SOON);
	if (f->load > c->start_load_limit)
		return (MULTIPLY_LOAD);
	if (f->servers > (unsigned int)c->max_processes)
		return (MULTIPLY_PROCESSES);
	return (MULTIPLY_START);
}

const char *
multiply_words(enum multiply why, const struct fleet_config *c, const struct multiply_facts *f,
    char *text, size_t size)
{
	switch (why) {
	case MULTIPLY_NO_COMMAND:
		strlcpy(text, "start_command is not set", size);
		break;
	case MULTIPLY_NO_STARTER:
		strlcpy(text, "runtool-starter is gone: restart this server", size);
		break;
	case MULTIPLY_ENOUGH:
		snprintf(text, size, "%u others are registered (max_servers = %d)", f->others,
		    c->max_servers);
		break;
	case MULTIPLY_UNDER_WAY:
		strlcpy(text, "start_command has not ended", size);
		break;
	case MULTIPLY_TOO_SOON:
		snprintf(text, size, "start_command was run %.1f s ago (start_interval = %d)",
		    (double)f->last_ms / 1000, c->start_interval);
		break;
	case MULTIPLY_LOAD:
		snprintf(text, size,
		    "the load average is %.2f for each processor (start_load_limit = %g)", f->load,
		    c->start_load_limit);
		break;
	case MULTIPLY_PROCESSES:
		snprintf(text, size, "%u servers run on this host (max_processes = %d)", f->servers,
		    c->max_processes);
		break;
	default:
		*text = '\0';
	}
	return (text);
}

bool
multiply_say(enum multiply why, int64_t now_ms)
{
	if (said_at[why] != 0 && now_ms < said_at[why] + SAY_AGAIN_MS)
		return (false);
	said_at[why] = now_ms;
	return (true);
}

void
multiply_act(const struct fleet_config *c, unsigned int others, int64_t now_ms)
{
	const struct multiply_facts facts = {
	    .command = command != NULL,
	    .starter = starter_is_there(),
	    .under_way = starter_busy() || starter_running() >= (unsigned int)c->max_servers,
	    .last_ms = started_at == 0 ? -1 : now_ms - started_at,
	    .load = host_load() / (double)sysconf(_SC_NPROCESSORS_ONLN),
	    .servers = process_count(SERVER_NAME),
	    .others = others,
	};
	enum multiply why = multiply_judge(c, &facts);
	char words[WORDS_SIZE];

	act_at = 0;
	acted_at = now_ms;
	/* Wishes that came meanwhile are met by this. */
	atomic_store_explicit(&wished, false, memory_order_relaxed);
	if (why != MULTIPLY_START) {
		if (multiply_say(why, now_ms))
			log_info("fleet: no other server is started: %s",
			    multiply_words(why, c, &facts, words, sizeof(words)));
		return;
	}
	started_at = now_ms;
	log_info("fleet: starting another server: %s", command);
	if (starter_run() == -1)
		starter_close();
}
