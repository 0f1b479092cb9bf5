/*
 * orphans.h: what is left of a tool when its supervisor was killed. The server is a child
 * subreaper, so such processes become its children; all of its own children are known here.
 */
#ifndef ORPHANS_H
#define ORPHANS_H

#include <sys/types.h>

/* Once. 0, or -1 with errno. */
int orphans_init(void);

/* Around the start of a child, until orphans_adopt() has made it known: a sweep waits for that. */
void orphans_spawn_begin(void);
void orphans_spawn_end(void);

/* Children that somebody waits for; pids of 0 are passed over. */
void orphans_adopt(pid_t, pid_t);
void orphans_disown(pid_t, pid_t);

/* Kills and reaps every child that is not known, and what becomes our child by that. */
void orphans_sweep(void);

#endif
