/*
 * order.h: how a run is told to end: by its keeper, at the other end of the life line. Used under the
 * killer's lock.
 */
#ifndef ORDER_H
#define ORDER_H

#include "request.h"

/*
 * Notes why, where nothing else ended it before; where its tool runs, the tool's tree gets SIGTERM, and
 * `kill_at` says when order_kill() is due, `grace` seconds later; or SIGKILL, at once or without grace.
 */
void order_end(struct request *, enum request_end why, int grace, bool at_once);

/*
 * SIGKILL for the tree. Where an earlier one did not help (the keeper is stopped, or stuck in a file
 * system), the keeper gets it as well. `kill_at` is when to look again.
 */
void order_kill(struct request *);

#endif
