/* cmdline.h: runtool's command line. */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "lib/endpoint.h"
#include "directory.h"
#include "environment.h"
#include "in_force.h"
#include "preferences.h"
#include "runtool.h"

struct cmdline {
	const char *config;	     /* NULL: the one that is found */
	const char *platform, *area; /* where to look for servers; both NULL: `server` is named */
	struct endpoint server;	     /* its port may still be empty */
	int retries;		     /* how often to repeat a lost run */
	int wait_ms;		     /* for a server that is not there */
	bool fallback;		     /* run it here if there is none */
	bool verbose, quiet, json;
	const char *log;	    /* a file, or syslog; NULL: none */
	const char *json_file;	    /* NULL: stderr */
	struct directory directory; /* the request's working directory */
	struct runtool_request request;
	struct environment env; /* the request's */

	/* What the command line does not say. */
	struct preferences preferences;
	struct in_force in_force;
	bool show;	   /* only to be shown */
	const char *links; /* a directory to make links in; NULL: none */
	char *guard;	   /* the variable that a link adds */
	const char *what;  /* what stands before the value that is being read */
	char *words;	   /* those of the variables */
	char *term;	   /* TERM=value as it is here; NULL: it is not set */
};

/*
 * Descriptors 0 to 2 must be open. Started by a link, all arguments are the command's. Does not
 * return for --help, --version, --show and --links, nor after a usage error. The strings are those
 * of argv, whose first it may change, and of the environment, or its own.
 */
void cmdline_parse(struct cmdline *, int argc, char *argv[]);
void cmdline_free(struct cmdline *);

#endif
