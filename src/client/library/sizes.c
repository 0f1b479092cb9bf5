#include <string.h>

#include "lib/error.h"
#include "sizes.h"

#define MAX_SIZE 65536 /* bytes: no struct will be larger */

/* New members must not fit into what the last one leaves of a struct: it has to become larger. */
#define KIND(type, last)                                                                   \
	{                                                                                  \
		.name = #type, .whole = sizeof(struct type),                               \
		.least = offsetof(struct type, last) + sizeof(((struct type *)NULL)->last) \
	}

/* By the last member of each that there was from the first. */
const struct sizes sizes_error = KIND(runtool_error, message);
const struct sizes sizes_info = KIND(runtool_info, connections);
const struct sizes sizes_ping = KIND(runtool_ping, in_flight);
const struct sizes sizes_request = KIND(runtool_request, check);
const struct sizes sizes_result = KIND(runtool_result, refusals);
const struct sizes sizes_servers = KIND(runtool_servers, arg);
const struct sizes sizes_stats = KIND(runtool_stats, stats);

static size_t
size_of(const void *theirs)
{
	size_t size;

	memcpy(&size, theirs, sizeof(size));
	return (size);
}

static size_t
smaller(size_t a, size_t b)
{
	return (a < b ? a : b);
}

static bool
can_be(const struct sizes *kind, size_t size)
{
	return (size >= kind->least && size <= MAX_SIZE);
}

int
sizes_check(const struct sizes *kind, const void *theirs, struct runtool_error *err)
{
	if (can_be(kind, size_of(theirs)))
		return (0);
	return (error_set(err, RUNTOOL_INVALID, "struct %s: size = %zu: must be sizeof(struct %s)",
	    kind->name, size_of(theirs), kind->name));
}

int
sizes_take(const struct sizes *kind, void *ours, const void *theirs, struct runtool_error *err)
{
	const char *bytes = theirs;
	size_t size, i;

	if (sizes_check(kind, theirs, err) == -1)
		return (-1);
	size = size_of(theirs);
	for (i = kind->whole; i < size; i++)
		if (bytes[i] != 0)
			return (error_set(err, RUNTOOL_INVALID,
			    "struct %s: byte %zu: asks for something that this version of the "
			    "library does not know: update the library",
			    kind->name, i));
	memset(ours, 0, kind->whole);
	memcpy(ours, theirs, smaller(size, kind->whole));
	return (0);
}

/* All but the size itself. */
static void
give(const void *ours, void *theirs, size_t size)
{
	memcpy((char *)theirs + sizeof(size_t), (const char *)ours + sizeof(size_t),
	    size - sizeof(size_t));
}

void
sizes_give(const struct sizes *kind, const void *ours, void *theirs)
{
	give(ours, theirs, smaller(size_of(theirs), kind->whole));
}

int
sizes_fail(const struct runtool_error *ours, struct runtool_error *theirs)
{
	bool right = can_be(&sizes_error, theirs->size);

	give(ours, theirs, right ? smaller(theirs->size, sizes_error.whole) : sizes_error.least);
	return (-1);
}
