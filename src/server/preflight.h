/* preflight.h: checks whether this server can run tools here, before it says that it can. */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "launcher.h"
#include "server/base/settings.h"

/*
 * Each is fatal if not. The user it runs as; the helper, its privilege and policy, and the volatile
 * root. A named root that could not be assembled is not fatal: it stays one until that is mended.
 * preflight_tools() puts what is wrong with those into `why`, for preflight_warn() to log.
 */
void preflight_user(const struct settings *);
void preflight_tools(const struct settings *, char why[LAUNCHER_MAX_WORDS]);
void preflight_warn(char *why);

/* Asks the launcher whether it would launch, and warns if not. */
void preflight_roots(const struct settings *);

/* The directory of the fleet. */
void preflight_fleet(const struct fleet_config *);

#endif
