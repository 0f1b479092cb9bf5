#include <ifaddrs.h>
#include <string.h>

#include "access.h"

static bool
is_own(const struct sockaddr_storage *addr)
{
	struct ifaddrs *all, *i;
	struct sockaddr_storage own = {0};
	bool found = false;

	if (getifaddrs(&all) == -1)
		return (false);
	for (i = all; i != NULL && !found; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != addr->ss_family)
			continue;
		memcpy(&own, i->ifa_addr, addr_len(addr));
		found = addr_same_host(&own, addr);
	}
	freeifaddrs(all);
	return (found);
}

bool
access_is_this_host(const struct sockaddr_storage *addr)
{
	return (addr_is_loopback(addr) || is_own(addr));
}

bool
access_is_allowed(const struct settings *s, const struct sockaddr_storage *addr)
{
	size_t i;

	for (i = 0; i < s->nallow; i++)
		if (addr_block_has(&s->allow[i], addr))
			return (true);
	return (s->nallow == 0 && access_is_this_host(addr));
}
