/* info.h: what the server tells about its host and itself. */
#ifndef INFO_H
#define INFO_H

#include "buf.h"
#include "queue.h"
#include "settings.h"

/* Once: makes the identifier of this server, which starts now. 0, or -1 with errno. */
int info_init(void);

/* That identifier: RPC_UNIQUE_SIZE bytes. */
const uint8_t *info_unique(void);

/* Whether clients should prefer another: it has more requests in flight than it likes, or is ending. */
bool info_loaded(const struct settings *, struct queue_load);

/* Appends the results of an information call, and of version 5's ping. */
void info_reply(
    struct buf *, const struct settings *, int32_t proc, int32_t version, struct queue_load);
void info_ping(struct buf *, const struct settings *, struct queue_load);

#endif
