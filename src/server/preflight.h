/* preflight.h: checks whether this server can run tools here, before it says that it can. */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "server/base/settings.h"

/*
 * Each is fatal if not. The user it runs as; the helper, its privilege and policy, and the volatile
 * root.
 */
void preflight_user(const struct settings *);
void preflight_tools(const struct settings *);

/* Warns of each named root that could not be assembled: it stays one until that is mended. */
void preflight_roots(const struct settings *);

/* The directory of the fleet. */
void preflight_fleet(const struct fleet_config *);

#endif
