/* run.h: a run call, from one server to the next. */
#ifndef RUN_H
#define RUN_H

#include "runtool.h"

/*
 * From run_begin() on signals reach the run. run_to_end() must follow, perhaps in another thread; all
 * structs are whole. 0 with *result, or -1 with *err.
 */
void run_begin(struct runtool *);
int run_to_end(struct runtool *, const struct runtool_request *, struct runtool_result *,
    struct runtool_error *err);

#endif
