#include <bsd/string.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config.h"
#include "preferences.h"

#define SECTION	  "runtool"
#define USER_FILE "runtool.cfg"

static const struct {
	const char *key, *variable;
} table[PREFERENCES] = {
    [PREFER_SERVER] = {"server", "RUNTOOL_SERVER"},
    [PREFER_PLATFORM] = {"platform", "RUNTOOL_PLATFORM"},
    [PREFER_AREA] = {"area", "RUNTOOL_AREA"},
    [PREFER_ROOT] = {"root", "RUNTOOL_ROOT"},
    [PREFER_DIRECTORY] = {"directory", "RUNTOOL_DIRECTORY"},
    [PREFER_ENV] = {"env", "RUNTOOL_ENV"},
    [PREFER_WAIT] = {"wait", "RUNTOOL_WAIT"},
    [PREFER_RETRY] = {"retry", "RUNTOOL_RETRY"},
    [PREFER_FALLBACK] = {"fallback", "RUNTOOL_FALLBACK"},
    [PREFER_LOG] = {"log", "RUNTOOL_LOG"},
    [PREFER_COLOUR] = {"colour", "RUNTOOL_COLOUR"},
};

const char *
preference_key(enum preference i)
{
	return (table[i].key);
}

const char *
preference_variable(enum preference i)
{
	return (table[i].variable);
}

/* ---- the files ---------------------------------------------------------------------------- */

/* 0 with the user's file, or "" if there is none; -1: its name is too long. */
static int
find_user_file(char *path, size_t size)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *below = "";
	int n;

	*path = '\0';
	/* Relative ones are to be ignored, as the XDG base directory specification says. */
	if (dir == NULL || *dir != '/') {
		dir = getenv("HOME");
		below = "/.config";
	}
	if (dir == NULL || *dir != '/')
		return (0);
	n = snprintf(path, size, "%s%s/%s", dir, below, USER_FILE);
	if (n < 0 || (size_t)n >= size)
		return (-1);
	if (access(path, F_OK) == -1)
		*path = '\0';
	return (0);
}

static int
find_site_file(const char *config, char *path, size_t size)
{
	*path = '\0';
	if (config_find_elsewhere(config, path, size) == 0)
		return (0);
	*path = '\0';
	return (errno == ENOENT ? 0 : -1);
}

static bool
is_known(const char *key)
{
	size_t i;

	for (i = 0; i < PREFERENCES; i++)
		if (strcmp(table[i].key, key) == 0)
			return (true);
	return (false);
}

static int
check_names(const struct config *config, bool alone, char *why, size_t size)
{
	const struct config_value *v;
	size_t i;

	for (i = 0; (v = config_at(config, i)) != NULL; i++) {
		if (strcmp(v->section, SECTION) != 0) {
			if (!alone)
				continue;
			snprintf(why, size, "%s:%d: [%s]: only [" SECTION "] counts in this file",
			    v->file, v->line, v->section);
			return (-1);
		}
		if (is_known(v->name))
			continue;
		snprintf(
		    why, size, "%s:%d: [" SECTION "]%s is not known", v->file, v->line, v->name);
		return (-1);
	}
	return (0);
}

static int
read_file(struct preferences *p, enum preference_source source, char *why, size_t size)
{
	if (*p->paths[source] == '\0')
		return (0);
	if ((p->files[source] = config_load(p->paths[source], why, size)) == NULL)
		return (-1);
	return (check_names(p->files[source], source == SOURCE_USER, why, size));
}

/* ---- what is said ------------------------------------------------------------------------- */

/* Takes what this source says, if anything. 0, or -1 without memory. */
static int
take(struct preferences *p, enum preference i, enum preference_source source)
{
	const struct config_value *v = NULL;
	const char *value;

	if (source == SOURCE_VARIABLE) {
		value = getenv(table[i].variable);
	} else {
		if (p->files[source] != NULL)
			v = config_get(p->files[source], SECTION, table[i].key);
		value = v == NULL ? NULL : v->value;
	}
	/* An empty one is the same as none. */
	if (p->list[i].value != NULL || value == NULL || *value == '\0')
		return (0);
	p->list[i].value = value;
	if (v == NULL)
		return (asprintf(&p->list[i].from, "%s=", table[i].variable));
	return (asprintf(&p->list[i].from, "%s:%d: [" SECTION "]%s = ", v->file, v->line, v->name));
}

/* Whether one of those that say which server it is has been found. */
static bool
has_server(const struct preferences *p)
{
	return (p->list[PREFER_SERVER].value != NULL || p->list[PREFER_PLATFORM].value != NULL ||
		p->list[PREFER_AREA].value != NULL);
}

static int
take_all(struct preferences *p, enum preference_source source)
{
	enum preference i;

	for (i = 0; i < PREFERENCES; i++)
		if (!(i <= PREFER_AREA && has_server(p)) && take(p, i, source) == -1)
			return (-1);
	return (0);
}

int
preferences_read(struct preferences *p, const char *config, char *why, size_t size)
{
	enum preference_source source;

	*p = (struct preferences){0};
	if (find_user_file(p->paths[SOURCE_USER], PATH_MAX) == -1 ||
	    find_site_file(config, p->paths[SOURCE_SITE], PATH_MAX) == -1) {
		strlcpy(why, "the name of a configuration file is too long", size);
		return (-1);
	}
	if (read_file(p, SOURCE_USER, why, size) == -1 ||
	    read_file(p, SOURCE_SITE, why, size) == -1)
		return (-1);
	for (source = 0; source < SOURCES; source++) {
		if (take_all(p, source) == -1) {
			strlcpy(why, "out of memory", size);
			return (-1);
		}
	}
	return (0);
}

void
preferences_free(struct preferences *p)
{
	enum preference_source source;
	enum preference i;

	for (i = 0; i < PREFERENCES; i++)
		free(p->list[i].from);
	for (source = 0; source < SOURCES; source++)
		config_free(p->files[source]);
	*p = (struct preferences){0};
}
