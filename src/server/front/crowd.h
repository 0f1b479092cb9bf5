/*
 * crowd.h: how many connections there are, in all and from each client host. Only the loop's thread
 * uses these.
 */
#ifndef CROWD_H
#define CROWD_H

#include <sys/socket.h>

/* Counts a connection in: 0, or -1 with errno ENOMEM; and out again, which counted in it must be. */
int crowd_enter(const struct sockaddr_storage *client);
void crowd_leave(const struct sockaddr_storage *client);

/* All, and those from this client's address; an IPv4 address in IPv6 clothes is the IPv4 one. */
unsigned int crowd_size(void);
unsigned int crowd_size_from(const struct sockaddr_storage *client);

#endif
