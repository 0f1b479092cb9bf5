/* troubles.h: words for what is wrong with candidates, and with the records of their area. */
#ifndef TROUBLES_H
#define TROUBLES_H

#include "candidates.h"

struct troubles {
	const struct candidates *all; /* its hooks are told, each trouble once */
	bool verbose;		      /* also what is no trouble while others can be used */
	bool records_told;
};

/* To be called after asking: tells what is new. */
void troubles_tell(struct troubles *);

/*
 * No candidate can be used: tells what is wrong with each. *err sums it up, with the remedy.
 * Returns -1.
 */
int troubles_fail(struct troubles *, const char *remedy, struct runtool_error *err);

#endif
