#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fleet_config.h"
#include "lib/log.h"
#include "lib/records.h"
#include "registry.h"

#define SECOND	     INT64_C(1000) /* ms */
#define RETRY	     SECOND
#define LOOK_FOR     (10 * SECOND) /* how long to look for it, once written (slow file systems) */
#define GONE_LOOKS   2		   /* a record is gone when so many in a row do not find it */
#define RECORD_PERMS 0644	   /* clients may be anybody */

struct registry {
	const struct fleet_config *config;
	struct record record;
	char tmp[NAME_MAX + 1];
	enum registry_state state;
	int64_t next;	   /* ms, when to write, or to look and touch */
	int missed;	   /* looks in a row that did not find the record */
	bool has_vanished; /* before */
	int64_t vanished;  /* ms */
	int complained;	   /* errno of the trouble that was logged last; 0: none since */
};

struct registry *
registry_new(const struct fleet_config *config, const struct record *record)
{
	struct registry *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return (NULL);
	r->config = config;
	r->record = *record;
	snprintf(r->tmp, sizeof(r->tmp), ".%.*s.tmp", RECORD_NAME_MAX, record->name);
	return (r);
}

void
registry_free(struct registry *r)
{
	free(r);
}

const struct record *
registry_record(const struct registry *r)
{
	return (&r->record);
}

/* Logs a trouble once, until another one comes or it ends. */
static void
complain(struct registry *r, const char *what, int error)
{
	bool forbidden = error == EACCES || error == EPERM || error == EROFS;

	if (r->complained == error)
		return;
	r->complained = error;
	log_warn("fleet: %s/%s: cannot be %s: %s%s", r->config->dir, r->record.name, what,
	    strerror(error),
	    forbidden ? " (the server's user must be allowed to write this directory)" : "");
}

/* Fills in the file, all of it before it gets its name. 0, or -1 with errno. */
static int
fill(struct registry *r, int fd)
{
	char line[RECORD_LINE_MAX];
	struct stat st;
	size_t len;
	ssize_t n;

	if (fchmod(fd, RECORD_PERMS) == -1)
		return (-1);
	/*
	 * The time is the file server's. A record that is written anew keeps its place in the
	 * order.
	 */
	if (r->record.started == 0) {
		if (futimens(fd, NULL) == -1 || fstat(fd, &st) == -1)
			return (-1);
		r->record.started = st.st_mtim.tv_sec;
	}
	len = record_format(&r->record, line);
	if ((n = write(fd, line, len)) != (ssize_t)len) {
		if (n != -1)
			errno = ENOSPC;
		return (-1);
	}
	/*
	 * After a crash there may be an empty file with this name, that nobody removes: so fsync
	 * first.
	 */
	return (fsync(fd));
}

/* Writes and renames it. 0, or -1 with errno: then nothing is left of it. */
static int
write_in(struct registry *r, int dir)
{
	int fd, rc, saved;

	unlinkat(dir, r->tmp, 0);
	fd =
	    openat(dir, r->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, RECORD_PERMS);
	if (fd == -1)
		return (-1);
	rc = fill(r, fd);
	saved = errno;
	if (close(fd) == -1 && rc == 0) {
		rc = -1;
		saved = errno;
	}
	if (rc == 0 && (rc = renameat(dir, r->tmp, dir, r->record.name)) == -1)
		saved = errno;
	if (rc == -1)
		unlinkat(dir, r->tmp, 0);
	errno = saved;
	return (rc);
}

static int
open_dir(const struct registry *r)
{
	return (open(r->config->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int
write_record(struct registry *r)
{
	int dir, rc, saved;

	if ((dir = open_dir(r)) == -1)
		return (-1);
	rc = write_in(r, dir);
	saved = errno;
	close(dir);
	errno = saved;
	return (rc);
}

/*
 * Looks for the record, and touches it if `touch`. 0, or -1 with errno: ENOENT when it is gone,
 * EBADMSG when something else is there in its place; other errors mean that we do not know.
 */
static int
look(const struct registry *r, bool touch)
{
	struct record found;
	const char *why;
	int fd, rc = 0, saved = EBADMSG;

	if ((fd = records_open(r->config->dir, r->record.name, &found, &why)) == -1)
		return (-1);
	if (!record_same_id(&found, &r->record))
		rc = -1;
	else if (touch && (rc = futimens(fd, NULL)) == -1)
		saved = errno;
	close(fd);
	errno = saved;
	return (rc);
}

static void
tick_pending(struct registry *r, int64_t now)
{
	int failed = 0;

	if (now >= r->next) {
		if (write_record(r) == -1)
			failed = errno;
		r->next = now + (failed != 0 ? RETRY : LOOK_FOR);
	}
	/* Also after a failure: over NFS a rename may be done, and still fail. */
	if (look(r, false) == -1) {
		if (failed != 0)
			complain(r, "written", failed);
		return;
	}
	log_info("fleet: registered as %s", r->record.name);
	r->state = REGISTRY_THERE;
	r->next = now + r->config->touch_interval * SECOND;
	r->missed = r->complained = 0;
}

static void
vanish(struct registry *r, int64_t now, bool overwritten)
{
	if (r->has_vanished && now - r->vanished < r->config->stale_after * SECOND) {
		r->state = REGISTRY_LOST;
		return;
	}
	log_warn("fleet: our record %s: registering anew",
	    overwritten ? "was overwritten (do two hosts advertise the same name?)" : "vanished");
	r->has_vanished = true;
	r->vanished = now;
	r->state = REGISTRY_PENDING;
	r->next = now;
	tick_pending(r, now);
}

static void
tick_there(struct registry *r, int64_t now)
{
	int error;

	if (now < r->next)
		return;
	r->next = now + RETRY;
	if (look(r, true) == 0) {
		r->next = now + r->config->touch_interval * SECOND;
		r->missed = r->complained = 0;
		return;
	}
	error = errno;
	if (error != ENOENT && error != EBADMSG)
		complain(r, "touched", error);
	else if (++r->missed == GONE_LOOKS)
		vanish(r, now, error == EBADMSG);
}

enum registry_state
registry_tick(struct registry *r, int64_t now)
{
	if (r->state == REGISTRY_PENDING)
		tick_pending(r, now);
	else if (r->state == REGISTRY_THERE)
		tick_there(r, now);
	return (r->state);
}

int
registry_remove(struct registry *r)
{
	int dir, rc = -1, error;

	if ((dir = open_dir(r)) != -1) {
		unlinkat(dir, r->tmp, 0);
		if ((rc = look(r, false)) == 0)
			rc = unlinkat(dir, r->record.name, 0);
		error = errno;
		close(dir);
		errno = error;
	}
	if (rc == 0)
		log_info("fleet: record removed");
	else if (errno == ENOENT || errno == EBADMSG)
		rc = 0;
	else
		complain(r, "removed", errno);
	return (rc);
}
