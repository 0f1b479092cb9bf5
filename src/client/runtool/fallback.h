/* fallback.h: runs the command here, where there is no server for it. */
#ifndef FALLBACK_H
#define FALLBACK_H

#include "cmdline.h"
#include "remote.h"

/*
 * Whether this request could be served here as well. If not, *why is what is in the way: something
 * that would be another one than on the server.
 */
bool fallback_can(const struct cmdline *, const char **why);

/* Whether there was no server, and no run of the command has begun anywhere. */
bool fallback_is_due(const struct remote_result *);

/*
 * Becomes the command, with the environment, umask and directory that it would have had over there.
 * Returns only if it cannot be executed, with the error.
 */
void fallback_run(const struct cmdline *, struct remote_result *);

#endif
