/*
 * registry.h: the server's own record in the fleet's directory: written, looked for, touched, written
 * anew when it vanished, removed. One thread uses it. May block as long as the directory does.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdint.h>

#include "lib/record.h"

struct fleet_config;
struct registry;

/*
 * For a record that record_make() began. Touches nothing yet. The configuration has to outlive it. NULL with
 * errno.
 */
struct registry *registry_new(const struct fleet_config *, const struct record *);
void registry_free(struct registry *); /* leaves the record alone */

enum registry_state {
	REGISTRY_PENDING, /* not written, or not seen in the directory yet */
	REGISTRY_THERE,	  /* was there when looked for last; errors that say nothing do not count */
	REGISTRY_LOST /* vanished again, not stale_after since it did: the server has to leave */
};

/*
 * Does what is due, `now` in ms on a clock that only goes forward; to be called about once a second from
 * when the server shall be registered: writes the record and looks for it for 10 s before it writes it
 * again; touches it every touch_interval; looks twice before it believes that it vanished, and registers
 * anew then. Logs what changes, and what goes wrong, once.
 */
enum registry_state registry_tick(struct registry *, int64_t now);

/* As it is in the directory, once it was there: with its place in the order. */
const struct record *registry_record(const struct registry *);

/* Removes the record, if it is still ours, and what is left of writing it. 0, or -1 with errno. Logs. */
int registry_remove(struct registry *);

#endif
