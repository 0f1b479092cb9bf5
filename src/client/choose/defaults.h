/* defaults.h: a client's vesta.cfg, and what holds where the command line says nothing. */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include <limits.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct endpoint;

/* The server to ask where none is named: RUNTOOL_SERVER of the environment, or else localhost. */
const char *defaults_server(void);

struct defaults {
	char port[NI_MAXSERV];
	int info_timeout_ms; /* 0: none */
};

struct defaults_file {
	char path[PATH_MAX];
	bool in_cwd; /* it was merely found in the current directory */
};

/*
 * Reads `file` (-c) or the vesta.cfg that is found; NULL in *config where there is none. The caller frees
 * it. 0, or -1 with the reason in `why`.
 */
int defaults_open(
    const char *file, struct config **config, struct defaults_file *, char *why, size_t size);

/* The defaults, from this one (NULL: built in); or from defaults_open()'s. The same. */
int defaults_read(struct defaults *, const struct config *, char *why, size_t size);
int defaults_load(struct defaults *, const char *file, char *why, size_t size);

/* Fills in a port that was not given. 0, or -1 with the reason in `why`: there is none. */
int defaults_port(const struct defaults *, struct endpoint *, char *why, size_t size);

#endif
