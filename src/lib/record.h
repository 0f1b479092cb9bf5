/*
 * record.h: what a server of a fleet says about itself in the shared directory: a file
 * HOST:PORT-PID:AREA with one line. Anybody may have written it, so all of it is checked here.
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

/* A record is written as .NAME.tmp, which must be a valid file name, too. */
#define RECORD_NAME_MAX (NAME_MAX - 5)
#define RECORD_LINE_MAX 768

struct record {
	char name[NAME_MAX + 1];	/* of its file */
	char host[RECORD_NAME_MAX + 1]; /* a name or an address; IPv6 without brackets */
	char port[6];
	char area[RECORD_NAME_MAX + 1];
	pid_t pid;
	uint8_t id[RECORD_ID_SIZE]; /* the server's, as in a ping */
	int64_t started;	    /* in seconds, by the file server's clock, never a host's */

	/* The file's time. Only its changing means something, never its value. */
	struct timespec touched;
};

/* Letters, digits, `.`, `_` and `-`; at least one. */
bool record_area_ok(const char *area);

/* An IPv4 or IPv6 address, or what could be a host's name. */
bool record_host_ok(const char *host);

/*
 * Begins a record with what is known before it is written: all but `started` and `touched`, which
 * are 0. 0, or -1 with reason and remedy in `err`: a bad host, or a name that is too long.
 */
int record_make(struct record *, const char *host, unsigned int port, pid_t pid, const char *area,
    const uint8_t id[RECORD_ID_SIZE], char *err, size_t errsize);

/* The same from a file's name; the id is 0. 0, or -1 with *why: it is no record's name. */
int record_parse_name(struct record *, const char *name, const char **why);

/*
 * Decodes the file's name and content, which must agree to the last byte. `touched` is 0. 0, or -1
 * with *why.
 */
int record_parse(struct record *, const char *name, const char *line, size_t len, const char **why);

/* Writes the line, with its newline; returns its length. */
size_t record_format(const struct record *, char line[RECORD_LINE_MAX]);

/* Whether `a` started before `b`. In the same second, the lower id counts as earlier. */
bool record_is_ahead(const struct record *a, const struct record *b);

bool record_same_id(const struct record *, const struct record *);

/* They are the same server's, and it was not touched in between. */
bool record_same_state(const struct record *, const struct record *);

#endif
