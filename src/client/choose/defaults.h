/* defaults.h: a client's vesta.cfg, and its defaults for what the command line does not say. */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include <limits.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct endpoint;

/* The server if none is named: RUNTOOL_SERVER of the environment, or else localhost. */
const char *defaults_server(void);

struct defaults {
	char port[NI_MAXSERV];
	bool port_set;	     /* by vesta.cfg */
	int info_timeout_ms; /* 0: none */
};

struct defaults_file {
	char path[PATH_MAX];
	bool in_cwd; /* it was merely found in the current directory */
};

/*
 * Reads `file` (-c), or the vesta.cfg that is found. *config is NULL if there is none; the caller
 * frees it. 0, or -1 with the reason in `why`.
 */
int defaults_open(
    const char *file, struct config **config, struct defaults_file *, char *why, size_t size);

/*
 * Fills in the defaults: from vesta.cfg, or those built in (NULL). 0, or -1 with the reason in
 * `why`.
 */
int defaults_read(struct defaults *, const struct config *, char *why, size_t size);

/* Fills in a port that was not given. 0, or -1 with the reason in `why`: there is none. */
int defaults_port(const struct defaults *, struct endpoint *, char *why, size_t size);

#endif
