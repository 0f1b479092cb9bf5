/* candidates.h: the servers that may run a tool, and what they say when they are asked. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "area.h"
#include "ask.h"
#include "hooks.h"
#include "lib/error.h"
#include "lib/record.h"
#include "platform.h"
#include "rank.h"

/* More than a platform can have hosts. */
#define CANDIDATES_MAX 2000

enum candidate_state {
	CANDIDATE_GONE,	   /* the area has no record of it any more */
	CANDIDATE_SILENT,  /* it has not answered yet */
	CANDIDATE_FAILED,  /* it could not be asked; `why` has the reason */
	CANDIDATE_ANOTHER, /* it is not the server that its record says */
	CANDIDATE_UNFIT,   /* it is not as the platform must be; `why` has the reason */
	CANDIDATE_SAME,	   /* it is the same server as `same`, which stands before it */
	CANDIDATE_USABLE   /* now, or once its time to be passed over has passed */
};

struct candidate {
	struct endpoint server;
	bool of_area;		    /* the area's records name it; else the platform's hosts */
	uint8_t id[RECORD_ID_SIZE]; /* which one it is, as its record says */
	struct candidates *all;
	struct asked asked;
	bool there;	    /* now; one of an area may have gone */
	int64_t not_before; /* as deadline_now() has it: it has no room until then */
	bool told;	    /* its trouble: for troubles.c alone */

	/* As all were asked the last time. */
	enum candidate_state state;
	const struct candidate *same;

	/* The answer. */
	bool answers, matches;
	uint8_t unique[RECORD_ID_SIZE];
	struct rank_server load;
	char why[ERROR_WORDS_SIZE + 64]; /* it does not answer, or not match */
};

/* Not freed: threads that ask silent servers use it until the program ends. */
struct candidates {
	const struct platform *platform;
	const struct area *area; /* NULL: none */
	const struct hooks *hooks;
	int timeout_ms;
	struct ask_group group;
	int error; /* an errno: the area's records could not be read; 0: they were */
	struct candidate *list[CANDIDATES_MAX];
	struct rank_server
	    loads[CANDIDATES_MAX]; /* those that are not to be tried are not usable */
	size_t n;
};

/*
 * For a platform in this host's order, and its area if it has one: both and the hooks have to outlive the
 * program's other threads. `timeout_ms` bounds each asking of a host, 0: nothing does. 0, or -1 with errno.
 */
int candidates_init(struct candidates *, const struct platform *, const struct area *,
    int timeout_ms, const struct hooks *);

/*
 * Reads the area's records and asks all, as far as they answer in time. True with their states and loads;
 * or false: none can be used. The second waits for none that could not be used before.
 */
bool candidates_ask(struct candidates *);
bool candidates_look(struct candidates *);

/* Then: whether there is an area, and no server in it, so that a first one might help. */
bool candidates_need_first(const struct candidates *);

/* The server is not to be tried: for so long, and in any case until all are asked anew. */
void candidates_pass_over(struct candidates *, size_t i, int ms);

#endif
