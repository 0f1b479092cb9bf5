/* run4.h: one attempt to have a tool run by version 4, which sends its output over relays. */
#ifndef RUN4_H
#define RUN4_H

#include "call.h"

/*
 * 0 with *result, or -1 with *err. Then *retry_ms is when to try again; 0: not for lack of room.
 * Before, it must hold what the last attempt left (0: this is the first one): the server does not
 * say, so it is doubled.
 */
int run4(struct runtool *, const struct runtool_request *, struct runtool_result *, int *retry_ms,
    struct runtool_error *err);

/* What the request needs and version 4 lacks, in words, with the remedy; NULL: nothing. */
const char *run4_lacks(const struct runtool_request *, const char **remedy);

#endif
