/* environment.h: the tool's environment, word by word as -e names it. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <stddef.h>

/* Zero-initialised, it is empty. */
struct environment {
	const char **list; /* NAME=value, NULL-terminated; NULL while nothing was ever added */
	size_t n, size;
};

/*
 * Takes the next word:
 *
 *     NAME=value   sets a variable
 *     NAME         sets it to what it is here; without one here it is not set
 *     PATTERN      (with `*`, `?` or `[`) does that with all variables whose names match, except
 *                  those that are of no use elsewhere, unless the pattern begins as they do
 *     !NAME        (or a pattern) takes out those set so far whose names match
 *
 * 0; -1 with `why`: what the word must be, or that memory is short. The word must live as long.
 */
int environment_take(struct environment *, const char *word, const char **why);

/* Takes out a variable that was taken by this very pointer, if no later word was about its name. */
void environment_withdraw(struct environment *, const char *variable);

void environment_free(struct environment *);

#endif
