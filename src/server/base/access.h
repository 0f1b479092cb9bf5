/* access.h: which addresses are this host's own, and which ones `allow` admits. */
#ifndef ACCESS_H
#define ACCESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "settings.h"

/* Loopback, or one of this host's own addresses, as they are now. Unmapped. */
bool access_is_this_host(const struct sockaddr_storage *);

/* By `allow`; without it this host only. Unmapped. */
bool access_is_allowed(const struct settings *, const struct sockaddr_storage *);

#endif
