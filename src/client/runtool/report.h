/* report.h: what runtool says about a run: its exit status, in words, as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "cmdline.h"
#include "remote.h"

#define REPORT_USAGE_INTERFACE 5 /* from this version on a server tells what a tool used */

/* The status that runtool exits with; if it ends by a signal, the status that a shell shows. */
int report_exit_status(const struct remote_result *);

/* On stderr: errors, how the tool ended if it did not just exit, and with -v how it went. */
void report_words(const struct cmdline *, const struct remote_result *);

/* 0, or -1 with errno. */
int report_json(const struct cmdline *, const struct remote_result *, FILE *);

#endif
