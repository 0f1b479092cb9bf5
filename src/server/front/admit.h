/*
 * admit.h: whether a new connection may stay, and what the log says about those that may not: for
 * each reason a line a second at most, with their number. Only the loop's thread uses these.
 */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "server/base/settings.h"

/* By `allow`, max_connections and max_connections_per_host. Unmapped. */
bool admit_client(const struct settings *, const struct sockaddr_storage *client);

/* Logs what is due. Milliseconds until it has to be called again, or -1. */
int admit_check_log(void);

#endif
