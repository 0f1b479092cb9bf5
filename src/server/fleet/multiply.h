/* multiply.h: when a loaded server starts another one, and when not. */
#ifndef MULTIPLY_H
#define MULTIPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet_config.h"

/*
 * Makes the starter, which ends with this process, if the server is in a fleet that has a
 * start_command; fatal if that fails. `config`: the path of vesta.cfg, or NULL. See starter_open()
 * for when.
 */
void multiply_open(const struct fleet_config *, const char *config);

/* Wishes for another server. Any thread, at any time. */
void multiply_wish(void);

/*
 * Only the fleet's thread. When to act upon a wish, in monotonic milliseconds: after a pause of
 * random length, so that not all loaded servers act at once. 0: there is no wish, or the last one
 * was acted upon less than a second ago.
 */
int64_t multiply_due(int64_t now_ms);

/*
 * Acts upon the wish: starts another server, or logs why not. `others`: how many are registered
 * beside this one, by a look at the directory just before.
 */
void multiply_act(const struct fleet_config *, unsigned int others, int64_t now_ms);

/* ---- the decision alone -------------------------------------------------------------------- */

struct multiply_facts {
	bool command;	      /* there is one */
	bool starter;	      /* and what runs it */
	bool under_way;	      /* the last command has not ended, or too many have not */
	int64_t last_ms;      /* since the command was run last; -1: never */
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
