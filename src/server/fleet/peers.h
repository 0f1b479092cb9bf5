/*
 * peers.h: what a server remembers of the others of its area, and what follows from it: who counts, who is
 * to be pinged, whose record is to be removed. No input, no output: what there is is told to it, with the
 * time, in ms on a clock that only goes forward. One thread uses it.
 *
 * Nobody's clock is compared with ours: what counts is that a record's time CHANGED between two looks. The
 * first look at a record is no change, so that one whose server died long ago never counts. And time in
 * which nobody looked says nothing: between two looks pass twice touch_interval at most.
 */
#ifndef PEERS_H
#define PEERS_H

#include "lib/records.h"

struct fleet_config;
struct peers;

/* For the server with this id, whose own record is nobody's peer. NULL with errno. */
struct peers *peers_new(const struct fleet_config *, const uint8_t self[RECORD_ID_SIZE]);
void peers_free(struct peers *);

/*
 * Tells it what the directory holds. To be done every touch_interval, and right before anything is decided.
 * 0, or -1 with errno ENOMEM: then nothing has changed. What was known of a file that cannot be read now stays.
 */
int peers_look(struct peers *, const struct records *, int64_t now);

/* What follows, as of the last look. */
struct peers_summary {
	unsigned int good;	 /* their last round of pings was answered, by the right server */
	unsigned int registered; /* good ones, and those whose record changed within stale_after */
	unsigned int ahead;	 /* registered ones that started before `self` */
	bool settled;		 /* each has been pinged once and has answered, or not */
	const struct record *first; /* the good one that started before all others; NULL: none */
};
void peers_summarize(const struct peers *, const struct record *self, struct peers_summary *);

/*
 * The next to be pinged now, or NULL. Those that are new, and those whose record did not change for
 * stale_after: ping_tries tries, a second from one to the next, are a round, which an answer ends. How each
 * try went has to be told by peers_answer(). Records returned here and below are good until the next look.
 */
const struct record *peers_next_ping(struct peers *, int64_t now);

enum peers_answer {
	PEERS_ANSWERED,
	PEERS_OTHER_ID,	 /* another server answered */
	PEERS_SILENT,	 /* or refused */
	PEERS_NOT_ASKED, /* for a reason of our own: no try */
};

/*
 * How a try went, by the name and the id of the record; one that is gone meanwhile is no error. True when
 * this is worth a warning: the first time that another server answered in its place, or that nobody did in
 * a whole round.
 */
bool peers_answer(struct peers *, const char *name, const uint8_t id[RECORD_ID_SIZE],
    enum peers_answer, int64_t now);

/*
 * The next record (or unfinished one) that is to be removed, or NULL: it did not change for stale_after, and
 * a whole round since then was not answered. Each is returned once; it has to fail again to come again.
 * Remove it with records_remove(), which sees whether it has changed since the last look.
 */
const struct record *peers_next_dead(struct peers *);

/* The next that is no record, or NULL, each once as long as it is there: to be told to the administrator. */
const struct records_odd *peers_next_odd(struct peers *);

#endif
