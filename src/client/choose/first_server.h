/* first_server.h: starts the first server of an area, once for all who wait for it on this host. */
#ifndef FIRST_SERVER_H
#define FIRST_SERVER_H

#include "area.h"
#include "hooks.h"

struct first_server;

/* NULL with errno. Area and hooks outlive it. */
struct first_server *first_server_new(const struct area *, const struct hooks *);

/*
 * Gets nearer to a first server, or waits a moment for the one who does. 0: look whether there is one, or
 * come again; -1 with *err: there will be none.
 */
int first_server_step(struct first_server *, struct runtool_error *err);

/* There is one: for those who wait as well. */
void first_server_end(struct first_server *);

#endif
