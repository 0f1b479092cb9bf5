/* info.h: what the server tells about its host and itself. */
#ifndef INFO_H
#define INFO_H

#include "buf.h"
#include "queue.h"
#include "settings.h"

/* Once: makes the identifier of this server. 0, or -1 with errno. */
int info_init(void);

/* Appends the results of an information call. */
void info_reply(
    struct buf *, const struct settings *, int32_t proc, int32_t version, struct queue_load);

#endif
