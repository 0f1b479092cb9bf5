/* candidates.h: the servers that may run a tool, and what they say when they are asked. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "ask.h"
#include "platform.h"
#include "rank.h"

struct candidate {
	struct options_server server;
	struct candidates *all;
	struct asked asked;
	bool told;	    /* its trouble */
	int64_t not_before; /* as deadline_now() has it: it has no room until then */

	/* The answer. */
	bool there, matches;
	uint8_t unique[sizeof(((struct runtool_info *)NULL)->unique)];
	struct rank_server load;
	char why[OPTIONS_WORDS_SIZE + 64]; /* it is not there, or does not match */
};

/* Not freed: threads that ask silent servers use it until the program ends. */
struct candidates {
	const struct platform *platform;
	int timeout_ms;
	bool verbose;
	struct candidate **list;
	struct asked **asked;	   /* theirs */
	struct rank_server *loads; /* those that are not to be tried are not usable */
	size_t n;
};

/*
 * For a platform in this host's order, which has to outlive the program's other threads. `timeout_ms`
 * bounds each asking of a server, 0: nothing does; `verbose`: also what is no trouble is told on
 * stderr, behind a server's name. 0, or -1 with errno.
 */
int candidates_init(struct candidates *, const struct platform *, int timeout_ms, bool verbose);

/* Asks all, as far as they answer in time. 0 with their loads, or -1 with *err: none can be used. */
int candidates_ask(struct candidates *, struct runtool_error *err);

/* The server is not to be tried: for so long, and in any case until all are asked anew. */
void candidates_pass_over(struct candidates *, size_t i, int ms);

#endif
