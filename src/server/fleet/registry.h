/*
 * registry.h: the server's own record in the fleet's directory: written, looked for, touched,
 * written again when it vanished, removed. One thread uses it. It may block as long as the
 * directory does.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdint.h>

#include "lib/record.h"

struct fleet_config;
struct registry;

/*
 * For a record from record_make(). Touches no file yet. The configuration must outlive it. NULL
 * with errno.
 */
struct registry *registry_new(const struct fleet_config *, const struct record *);
void registry_free(struct registry *); /* leaves the record alone */

enum registry_state {
	REGISTRY_PENDING, /* not written, or not seen in the directory yet */
	REGISTRY_THERE,	  /* was there at the last look that could tell */
	REGISTRY_LOST	  /* vanished a second time within stale_after: the server must leave */
};

/*
 * Does what is due. `now`: milliseconds on a clock that only goes forward. To be called about once
 * a second, from when the server is to be registered. It writes the record, and looks for it for 10
 * s before it writes it again. It touches it every touch_interval. Only after two looks in a row
 * does it believe that the record vanished, and registers again. Logs changes, and each trouble
 * once.
 */
enum registry_state registry_tick(struct registry *, int64_t now);

/* The record as it is in the directory, with its place in the order, once it was there. */
const struct record *registry_record(const struct registry *);

/*
 * Removes the record, if it is still ours, and what is left of writing it. 0, or -1 with errno.
 * Logs.
 */
int registry_remove(struct registry *);

#endif
