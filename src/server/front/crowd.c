#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "crowd.h"

struct host {
	struct in6_addr addr; /* an IPv4 address as ::ffff:a.b.c.d */
	unsigned int connections;
};

/* A balanced tree: no choice of addresses makes it slow, as with a hash. */
static int
compare(const void *a, const void *b)
{
	const struct host *x = a, *y = b;

	return (memcmp(&x->addr, &y->addr, sizeof(x->addr)));
}

static struct host
key_of(const struct sockaddr_storage *client)
{
	struct host key = {.addr = {.s6_addr = {[10] = 0xff, [11] = 0xff}}};

	if (client->ss_family == AF_INET)
		memcpy(key.addr.s6_addr + 12, &((const struct sockaddr_in *)client)->sin_addr, 4);
	else
		key.addr = ((const struct sockaddr_in6 *)client)->sin6_addr;
	return (key);
}

static struct host *
find(const struct crowd *c, const struct sockaddr_storage *client)
{
	struct host key = key_of(client);
	void *node = tfind(&key, &c->hosts, compare);

	return (node == NULL ? NULL : *(struct host **)node);
}

static struct host *
add(struct crowd *c, const struct sockaddr_storage *client)
{
	struct host *h;

	if ((h = malloc(sizeof(*h))) == NULL)
		return (NULL);
	*h = key_of(client);
	if (tsearch(h, &c->hosts, compare) == NULL) {
		free(h);
		errno = ENOMEM;
		return (NULL);
	}
	return (h);
}

int
crowd_enter(struct crowd *c, const struct sockaddr_storage *client)
{
	struct host *h = find(c, client);

	if (h == NULL && (h = add(c, client)) == NULL)
		return (-1);
	h->connections++;
	c->total++;
	return (0);
}

void
crowd_leave(struct crowd *c, const struct sockaddr_storage *client)
{
	struct host *h = find(c, client);

	c->total--;
	if (--h->connections > 0)
		return;
	tdelete(h, &c->hosts, compare);
	free(h);
}

unsigned int
crowd_size_from(const struct crowd *c, const struct sockaddr_storage *client)
{
	const struct host *h = find(c, client);

	return (h == NULL ? 0 : h->connections);
}
