/* inherit.h: what a command has of runtool beside environment and directory, as a child would. */
#ifndef INHERIT_H
#define INHERIT_H

#include "runtool.h"

/* Fills in umask, limits and closed; after output_prepare(). */
void inherit(struct runtool_request *);

#endif
