/* endpoint.h: where a server listens, as people write it. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <netdb.h>

struct endpoint {
	char host[NI_MAXHOST]; /* a name or an address, without brackets */
	char port[NI_MAXSERV]; /* empty: not given */
};

/* Reads HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. 0, or -1 when `text` is none of them. */
int endpoint_parse(struct endpoint *, const char *text);

/* Writes HOST:PORT or [ADDRESS]:PORT; returns `name`. */
#define ENDPOINT_NAME_SIZE (NI_MAXHOST + NI_MAXSERV + sizeof("[]:"))
const char *endpoint_name(const struct endpoint *, char name[ENDPOINT_NAME_SIZE]);

#endif
