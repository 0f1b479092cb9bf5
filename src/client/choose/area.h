/* area.h: an area of a fleet, as its clients know it. */
#ifndef AREA_H
#define AREA_H

#include <limits.h>

#include "lib/fleet_config.h"

struct area {
	struct fleet_config config; /* .area is its name, .dir is set */
	char file[PATH_MAX];	    /* the vesta.cfg, as an absolute path name */
	const char *why_no_start; /* what to do if no first server can be started; NULL: one can */
};

/*
 * Opens the area of this name. `path` is the configuration's file; `in_cwd`: it was merely found in
 * the current directory. 0, or -1 with the reason in `why`.
 */
int area_open(struct area *, const char *name, const struct config *, const char *path, bool in_cwd,
    char *why, size_t size);

/* Frees what area_open() has filled in; also one that is all zeros. */
void area_close(struct area *);

#endif
