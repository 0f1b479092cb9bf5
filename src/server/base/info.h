/* info.h: what the server tells about its host and itself. */
#ifndef INFO_H
#define INFO_H

#include "lib/buf.h"
#include "server/runs/queue.h"
#include "lib/rpc5.h"
#include "settings.h"

/*
 * Once, before all others: makes the identifier of this server, which starts now; the queue's requests
 * are those that it has. 0, or -1 with errno.
 */
int info_init(const struct settings *, struct queue *);

/* That identifier: RPC_UNIQUE_SIZE bytes. */
const uint8_t *info_unique(void);

/* How busy it is, and whether clients should prefer another. For any thread. */
struct rpc5_load info_load(void);

/* Appends the results of an information call, and of version 5's ping. */
void info_reply(struct buf *, int32_t proc, int32_t version);
void info_ping(struct buf *);

#endif
