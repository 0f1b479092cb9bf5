/*
 * record.h: what a server of a fleet says about itself in the shared directory: a file HOST:PORT-PID:AREA
 * with one line. Others may have written it: nothing is believed that is not checked here.
 */
#ifndef RECORD_H
#define RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define RECORD_ID_SIZE 16

/* A record is written as .NAME.tmp, which has to be a file's name too. */
#define RECORD_NAME_MAX (NAME_MAX - 5)
#define RECORD_LINE_MAX 768

struct record {
	char name[NAME_MAX + 1];	/* of its file */
	char host[RECORD_NAME_MAX + 1]; /* a name or an address; IPv6 without brackets */
	char port[6];
	char area[RECORD_NAME_MAX + 1];
	pid_t pid;
	uint8_t id[RECORD_ID_SIZE]; /* the server's, as in a ping */
	int64_t started;	    /* in seconds of the directory's clock, never of a host's */

	/* The file's time. It says something by changing, never by what it is. */
	struct timespec touched;
};

/* Letters, digits, `.`, `_` and `-`; at least one. */
bool record_area_ok(const char *area);

/* An IPv4 or IPv6 address, or what could be a host's name. */
bool record_host_ok(const char *host);

/*
 * Begins a record with what is known before it is written: all but `started` and `touched`, which are 0.
 * 0, or -1 with the reason and the remedy in `err`: no good host, area or port, or a name that is too long.
 */
int record_make(struct record *, const char *host, unsigned int port, pid_t pid, const char *area,
    const uint8_t id[RECORD_ID_SIZE], char *err, size_t errsize);

/* The same from the name of a file; id is 0. 0, or -1 with *why: it is no record's name. */
int record_parse_name(struct record *, const char *name, const char **why);

/*
 * Reads the file's name and its content, which have to agree to the last byte. `touched` is 0. 0, or -1
 * with *why.
 */
int record_parse(struct record *, const char *name, const char *line, size_t len, const char **why);

/* Writes the line, with its newline; returns its length. */
size_t record_format(const struct record *, char line[RECORD_LINE_MAX]);

/* Whether `a` started before `b`; of two that started in the same second the lower id did. */
bool record_is_ahead(const struct record *a, const struct record *b);

bool record_same_id(const struct record *, const struct record *);

/* The same server's, and not touched in between. */
bool record_same_state(const struct record *, const struct record *);

#endif
