#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "addr.h"

static const struct sockaddr_in *
as_v4(const struct sockaddr_storage *ss)
{
	return ((const struct sockaddr_in *)ss);
}

static const struct sockaddr_in6 *
as_v6(const struct sockaddr_storage *ss)
{
	return ((const struct sockaddr_in6 *)ss);
}

/* The bytes of the address itself. */
static const uint8_t *
bytes(const struct sockaddr_storage *ss, size_t *len)
{
	if (ss->ss_family == AF_INET) {
		*len = sizeof(struct in_addr);
		return ((const uint8_t *)&as_v4(ss)->sin_addr);
	}
	*len = sizeof(struct in6_addr);
	return ((const uint8_t *)&as_v6(ss)->sin6_addr);
}

void
addr_unmap(struct sockaddr_storage *ss)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (ss->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&as_v6(ss)->sin6_addr))
		return;
	v4.sin_port = as_v6(ss)->sin6_port;
	memcpy(&v4.sin_addr, as_v6(ss)->sin6_addr.s6_addr + 12, sizeof(v4.sin_addr));
	memset(ss, 0, sizeof(*ss));
	memcpy(ss, &v4, sizeof(v4));
}

const char *
addr_format_host(const struct sockaddr_storage *ss, char *text, size_t size)
{
	if (getnameinfo((const struct sockaddr *)ss, addr_len(ss), text, (socklen_t)size, NULL, 0,
		NI_NUMERICHOST) != 0)
		strlcpy(text, "unknown", size);
	return (text);
}

const char *
addr_format(const struct sockaddr_storage *ss, char *text, size_t size)
{
	char host[ADDR_TEXT_SIZE];

	addr_format_host(ss, host, sizeof(host));
	snprintf(text, size, ss->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, addr_port(ss));
	return (text);
}

int
addr_parse(const char *text, struct sockaddr_storage *ss)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	struct in_addr v4;

	/*
	 * Not what getaddrinfo(3) would take for an IPv4 address: 10.1 is meant as a network, not
	 * as 10.0.0.1.
	 */
	if (strchr(text, ':') == NULL && inet_pton(AF_INET, text, &v4) != 1)
		return (-1);
	if (getaddrinfo(text, NULL, &hints, &found) != 0)
		return (-1);
	memset(ss, 0, sizeof(*ss));
	memcpy(ss, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return (0);
}

unsigned int
addr_port(const struct sockaddr_storage *ss)
{
	return (ntohs(ss->ss_family == AF_INET ? as_v4(ss)->sin_port : as_v6(ss)->sin6_port));
}

void
addr_set_port(struct sockaddr_storage *ss, unsigned int port)
{
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)ss)->sin_port = htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)ss)->sin6_port = htons((uint16_t)port);
}

socklen_t
addr_len(const struct sockaddr_storage *ss)
{
	return (
	    ss->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

bool
addr_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	size_t len;

	return (a->ss_family == b->ss_family &&
		memcmp(bytes(a, &len), bytes(b, &len), a->ss_family == AF_INET ? 4 : 16) == 0);
}

bool
addr_is_loopback(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET)
		return (ntohl(as_v4(ss)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET);
	return (IN6_IS_ADDR_LOOPBACK(&as_v6(ss)->sin6_addr));
}

/* Bit `i` of the address, counted from its front. */
static unsigned int
bit(const uint8_t *p, unsigned int i)
{
	return (p[i / 8] >> (7 - i % 8) & 1);
}

int
addr_block_parse(const char *text, struct addr_block *block, const char **why)
{
	char host[ADDR_TEXT_SIZE];
	const char *slash = strchr(text, '/'), *bad;
	const uint8_t *p;
	size_t len;
	unsigned int i;

	*why = "must be an address or ADDRESS/BITS";
	if (strlcpy(host, text, sizeof(host)) >= sizeof(host))
		return (-1);
	host[strcspn(host, "/")] = '\0';
	if (addr_parse(host, &block->base) == -1)
		return (-1);
	p = bytes(&block->base, &len);
	block->bits = (unsigned int)len * 8;
	if (slash != NULL) {
		block->bits = (unsigned int)strtonum(slash + 1, 0, (long long)len * 8, &bad);
		if (bad != NULL)
			return (-1);
	}
	for (i = block->bits; i < len * 8; i++) {
		if (bit(p, i) != 0) {
			*why = "has bits set behind its prefix";
			return (-1);
		}
	}
	if (block->base.ss_family == AF_INET6 && block->bits >= 96 &&
	    IN6_IS_ADDR_V4MAPPED(&as_v6(&block->base)->sin6_addr)) {
		addr_unmap(&block->base);
		block->bits -= 96;
	}
	return (0);
}

bool
addr_block_has(const struct addr_block *block, const struct sockaddr_storage *ss)
{
	const uint8_t *a, *b;
	size_t len;
	unsigned int i;

	if (block->base.ss_family != ss->ss_family)
		return (false);
	a = bytes(&block->base, &len);
	b = bytes(ss, &len);
	for (i = 0; i < block->bits; i++)
		if (bit(a, i) != bit(b, i))
			return (false);
	return (true);
}
