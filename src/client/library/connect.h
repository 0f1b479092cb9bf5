/* connect.h: TCP connections to a server, and options for all connections to or from one. */
#ifndef CONNECT_H
#define CONNECT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "control.h"

/*
 * A non-blocking, close-on-exec connection to `host` and `port`, which the caller closes; or -1
 * with *err. IPv4 is tried first: version 4 of the interface needs it for the relays.
 */
int connect_open(const char *host, const char *port, int64_t deadline, struct control *,
    struct runtool_error *err);

/* Makes TCP notice within about a minute that the peer's host is gone. */
void connect_keep_alive(int fd);

/* The IPv4 addresses of both ends, also if they are v4-mapped; false for native IPv6. */
bool connect_ipv4(int fd, struct in_addr *local, struct in_addr *peer);

#endif
