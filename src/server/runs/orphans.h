/*
 * orphans.h: what is left of a tool when its keeper was killed. The server is a child subreaper, so
 * such processes become its children. They are told by their process group: each launcher leads
 * one, its keeper stays in it, and the tool has others.
 */
#ifndef ORPHANS_H
#define ORPHANS_H

#include <sys/types.h>

/* Once. 0, or -1 with errno. */
int orphans_init(void);

/*
 * Between these two a child is started, and made known by orphans_spare(). A sweep waits meanwhile.
 */
void orphans_spawn_begin(void);
void orphans_spawn_end(void);

/*
 * Between these two somebody waits for this launcher, so it is no orphan. So is the starter, for
 * good.
 */
void orphans_spare(pid_t launcher);
void orphans_spare_no_more(pid_t launcher);

/*
 * Kills and reaps every child that belongs to no launcher, and those that become our children by
 * that.
 */
void orphans_sweep(void);

#endif
