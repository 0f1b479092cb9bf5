/* run.h: one attempt to have a tool run, by either version of the interface. */
#ifndef RUN_H
#define RUN_H

#include "call.h"

/*
 * 0 with *result, or -1 with *err; then *retry_ms says after what time to try again, since there was
 * no room: 0 where there is another reason. Before, it has what it had after the last attempt. An
 * attempt by version 5 that finds the server to be older leaves version 4 in the object.
 */
typedef int run_fn(struct runtool *, const struct runtool_request *, struct runtool_result *,
    int *retry_ms, struct runtool_error *err);
run_fn run4, run5;

/* The call's arguments, which rpc_run_free() frees in any case. 0, or -1 without memory. */
int run_arguments(const struct runtool_request *, struct rpc_run *);

/* Hands output on. 0, RUNTOOL_CLOSE_STREAM, or -1 with *err. */
int run_output(const struct runtool_request *, int stream, const void *data, size_t len,
    struct runtool_error *err);

#endif
