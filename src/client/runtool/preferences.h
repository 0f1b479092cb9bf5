/*
 * preferences.h: what the command line need not say: variables of the environment, and [runtool] of
 * the user's file and of vesta.cfg, in this order.
 */
#ifndef PREFERENCES_H
#define PREFERENCES_H

#include <limits.h>
#include <stddef.h>

struct config;

/* In the order of --show. Of the first three only one can be in force, the server before the area. */
enum preference {
	PREFER_SERVER,
	PREFER_PLATFORM,
	PREFER_AREA,
	PREFER_ROOT,
	PREFER_DIRECTORY,
	PREFER_ENV,
	PREFER_WAIT,
	PREFER_RETRY,
	PREFER_FALLBACK,
	PREFER_LOG,
	PREFER_COLOUR,
	PREFERENCES
};

/* Where one comes from. */
enum preference_source { SOURCE_VARIABLE, SOURCE_USER, SOURCE_SITE, SOURCES };

struct preferences {
	struct {
		const char *value; /* NULL: nothing says anything */
		char *from;	   /* to stand before the value, as `FILE:LINE: [runtool]root = ` */
	} list[PREFERENCES];
	struct config *files[SOURCES]; /* NULL: none */
	char paths[SOURCES][PATH_MAX]; /* of those files; empty: none */
};

/* Its key in the files, and its variable. */
const char *preference_key(enum preference);
const char *preference_variable(enum preference);

/*
 * Reads them. `config` is that of -c; NULL: the vesta.cfg that is found, but not in the current
 * directory: whoever made that must not choose to whom our variables go. 0, or -1 with the reason
 * in `why`. preferences_free() in any case; the values are valid until then.
 */
int preferences_read(struct preferences *, const char *config, char *why, size_t size);
void preferences_free(struct preferences *);

#endif
