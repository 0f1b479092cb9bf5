/*
 * records.h: the records of an area in the shared directory. It may be on NFS: files that vanish
 * while they are read are skipped, no lock is needed, and no host's clock counts.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "record.h"

/* More files of an area than this in one directory are an error. */
#define RECORDS_MAX 10000

/* A file with the name of a record of the area, which is none, or cannot be read. */
struct records_odd {
	char name[NAME_MAX + 1]; /* any bytes: quote it */
	const char *why;
	bool unreadable; /* it cannot be read now, but may be a record */
};

struct records {
	struct record *list; /* newest first */
	size_t n;
	struct records_odd *odd;
	size_t n_odd;

	/*
	 * .NAME.tmp: servers are writing their record, or died while they did. No id, no `started`.
	 */
	struct record *unfinished;
	size_t n_unfinished;
};

/*
 * Reads all of them. 0; or -1 with errno when the directory cannot be read (E2BIG: it holds too
 * many). Skips files of other areas, and hidden ones but for .NAME.tmp.
 */
int records_read(const char *dir, const char *area, struct records *);
const char *records_words(int error); /* what that errno means */
void records_free(struct records *);

/*
 * Reads one of them, and returns its descriptor, which the caller closes (and may give to
 * futimens(2)). Or -1 with errno and *why: EBADMSG when it is no record; ENOENT when it is not
 * there; another errno when it cannot be read.
 */
int records_open(const char *dir, const char *name, struct record *, const char **why);

/*
 * Removes a record, or an unfinished one, if it is still as it was when it was read: same id, not
 * touched since. 0, or -1 with errno: EAGAIN when it has changed, ENOENT when it is gone already.
 */
int records_remove(const char *dir, const struct record *);

#endif
