/* first_server.h: starts the first server of an area, once for all on this host who wait for it. */
#ifndef FIRST_SERVER_H
#define FIRST_SERVER_H

#include "area.h"
#include "hooks.h"

struct first_server;

/* NULL with errno. Area and hooks must outlive it. */
struct first_server *first_server_new(const struct area *, const struct hooks *);

/*
 * Takes a step: starts a first server, or waits a moment for it, or for the process that starts it.
 * 0: look whether there is a server now, or call again; -1 with *err: there will be none.
 */
int first_server_step(struct first_server *, struct runtool_error *err);

/* There is a server now, or nobody here awaits it any more: lets those who wait go on. */
void first_server_end(struct first_server *);

void first_server_free(struct first_server *);

#endif
