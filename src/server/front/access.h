/* access.h: who may connect, and where relays may go. */
#ifndef ACCESS_H
#define ACCESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "server/base/settings.h"

/* Loopback, or one of this host's own addresses, as they are now. Unmapped. */
bool access_this_host(const struct sockaddr_storage *);

/* By `allow`; without it this host only. Unmapped. */
bool access_client(const struct settings *, const struct sockaddr_storage *client);

/* The client's own address, or one that could connect; any with relay_hosts = any. */
bool access_relay(const struct settings *, const struct sockaddr_storage *client,
    const struct sockaddr_storage *to);

#endif
