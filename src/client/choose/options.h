/* options.h: what runtool and RunToolProbe share: whom to ask, and what vesta.cfg says about it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <limits.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "runtool.h"

#define OPTIONS_WORDS_SIZE sizeof(((struct runtool_error *)NULL)->message)

struct config;

struct options_server {
	char host[NI_MAXHOST];
	char port[NI_MAXSERV]; /* empty: not given */
};

/* The server to ask where none is named: RUNTOOL_SERVER of the environment, or else localhost. */
const char *options_default_server(void);

/* Splits HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. 0, or -1 when `argument` is none of them. */
int options_split(const char *argument, struct options_server *);

/* Writes HOST:PORT or [ADDRESS]:PORT; returns `name`. */
#define OPTIONS_NAME_SIZE (NI_MAXHOST + NI_MAXSERV + sizeof("[]:"))
const char *options_name(const struct options_server *, char name[OPTIONS_NAME_SIZE]);

struct options_defaults {
	char port[NI_MAXSERV];
	int info_timeout_ms; /* 0: none */
};

/*
 * Reads `file` (-c) or the vesta.cfg that is found; NULL in *config where there is none. The caller frees
 * it. 0, or -1 with the reason in `why`.
 */
struct options_file {
	char path[PATH_MAX];
	bool in_cwd; /* it was merely found in the current directory */
};
int options_open(
    const char *file, struct config **config, struct options_file *, char *why, size_t size);

/* The defaults, from this one (NULL: built in); or from options_open()'s. The same. */
int options_read(const struct config *, struct options_defaults *, char *why, size_t size);
int options_load(const char *file, struct options_defaults *, char *why, size_t size);

/* Fills in a port that was not given. 0, or -1 with the reason in `why`: there is none. */
int options_port(struct options_server *, const struct options_defaults *, char *why, size_t size);

/* The words of an error, without blanks and newlines at either end; returns `words`. */
const char *options_words(const struct runtool_error *, char words[OPTIONS_WORDS_SIZE]);

/* An error of our own. Returns -1. */
int options_fail(struct runtool_error *, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Why a call failed, on stderr, behind the program's and the server's name. */
void options_complain(const struct options_server *, const struct runtool_error *);

#endif
