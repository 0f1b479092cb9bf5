/* servers.h: the servers of an object that was opened: the one that is named, or those to choose from. */
#ifndef SERVERS_H
#define SERVERS_H

#include "client/choose/hooks.h"
#include "runtool.h"

struct servers {
	struct runtool_servers
	    asked;	       /* its strings are the caller's, and valid while it is opened */
	struct hooks hooks;    /* how to wait, and whom to tell */
	struct choose *choose; /* NULL: the server is named */
	struct source *source; /* what it chooses by; for servers.c only */
};

/*
 * Opens what the caller asks for, which is whole, for this object, which goes to the server that is
 * named then. 0, or -1 with *err. servers_close() must follow in either case.
 */
int servers_open(struct runtool *, const struct runtool_servers *, struct runtool_error *err);
void servers_close(struct runtool *);

/* Makes a remark, if anybody wants it. */
void servers_remark(const struct servers *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
