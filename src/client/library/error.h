/* error.h: words for the caller of the library. */
#ifndef ERROR_H
#define ERROR_H

#include "lib/rpc5.h"
#include "runtool.h"

/* For who needs version 5. */
#define ERROR_UPDATE "update the server, or raise its max_interface_version"

/* Fills `err` and returns -1. */
int error_set(struct runtool_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Further words behind those of error_set(). */
void error_add(struct runtool_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What is wrong with an answer, or what the server says went wrong. Returns -1. */
int error_reply(struct runtool_error *err, const struct srpc_error *why);

/* The same of what version 5 has instead of results. */
int error_failure(struct runtool_error *err, const struct rpc5_failure *failure);

#endif
