/* check.h: what --check says, beside the server's own words: these are on stdout already. */
#ifndef CHECK_H
#define CHECK_H

#include "remote.h"

/* Prints the rest: what else is fine, what can be done. The exit status: 0, nothing is wrong; or 1. */
int check_report(const struct cmdline *, const struct remote_result *);

#endif
