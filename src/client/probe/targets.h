/* targets.h: the servers that RunToolProbe asks: named ones, or those of an area's records. */
#ifndef TARGETS_H
#define TARGETS_H

#include "client/choose/area.h"
#include "lib/records.h"
#include "probe.h"

struct config;
struct defaults_file;

/* An area of the fleet, and its records; the caller frees both. */
struct targets_fleet {
	struct area area;
	struct records records;
};

/*
 * One probe for each of the hosts (NULL-terminated; none: the default server), or for each server
 * of the area, or of the platform (its hosts and those of its area); *n says how many. The caller
 * frees them, and keeps hosts and records until then. If a word names no server, its answer is an
 * error already. `config`, read from `file`, is NULL if there is no vesta.cfg. If nobody can be
 * asked, the program ends with words on stderr.
 */
struct probe *targets_named(char *const *hosts, const struct config *, size_t *n);
struct probe *targets_registered(struct targets_fleet *, const char *area, const struct config *,
    const struct defaults_file *, size_t *n);
struct probe *targets_platform(struct targets_fleet *, const char *platform, const struct config *,
    const struct defaults_file *, size_t *n);

/* Adds to their answers what runtool(1) of this user remembers of them. */
void targets_remember(struct probe *, size_t n);

#endif
