/*
 * admit.h: whether a new connection may stay, and what the log says about those that may not: for
 * each reason a line a second at most, with their number. One thread uses it.
 */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "server/base/settings.h"
#include "crowd.h"

#define ADMIT_REASONS  3
#define ADMIT_WHY_SIZE 80

/* Zero-initialised: nobody was turned away yet. */
struct admit {
	struct admit_refusals {		   /* for one reason */
		unsigned long count, told; /* since the start; those that the log knows of */
		int64_t quiet_until;	   /* monotonic milliseconds */
		char client[ADDR_TEXT_SIZE], why[ADMIT_WHY_SIZE]; /* the last one's */
	} refusals[ADMIT_REASONS];
	int64_t told_from; /* monotonic milliseconds: of the second in which clients were told, */
	unsigned int told; /* and how many of them */
};

/*
 * By `allow`, max_connections and max_connections_per_host. Unmapped. If not, *tell: whether the
 * client should hear why. That costs a connection for a moment, so it is only for those that
 * `allow` does not admit, a few a second, and while they do not crowd out others.
 */
bool admit_client(struct admit *, const struct settings *, const struct crowd *,
    const struct sockaddr_storage *client, bool *tell);

/* Logs what is due. When it has to be called again, in monotonic milliseconds; 0: need not. */
int64_t admit_check_log(struct admit *);

#endif
