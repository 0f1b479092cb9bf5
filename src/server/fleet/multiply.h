/* multiply.h: a loaded server starts another one: when, and when not. */
#ifndef MULTIPLY_H
#define MULTIPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet_config.h"

/*
 * Makes ready what runs start_command, if the server is to be in a fleet and has one; fatal if that
 * cannot be. `config` is the path of vesta.cfg, or NULL. When starter_open() may be called. It
 * ends with this process.
 */
void multiply_open(const struct fleet_config *, const char *config);

/* Another server is wished for. Any thread, at any time. */
void multiply_wish(void);

/*
 * The fleet's thread alone. When the wish is to be acted upon, in monotonic ms: after a pause by chance,
 * so that not all loaded servers do it at once; 0: there is none, or the last is not a second old.
 */
int64_t multiply_due(int64_t now_ms);

/*
 * Acts upon the wish: starts another server, or logs why not. `others`: how many are registered beside
 * this one, by a look at the directory right before.
 */
void multiply_act(const struct fleet_config *, unsigned int others, int64_t now_ms);

/* ---- the decision alone -------------------------------------------------------------------- */

struct multiply_facts {
	bool command;	      /* there is one */
	bool starter;	      /* and what runs it */
	bool under_way;	      /* the last one has not ended, or too many have not */
	int64_t last_ms;      /* ago, the last one was run; -1: never */
	double load;	      /* average for each processor */
	unsigned int servers; /* on this host */
	unsigned int others;  /* registered */
};

enum multiply {
	MULTIPLY_START,
	MULTIPLY_NO_COMMAND,
	MULTIPLY_NO_STARTER,
	MULTIPLY_ENOUGH,
	MULTIPLY_UNDER_WAY,
	MULTIPLY_TOO_SOON,
	MULTIPLY_LOAD,
	MULTIPLY_PROCESSES,
	MULTIPLY_REASONS
};

enum multiply multiply_judge(const struct fleet_config *, const struct multiply_facts *);

/* A reason in words. Returns text. */
const char *multiply_words(enum multiply, const struct fleet_config *,
    const struct multiply_facts *, char *text, size_t size);

/* Whether to say it now: once a minute. */
bool multiply_say(enum multiply, int64_t now_ms);

#endif
