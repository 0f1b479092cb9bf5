/* connect.h: TCP connections to a server, and options for all connections to or from one. */
#ifndef CONNECT_H
#define CONNECT_H

#include <netinet/in.h>
#include <stdbool.h>

#include "race.h"

/*
 * A connection to `host` and `port`, as race() makes it, by the addresses of `family` (AF_UNSPEC: by
 * all); or -1 with *err.
 */
int connect_open(const char *host, const char *port, int family, const struct race_rules *,
    struct runtool_error *err);

/* Makes TCP notice within about a minute that the peer's host is gone. */
void connect_keep_alive(int fd);

/* The IPv4 addresses of both ends, also if they are v4-mapped; false for native IPv6. */
bool connect_ipv4(int fd, struct in_addr *local, struct in_addr *peer);

#endif
