/*
 * records.h: the records of an area in the shared directory, which may be on NFS: what vanishes while it
 * is read is passed over, no lock is relied upon, and nobody's clock is looked at.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "record.h"

/* More files of an area than this in one directory are an error. */
#define RECORDS_MAX 10000

/* A file that is named as a record of the area, but is none, or cannot be read. */
struct records_odd {
	char name[NAME_MAX + 1]; /* whatever somebody called it: quote it */
	const char *why;
	bool unreadable; /* now: it may well be a record */
};

struct records {
	struct record *list; /* newest first */
	size_t n;
	struct records_odd *odd;
	size_t n_odd;

	/* .NAME.tmp, of servers that are writing their record, or died of it. No id, not started. */
	struct record *unfinished;
	size_t n_unfinished;
};

/*
 * Reads all of them. 0; or -1 with errno when the directory cannot be read: E2BIG when it holds too many.
 * Files of other areas, and hidden ones but for .NAME.tmp, are nobody's business.
 */
int records_read(const char *dir, const char *area, struct records *);
const char *records_words(int error); /* what that means */
void records_free(struct records *);

/*
 * Reads one of them, and returns its descriptor, for reading, which the caller closes (and may give to
 * futimens(2)). Or -1 with errno and *why: EBADMSG when it is no record; ENOENT when it is not there; anything
 * else when it cannot be read.
 */
int records_open(const char *dir, const char *name, struct record *, const char **why);

/*
 * Removes a record, or an unfinished one, if it is still as it was when it was read: same id, not touched
 * since. 0, or -1 with errno: EAGAIN when it has changed, ENOENT when it is gone already.
 */
int records_remove(const char *dir, const struct record *);

#endif
