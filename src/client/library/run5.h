/* run5.h: one attempt to have a tool run by version 5, over the one connection. */
#ifndef RUN5_H
#define RUN5_H

#include "call.h"

/*
 * 0 with *result, or -1 with *err. Then *retry_ms is when there may be room; 0: not for lack of
 * room. If the server turns out to be older, the object's version is 4 afterwards.
 */
int run5(struct runtool *, const struct runtool_request *, struct runtool_result *, int *retry_ms,
    struct runtool_error *err);

#endif
