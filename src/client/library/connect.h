/* connect.h: TCP connections to a server, and options for all connections to or from one. */
#ifndef CONNECT_H
#define CONNECT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "control.h"

/*
 * A non-blocking, close-on-exec connection to `host` and `port`, which the caller closes; or -1
 * with *err. The addresses of `family` (AF_UNSPEC: of all) are raced as below.
 */
int connect_open(const char *host, const char *port, int family, int64_t deadline, struct control *,
    struct runtool_error *err);

/*
 * The same to any of these addresses, of which there is one at least. IPv4 comes first: version 4 of
 * the interface needs it for the relays. The next one is tried when the last one has failed or has
 * not answered for a moment; then the first to answer is taken, and the others are closed.
 */
struct addrinfo;
int connect_race(
    const struct addrinfo *, int64_t deadline, struct control *, struct runtool_error *err);

/* Makes TCP notice within about a minute that the peer's host is gone. */
void connect_keep_alive(int fd);

/* The IPv4 addresses of both ends, also if they are v4-mapped; false for native IPv6. */
bool connect_ipv4(int fd, struct in_addr *local, struct in_addr *peer);

#endif
