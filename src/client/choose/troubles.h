/* troubles.h: words for what is wrong with candidates, and with the records of their area. */
#ifndef TROUBLES_H
#define TROUBLES_H

#include "candidates.h"

struct troubles {
	const struct candidates *all; /* told by its hooks, each trouble once */
	bool verbose;		      /* also what is none as long as there are others */
	bool records_told;
};

/* Once they have been asked: tells what is new. */
void troubles_tell(struct troubles *);

/* None can be used: tells what is wrong with each; *err has the whole, and the remedy. Returns -1. */
int troubles_fail(struct troubles *, const char *remedy, struct runtool_error *err);

#endif
