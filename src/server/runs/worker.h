/* worker.h: the threads that serve run requests: take one from the queue, run it, reply. */
#ifndef WORKER_H
#define WORKER_H

#include "server/base/settings.h"

struct killer;
struct queue;
struct request;
struct worker_pool;

/*
 * Starts settings->max_threads threads. `finished` is called in them, and takes over each served
 * request with its reply. NULL with errno.
 */
struct worker_pool *worker_start(
    const struct settings *, struct queue *, struct killer *, void (*finished)(struct request *));

/* Waits for the threads, which end once the queue is closed and empty; frees. */
void worker_join(struct worker_pool *);

#endif
