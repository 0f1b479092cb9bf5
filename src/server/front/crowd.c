#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "crowd.h"

struct host {
	struct in6_addr addr; /* IPv4 in IPv6 clothes */
	unsigned int connections;
};

/*
 * By address, those with a connection only. A balanced tree: nobody can choose addresses that make
 * it slow, as with a hash.
 */
static void *hosts;
static unsigned int total;

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
find(const struct sockaddr_storage *client)
{
	struct host key = key_of(client);
	void *node = tfind(&key, &hosts, compare);

	return (node == NULL ? NULL : *(struct host **)node);
}

static struct host *
add(const struct sockaddr_storage *client)
{
	struct host *h;

	if ((h = malloc(sizeof(*h))) == NULL)
		return (NULL);
	*h = key_of(client);
	if (tsearch(h, &hosts, compare) == NULL) {
		free(h);
		errno = ENOMEM;
		return (NULL);
	}
	return (h);
}

int
crowd_enter(const struct sockaddr_storage *client)
{
	struct host *h = find(client);

	if (h == NULL && (h = add(client)) == NULL)
		return (-1);
	h->connections++;
	total++;
	return (0);
}

void
crowd_leave(const struct sockaddr_storage *client)
{
	struct host *h = find(client);

	total--;
	if (--h->connections > 0)
		return;
	tdelete(h, &hosts, compare);
	free(h);
}

unsigned int
crowd_size(void)
{
	return (total);
}

unsigned int
crowd_size_from(const struct sockaddr_storage *client)
{
	const struct host *h = find(client);

	return (h == NULL ? 0 : h->connections);
}
