/* in_force.h: which preferences are in force and where they come from, for --show. */
#ifndef IN_FORCE_H
#define IN_FORCE_H

#include "preferences.h"

struct in_force {
	char *texts[PREFERENCES]; /* NULL: not set */
	const char *from[PREFERENCES];
};

/*
 * Notes a value, with what stands before it where it was said. Another one of the same preference
 * comes behind the first. 0, or -1 without memory. `from` must live as long.
 */
int in_force_note(struct in_force *, enum preference, const char *from, const char *text);

/*
 * Prints all. `directory`: what the working directory stands for, NULL: for itself. `config`: as
 * for preferences_read().
 */
void in_force_print(
    const struct in_force *, const struct preferences *, const char *directory, const char *config);
void in_force_free(struct in_force *);

#endif
