/* listen.h: the server's listening sockets. */
#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>

#include "server/base/settings.h"

#define LISTEN_MAX     64
#define LISTEN_BACKLOG 4096 /* of each */

/*
 * Opens a socket for each address of `listen` (default: all IPv4 and all IPv6 addresses, where the
 * host has IPv6), all on the same port, and logs each. One that this host does not have yet will do
 * once it has it. The number of descriptors in fds; or -1 with the reason in `err`, and none is
 * open.
 */
int listen_open(const struct settings *, int fds[LISTEN_MAX], char *err, size_t size);

/* The port that a socket is bound to. */
unsigned int listen_port(int fd);

#endif
