/*
 * peers.h: what a server knows of the others of its area, and what follows: who counts, whom to
 * ping, whose record to remove. No input, no output: it is told all, with the time, in milliseconds
 * on a clock that only goes forward. One thread uses it.
 *
 * Clocks of other hosts do not matter: what counts is that a record's time CHANGED between two
 * looks. The first look at a record shows no change, so a record whose server died long ago never
 * counts. Time in which nobody looked says nothing: between two looks at most twice touch_interval
 * counts.
 */
#ifndef PEERS_H
#define PEERS_H

#include "lib/records.h"

struct fleet_config;
struct peers;

/* For the server with this id; its own record is no peer. NULL with errno. */
struct peers *peers_new(const struct fleet_config *, const uint8_t self[RECORD_ID_SIZE]);
void peers_free(struct peers *);

/*
 * Tells it what the directory holds: every touch_interval, and just before anything is decided. 0,
 * or -1 with errno ENOMEM: then nothing has changed. A file that cannot be read now counts as
 * unchanged.
 */
int peers_look(struct peers *, const struct records *, int64_t now);

/* What follows, as of the last look. */
struct peers_summary {
	unsigned int good;	    /* those whose last round was answered, by the right server */
	unsigned int registered;    /* and those whose record changed within stale_after */
	unsigned int ahead;	    /* registered ones that started before `self` */
	bool settled;		    /* each has been pinged once, and has answered or failed to */
	const struct record *first; /* the good one that started before all others; NULL: none */
};
void peers_summarize(const struct peers *, const struct record *self, struct peers_summary *);

/*
 * The next to be pinged now, or NULL: a new one, or one whose record did not change for
 * stale_after. A round has ping_tries tries, a second apart, and ends with an answer.
 * peers_answer() must be told how each try went. Records returned here and below are valid until
 * the next look.
 */
const struct record *peers_next_ping(struct peers *, int64_t now);

enum peers_answer {
	PEERS_ANSWERED,
	PEERS_OTHER_ID,	 /* another server answered */
	PEERS_SILENT,	 /* or refused */
	PEERS_NOT_ASKED, /* for a reason of our own: this is no try */
};

/*
 * How a try went, by name and id of the record; if that is gone meanwhile, nothing happens. True
 * when this is worth a warning: for the first time another server answered in its place, or nobody
 * did in a whole round.
 */
bool peers_answer(struct peers *, const char *name, const uint8_t id[RECORD_ID_SIZE],
    enum peers_answer, int64_t now);

/*
 * The next record (or unfinished one) to remove, or NULL. It did not change for stale_after, and a
 * whole round since then had no answer. Each is returned once, and again only after failing again.
 * Remove it with records_remove(), which checks that it has not changed since the last look.
 */
const struct record *peers_next_dead(struct peers *);

/*
 * The next file that is no record, for the administrator; or NULL. Each is returned once, for as
 * long as it is there.
 */
const struct records_odd *peers_next_odd(struct peers *);

#endif
