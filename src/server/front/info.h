/* info.h: what the server tells about its host and itself. For any thread. */
#ifndef INFO_H
#define INFO_H

#include "lib/buf.h"
#include "server/base/settings.h"
#include "server/runs/queue.h"

/* Appends the results of an information call, and of version 5's ping. */
void info_reply(
    struct buf *, const struct settings *, struct queue_load, int32_t proc, int32_t version);
void info_ping(struct buf *, struct rpc5_load);

#endif
