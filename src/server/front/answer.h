/* answer.h: calls that need no worker: information, ping, stop, statistics. The loop's thread. */
#ifndef ANSWER_H
#define ANSWER_H

#include <sys/socket.h>

#include "lib/srpc.h"
#include "server/base/settings.h"

struct queue;

struct question {
	int32_t proc, version;
	const struct sockaddr_storage *client;
};

/*
 * Appends results or a failure to `out`. `args` stands at the arguments, all of which have arrived.
 * True when the server has to stop.
 */
bool answer(struct buf *out, const struct settings *, struct queue *, const struct question *,
    struct srpc_reader *args);

#endif
