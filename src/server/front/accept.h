/*
 * accept.h: accepts connections on the listening sockets, and hands on those that may stay. When
 * descriptors, watches or memory run out it uses its reserve; and when that is gone it pauses for a
 * while. One thread uses it.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "server/base/settings.h"
#include "admit.h"
#include "crowd.h"
#include "listen.h"
#include "reserve.h"
#include "watch.h"

/* Both take over the descriptor, and are called with `arg`. */
struct accept_hooks {
	void *arg;
	/* A connection that may stay. 0; or -1 with errno, and it is closed. */
	int (*opened)(void *arg, int fd, const struct sockaddr_storage *client);
	/* One that may not, but shall hear why. */
	void (*denied)(void *arg, int fd, const struct sockaddr_storage *client);
};

struct acceptor {
	const struct settings *settings;
	struct watcher *watcher;
	const struct crowd *crowd;
	struct accept_hooks hooks;
	struct listener {
		struct watch watch; /* first */
		struct acceptor *acceptor;
	} listeners[LISTEN_MAX];
	int nlisteners;
	struct admit admit;
	struct reserve reserve;
	int64_t resume_at;		/* monotonic milliseconds; 0: accepting */
	int64_t refill_at;		/* the same: of the reserve; 0: it is whole */
	int64_t said_lack, said_paused; /* in the log; 0: not yet */
};

/*
 * Takes over the listeners. `crowd` counts who is connected. 0, or -1 with errno. fatal where the
 * limit of descriptors cannot be known.
 */
int accept_begin(struct acceptor *, const struct settings *, struct watcher *, const struct crowd *,
    const int *listeners, int nlisteners, struct accept_hooks);

/* Accepts no more, but first takes the connections that clients have made already. */
void accept_end(struct acceptor *);

/* Does what is due. When it has to be called again, in monotonic milliseconds; 0: need not. */
int64_t accept_check(struct acceptor *);

#endif
