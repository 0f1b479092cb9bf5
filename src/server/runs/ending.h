/*
 * ending.h: orders a run to end, by telling its keeper over the life line. Used under the killer's
 * lock.
 */
#ifndef ENDING_H
#define ENDING_H

#include "request.h"

/*
 * Notes why, unless there was a reason before. If its tool runs, the whole tree gets SIGTERM, and
 * `kill_at` is when ending_kill() is due, `grace` seconds later. With `at_once`, or without grace,
 * it gets SIGKILL now.
 */
void ending_begin(struct request *, enum request_end why, int grace, bool at_once);

/*
 * SIGKILL for the tree, and `kill_at` is when to do it again: then the keeper itself gets it as
 * well, since it is stopped, or stuck in a file system.
 */
void ending_kill(struct request *);

#endif
