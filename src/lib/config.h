/*
 * config.h: vesta.cfg, read whole on top of inih. The grammar is in vesta.cfg(5).
 * Nothing here logs: errors are words that begin with FILE:LINE.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct config;

/* A value and where it stands. All strings belong to the config. */
struct config_value {
	const char *section;
	const char *name;
	const char *value; /* blanks trimmed at both ends; may be empty */
	const char *file;  /* as it was named: the argument, or the path an include led to */
	int line;	   /* from 1; in that file */
};

/*
 * Finds vesta.cfg: `option` (-c FILE) if not NULL, else $VESTACONFIG, else the first that exists of
 * ./vesta.cfg, $HOME/vesta.cfg, SYSCONFDIR/vesta.cfg. 0 with the path, and whether it was merely
 * found in the current directory; -1 with errno ENOENT when there is none, ENAMETOOLONG when it
 * does not fit. A file named by `option` or $VESTACONFIG is taken whether it exists or not.
 */
int config_find(const char *option, char *path, size_t size, bool *in_cwd);

/* The same, but not ./vesta.cfg: for what a directory of somebody else's must not decide. */
int config_find_elsewhere(const char *option, char *path, size_t size);

/*
 * Reads `path` and what it includes. NULL with the reason in `err` (FILE:LINE: what is wrong):
 * a line that is no section, option or comment; an option before any section or after an include
 * without a new section line; a NUL byte; a file that cannot be read (FILE: why, where it is `path`
 * itself); includes nested more than 10 deep, over 10000 files or 64 MB in all.
 * In an included directory all that is neither file nor directory is passed over.
 */
struct config *config_load(const char *path, char *err, size_t errsize);
void config_free(struct config *);

/* The last value of [section]name, or NULL. */
const struct config_value *config_get(const struct config *, const char *section, const char *name);

/*
 * Value number `i` (from 0) in the order read, NULL behind the last: to find names that are not
 * known. A name that is set twice is there twice.
 */
const struct config_value *config_at(const struct config *, size_t i);

#endif
