/* run_request.h: what the caller of runtool_run() wants, for either version of the interface. */
#ifndef RUN_REQUEST_H
#define RUN_REQUEST_H

#include "lib/rpc.h"
#include "runtool.h"

/* Whether it is valid: 0, or -1 with *err. */
int run_request_check(const struct runtool_request *, struct runtool_error *err);

/* The call's arguments, which rpc_run_free() frees in any case. 0, or -1 without memory. */
int run_request_arguments(const struct runtool_request *, struct rpc_run *);

/*
 * Hands output on. 0, RUNTOOL_CLOSE_STREAM, or -1 with *err: the caller's function has failed.
 * run_request_undelivered() fills in the same error, and returns -1.
 */
int run_request_output(const struct runtool_request *, int stream, const void *data, size_t len,
    struct runtool_error *err);
int run_request_undelivered(struct runtool_error *err);

#endif
