/* client.h: the client of a waiting or running request, as its connection shows it. */
#ifndef CLIENT_H
#define CLIENT_H

#include "request.h"

#define CLIENT_LOOK_MS 5000 /* between two looks at a client, if it does not ask for more */

/* Version 5: how often to look at this client: as often as it wants to hear of us, if not more. */
int client_look_interval(const struct request *);

/*
 * Whether the client's host has gone, whatever the client does: a client that only does not read still
 * acknowledges our probes (of which one may get lost), and TCP itself would go on asking for a quarter
 * of an hour.
 */
bool client_is_mute(const struct request *);

/* Version 5: tells it that its request waits, for as long as nothing else is on its way to it. */
void client_say_queued(const struct request *);

#endif
