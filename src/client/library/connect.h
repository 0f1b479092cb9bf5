/* connect.h: TCP connections to a server, and what holds for all that lead to or from it. */
#ifndef CONNECT_H
#define CONNECT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "control.h"

/*
 * A non-blocking, close-on-exec connection to `host` and `port`, which the caller closes; or -1
 * with *err. IPv4 goes first: version 4 of the interface can name no other address for the relays.
 */
int connect_open(const char *host, const char *port, int64_t deadline, struct control *,
    struct runtool_error *err);

/* Notices within about a minute that the peer's host is gone. */
void connect_keep_alive(int fd);

/* The IPv4 addresses of both ends, also of v4-mapped ones; false where they are native IPv6. */
bool connect_ipv4(int fd, struct in_addr *local, struct in_addr *peer);

#endif
