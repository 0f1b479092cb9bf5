/* relay.h: the connection that carries a tool's output back to its client. */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <sys/socket.h>

#include "server/base/settings.h"

/*
 * Whether a relay may go to `to`: to the client's own address, or one that may connect here; to any
 * with relay_hosts = any. Unmapped addresses.
 */
bool relay_may_go(const struct settings *, const struct sockaddr_storage *client,
    const struct sockaddr_storage *to);

/*
 * Connects to `to` within `timeout_ms`, and only while `wanted(arg)` is true. A blocking,
 * close-on-exec socket, which the caller closes; or -1 with errno (ECANCELED: not wanted).
 */
int relay_connect(
    const struct sockaddr_storage *to, int timeout_ms, bool (*wanted)(void *), void *arg);

#endif
