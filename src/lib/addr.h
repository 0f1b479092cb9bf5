/* addr.h: internet addresses as people write them, and blocks of them. */
#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Long enough for "[ADDRESS%SCOPE]:PORT". */
#define ADDR_TEXT_SIZE 80

/* An IPv4 address that is written as an IPv6 one (::ffff:a.b.c.d) becomes an IPv4 address. */
void addr_unmap(struct sockaddr_storage *);

/* "192.0.2.7:4711" or "[2001:db8::7]:4711"; without the port only the address. Returns text. */
const char *addr_format(const struct sockaddr_storage *, char *text, size_t size);
const char *addr_format_host(const struct sockaddr_storage *, char *text, size_t size);

/* A numeric address with port 0. 0, or -1 when it is none. */
int addr_parse(const char *text, struct sockaddr_storage *);

unsigned int addr_port(const struct sockaddr_storage *);
void addr_set_port(struct sockaddr_storage *, unsigned int port);
socklen_t addr_len(const struct sockaddr_storage *);

/* The same host; ports do not count. Both unmapped. */
bool addr_same_host(const struct sockaddr_storage *, const struct sockaddr_storage *);
bool addr_is_loopback(const struct sockaddr_storage *);

/* A block: ADDRESS or ADDRESS/BITS. */
struct addr_block {
	struct sockaddr_storage base; /* unmapped */
	unsigned int bits;
};

/* 0, or -1 when it is none, or has bits set behind its prefix (then *why says so). */
int addr_block_parse(const char *text, struct addr_block *, const char **why);
bool addr_block_has(const struct addr_block *, const struct sockaddr_storage *unmapped);

#endif
