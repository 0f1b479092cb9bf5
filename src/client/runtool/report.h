/* report.h: what runtool says about a run: its exit status, in words, as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "attempt.h"
#include "cmdline.h"

#define REPORT_USAGE_INTERFACE 5 /* from this version on a server tells what a tool used */

/* The status that runtool exits with; if it ends by a signal, the status that a shell shows. */
int report_exit_status(const struct attempt_result *);

/*
 * On stderr: errors, how the tool ended if it did not just exit, and with -v how it went. `again`:
 * it is going to be run once more, and these are only remarks.
 */
void report_words(const struct cmdline *, const struct attempt_result *, bool again);

/* A remark: the server's name, and why it could not run the tool. */
void report_refusal(const struct cmdline *, const struct runtool_error *);

/*
 * That a vesta.cfg that was merely found has a say in which server it is: on stderr, for those who
 * want to know and for all whom it led to an error.
 */
void report_found(const struct cmdline *);

/* 0, or -1 with errno. */
int report_json(const struct cmdline *, const struct attempt_result *, FILE *);

#endif
