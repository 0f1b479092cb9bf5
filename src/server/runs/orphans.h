/*
 * orphans.h: what is left of a tool when its keeper was killed. The server is a child
 * subreaper, so such processes become its children. What belongs there is told by its session: each
 * launcher leads one, its keeper stays in it, and the tool has another.
 */
#ifndef ORPHANS_H
#define ORPHANS_H

#include <sys/types.h>

/* Once. 0, or -1 with errno. */
int orphans_init(void);

/* Around the start of a child, until orphans_adopt() has made it known: a sweep waits for that. */
void orphans_spawn_begin(void);
void orphans_spawn_end(void);

/* A launcher that somebody waits for; or the starter. */
void orphans_adopt(pid_t launcher);
void orphans_disown(pid_t launcher);

/* Kills and reaps every child that belongs to no launcher, and what becomes our child by that. */
void orphans_sweep(void);

#endif
