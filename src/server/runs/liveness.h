/* liveness.h: the client of a waiting or running request, as its connection shows it. */
#ifndef LIVENESS_H
#define LIVENESS_H

#include "request.h"

#define LIVENESS_LOOK_MS 5000 /* between two looks at a client, if its keep-alive is not shorter */

/* Version 5: milliseconds between two looks at this client. */
int liveness_interval(const struct request *);

/*
 * Whether the client's host is gone: it has acknowledged nothing for a minute. A client that merely
 * does not read still acknowledges our probes (one may get lost). TCP itself would take a quarter
 * of an hour to give up.
 */
bool liveness_is_mute(const struct request *);

/* Version 5: tells the client that its request waits, unless part of a reply is still unsent. */
void liveness_say_queued(const struct request *);

#endif
