/* candidates.h: the servers that may run a tool, and what they say when they are asked. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "area.h"
#include "ask.h"
#include "lib/error.h"
#include "lib/record.h"
#include "platform.h"
#include "rank.h"

/* More than a platform can have hosts. */
#define CANDIDATES_MAX 2000

struct candidate {
	struct endpoint server;
	bool of_area;		    /* the area's records name it; else the platform's hosts */
	uint8_t id[RECORD_ID_SIZE]; /* which one it is, as its record says */
	struct candidates *all;
	struct asked asked;
	bool there;	    /* now; one of an area may have gone */
	bool told;	    /* its trouble */
	int64_t not_before; /* as deadline_now() has it: it has no room until then */

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
	int timeout_ms;
	bool verbose;
	int error; /* an errno: its records could not be read; 0: they were */
	bool told; /* what is wrong with them */
	struct candidate *list[CANDIDATES_MAX];
	struct rank_server
	    loads[CANDIDATES_MAX]; /* those that are not to be tried are not usable */
	size_t n;
};

/*
 * For a platform in this host's order, and its area if it has one: both have to outlive the program's
 * other threads. `timeout_ms` bounds each asking of a host, 0: nothing does; `verbose`: also what is no
 * trouble is told on stderr, behind a server's name. 0, or -1 with errno.
 */
int candidates_init(struct candidates *, const struct platform *, const struct area *,
    int timeout_ms, bool verbose);

/*
 * Reads the area's records and asks all, as far as they answer in time. True with their loads, or false:
 * none can be used. The second waits for none that could not be used before.
 */
bool candidates_ask(struct candidates *);
bool candidates_look(struct candidates *);

/* Then: whether there is an area, and no server in it, so that a first one might help. */
bool candidates_need_first(const struct candidates *);

/* Or tells on stderr what is wrong with each; *err has the whole, and the remedy. Returns -1. */
int candidates_complain(struct candidates *, const char *remedy, struct runtool_error *err);

/* The server is not to be tried: for so long, and in any case until all are asked anew. */
void candidates_pass_over(struct candidates *, size_t i, int ms);

#endif
