/* crowd.h: how many connections there are, in all and from each client host. One thread uses it. */
#ifndef CROWD_H
#define CROWD_H

#include <sys/socket.h>

/* Zero-initialised is empty; crowd_leave() of the last connection frees all. */
struct crowd {
	void *hosts; /* a tree by address, of those with a connection */
	unsigned int total;
};

/*
 * crowd_enter() counts a connection: 0, or -1 with errno ENOMEM. crowd_leave() takes it off again.
 */
int crowd_enter(struct crowd *, const struct sockaddr_storage *client);
void crowd_leave(struct crowd *, const struct sockaddr_storage *client);

/* Those from this client's address. Unmapped. */
unsigned int crowd_size_from(const struct crowd *, const struct sockaddr_storage *client);

#endif
