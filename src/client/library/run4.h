/* run4.h: one attempt to have a tool run by version 4, which brings its output by relays. */
#ifndef RUN4_H
#define RUN4_H

#include "call.h"

/*
 * 0 with *result, or -1 with *err; then *retry_ms is the time after which to try again, 0: there is
 * another reason than lack of room. Before, it has what it had after the last attempt (0: this is the
 * first), since the server does not say: it is doubled.
 */
int run4(struct runtool *, const struct runtool_request *, struct runtool_result *, int *retry_ms,
    struct runtool_error *err);

#endif
