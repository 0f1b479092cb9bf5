#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "reserve.h"

#define MOST_MORE 16
#define MEMORY	  ((size_t)1024 * 1024)

static const char near_limit[] = "the limit of descriptors is near",
		  no_watches[] = "no more watches (fs.epoll.max_user_watches)";

void
reserve_init(struct reserve *r, const struct crowd *crowd, const struct watcher *watcher,
    unsigned int connections)
{
	unsigned int more = connections / 8;
	int i;

	if (more > MOST_MORE)
		more = MOST_MORE;
	*r = (struct reserve){
	    .crowd = crowd, .watcher = watcher, .connections = connections - more, .more = more};
	for (i = 0; i < RESERVE_DESCRIPTORS; i++)
		r->descriptors[i] = -1;
	reserve_refill(r);
}

void
reserve_free(struct reserve *r)
{
	int i;

	for (i = 0; i < RESERVE_DESCRIPTORS; i++)
		fd_close(&r->descriptors[i]);
	free(r->memory);
	r->memory = NULL;
}

const char *
reserve_lack(const struct reserve *r)
{
	int i;

	if (r->crowd->total > r->connections)
		return (near_limit);
	if (r->watcher->npolled > 0)
		return (no_watches);
	for (i = 0; i < RESERVE_DESCRIPTORS; i++)
		if (r->descriptors[i] == -1)
			return ("no more descriptors");
	return (r->memory == NULL ? "no more memory" : NULL);
}

const char *
reserve_gone(const struct reserve *r)
{
	if (r->crowd->total >= r->connections + r->more)
		return (near_limit);
	return (r->watcher->npolled >= WATCH_POLLED / 2 ? no_watches : NULL);
}

bool
reserve_give_descriptor(struct reserve *r)
{
	int i;

	for (i = 0; i < RESERVE_DESCRIPTORS; i++) {
		if (r->descriptors[i] == -1)
			continue;
		fd_close(&r->descriptors[i]);
		return (true);
	}
	return (false);
}

bool
reserve_give_memory(struct reserve *r)
{
	if (r->memory == NULL)
		return (false);
	free(r->memory);
	r->memory = NULL;
	return (true);
}

void
reserve_refill(struct reserve *r)
{
	int i;

	if (r->memory == NULL)
		r->memory = malloc(MEMORY);
	for (i = 0; i < RESERVE_DESCRIPTORS; i++)
		if (r->descriptors[i] == -1 &&
		    (r->descriptors[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1)
			return;
}
