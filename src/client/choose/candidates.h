/* candidates.h: the servers that may run a tool, and what they say when they are asked. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "area.h"
#include "ask.h"
#include "hooks.h"
#include "lib/error.h"
#include "lib/record.h"
#include "memory.h"
#include "platform.h"
#include "rank.h"

/* More than a platform can have hosts. */
#define CANDIDATES_MAX 2000

enum candidate_state {
	CANDIDATE_GONE,	   /* the area has no record of it any more */
	CANDIDATE_SILENT,  /* it has not answered yet, or did not lately */
	CANDIDATE_FAILED,  /* it did not answer; `why` has the reason */
	CANDIDATE_ANOTHER, /* it is not the server that its record says */
	CANDIDATE_UNFIT,   /* it is not as the platform or the run needs it; `why` has the reason */
	CANDIDATE_SAME,	   /* it is the same server as `same`, earlier in the list */
	CANDIDATE_USABLE   /* it can be used, perhaps only from `not_before` on */
};

struct candidate {
	struct endpoint server;
	bool of_area;		    /* known from the area's records; else a host of the platform */
	uint8_t id[RECORD_ID_SIZE]; /* the server's id, as its record says */
	struct candidates *all;
	struct asked asked;
	bool there;	    /* false: the area has no record of it any more */
	int64_t not_before; /* a moment of deadline.h: it has no room until then */
	bool told;	    /* its trouble was told; for troubles.c only */

	/* What the memory of hosts has to do with it; for candidates.c only. */
	bool left, beside; /* it is not asked this time; it is asked, and not waited for */
	bool known;	   /* it is in the memory */
	bool over;	   /* it has answered this time, or failed to */

	/* As of the last time that all were asked. */
	enum candidate_state state;
	const struct candidate *same;

	/* The last answer. */
	bool answers, matches;
	int version; /* of the interface */
	uint8_t unique[RECORD_ID_SIZE];
	struct rank_server load;
	char why[ERROR_WORDS_SIZE + 64]; /* why it does not answer or match */
};

/* Threads that ask silent servers use it as long as the group. */
struct candidates {
	const struct platform *platform;
	const struct area *area; /* NULL: none */
	const struct hooks *hooks;
	int timeout_ms;
	struct ask_group group;
	_Atomic(const char *) lacking; /* in servers below version 5, and needed; NULL: nothing */
	bool remembers;
	pthread_mutex_t noting; /* for what their threads and we remember */
	int error;		/* an errno: the area's records could not be read; 0: they were */
	struct candidate *list[CANDIDATES_MAX];
	struct rank_server loads[CANDIDATES_MAX]; /* those not to be tried are not usable */
	size_t n;
};

/*
 * For a platform in this host's order, and its area (NULL: none). These and the hooks must last as
 * long as the group. `timeout_ms` bounds each asking of a host; 0: no bound. 0, or -1 with errno,
 * when there is nothing to free. When the group has no users any more, candidates_free() is due.
 */
int candidates_init(struct candidates *, const struct platform *, const struct area *,
    int timeout_ms, const struct hooks *);
void candidates_free(struct candidates *);

/*
 * From now on remembers between runs who does not answer. Such a one is left alone while others can
 * be used: it is asked now and then, beside the others.
 */
void candidates_remember(struct candidates *);

/*
 * Reads the area's records, asks all, and waits for the answers for a while. Fills in states and
 * loads; false: none can be used. candidates_look() does not wait for those that could not be used
 * last time.
 */
bool candidates_ask(struct candidates *);
bool candidates_look(struct candidates *);

/* Afterwards: whether there is an area without a server, so that a first one might help. */
bool candidates_need_first(const struct candidates *);

/* Do not try this server for so long, and not before all are asked again. */
void candidates_pass_over(struct candidates *, size_t i, int ms);

#endif
