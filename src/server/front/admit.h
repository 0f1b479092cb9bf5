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
};

/* By `allow`, max_connections and max_connections_per_host. Unmapped. */
bool admit_client(struct admit *, const struct settings *, const struct crowd *,
    const struct sockaddr_storage *client);

/* Logs what is due. When it has to be called again, in monotonic milliseconds; 0: need not. */
int64_t admit_check_log(struct admit *);

#endif
