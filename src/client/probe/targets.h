/* targets.h: the servers that RunToolProbe asks: those that are named, or that an area's records name. */
#ifndef TARGETS_H
#define TARGETS_H

#include "client/choose/area.h"
#include "lib/records.h"
#include "probe.h"

struct config;
struct defaults_file;

/* An area of the fleet, as it was when it was looked at; the caller frees what is in both. */
struct targets_fleet {
	struct area area;
	struct records records;
};

/*
 * One probe for each of the hosts (NULL-terminated; none: the default server), or for each server of the
 * area, and in *n how many; the caller frees them, and keeps hosts and records until then. A word that
 * names no server has its error as its answer already. `config`, read from that file, is NULL where there
 * is no vesta.cfg. Where it cannot be known whom to ask, the program ends with words on stderr.
 */
struct probe *targets_named(char *const *hosts, const struct config *, size_t *n);
struct probe *targets_registered(struct targets_fleet *, const char *area, const struct config *,
    const struct defaults_file *, size_t *n);

#endif
