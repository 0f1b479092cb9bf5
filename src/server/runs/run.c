#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <bsd/string.h>

#include "server/base/clock.h"
#include "files.h"
#include "follow.h"
#include "killer.h"
#include "launch.h"
#include "orphans.h"
#include "pause.h"
#include "run.h"
#include "trace.h"

#define ROOT_SIZE 4096

struct wanted {
	struct killer *killer;
	struct request *request;
};

static bool
is_wanted(void *arg)
{
	const struct wanted *w = arg;

	return (killer_run_is_wanted(w->killer, w->request));
}

/* The root as the launcher takes it: a path or a name. */
static void
root_of(const struct settings *s, const struct request *r, char root[ROOT_SIZE])
{
	if (r->run.root_name != NULL)
		strlcpy(root, r->run.root_name, ROOT_SIZE);
	else
		snprintf(root, ROOT_SIZE, "%s/%08x", s->volatile_root, r->run.root);
}

/*
 * Pauses before and after the tool, for somebody who wants to look into the root. How long, in
 * microseconds.
 */
static int64_t
pause_around_tool(struct follow *f, const char *root)
{
	char path[ROOT_SIZE];
	int64_t start, paused;

	if (!follow_held(f, root, path, sizeof(path)))
		return (0);
	start = clock_us();
	pause_before_tool(path);
	paused = clock_us() - start;
	follow_go_on(f);
	if (!follow_held(f, root, path, sizeof(path)))
		return (paused);
	start = clock_us();
	pause_after_tool(path, f->end.value);
	paused += clock_us() - start;
	follow_go_on(f);
	return (paused);
}

/* Starts the launcher, and makes it known before a sweep could take it for an orphan. */
static int
launch(struct launch *l, const struct settings *s, const struct request *r, const char *root,
    const struct files *files, struct srpc_error *err)
{
	int rc;

	orphans_spawn_begin();
	if ((rc = launch_start(l, s, &r->run, r->version, root, files, err)) == 0)
		orphans_spare(l->launcher);
	orphans_spawn_end();
	return (rc);
}

/* Also if its error was told already. */
static bool
has_hung_up(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLRDHUP};

	return (poll(&pfd, 1, 0) == 1 && pfd.revents != 0);
}

/* From the launcher's start until nothing is left of the tool. 0, or -1 with *err. */
static int
see_through(const struct launch *l, struct wanted *w, const char *root, struct stream *stream,
    struct outcome *o, struct srpc_error *err)
{
	struct request *r = w->request;
	struct follow f;
	bool delivered;
	int rc;

	o->started = clock_us();
	killer_started(w->killer, r, l->life, l->launcher);
	follow_start(&f, l, r->version >= RPC5_VERSION ? stream : NULL);
	if (pause_wanted())
		o->paused_us = pause_around_tool(&f, root);
	follow_wait(&f);
	/* It ended before what it left running did. */
	o->linger_us = f.end.linger_us;
	o->ended = clock_us() - o->linger_us;
	o->end = killer_ended(w->killer, r);
	delivered = follow_deliver(&f, is_wanted, w);
	o->cut = killer_unregister(w->killer, r);
	if (delivered) {
		o->cut = END_NOT;
	} else if (o->cut == END_NOT && !r->failed && has_hung_up(r->fd)) {
		/* The killer has not heard of it yet. */
		o->cut = END_CLIENT_GONE;
		r->gone = true;
	}
	rc = follow_result(&f, &r->run, root, &o->wait_status, err);
	/* Without a word from them, launcher and keeper were ended by us. */
	if (rc == -1 && f.end.kind == 0 && o->end != END_NOT)
		outcome_say_end(err, o->end, true);
	o->user_us = f.end.user_us;
	o->system_us = f.end.system_us;
	o->max_rss_kb = f.end.max_rss_kb;
	o->signals = stream->feed.signals;
	o->stdin_read = feed_was_read(&stream->feed);
	trace_say("RunToolServer: run id=%llu completed: wait status %#x",
	    (unsigned long long)r->id, rc == 0 ? (unsigned int)o->wait_status : 0);
	orphans_spare_no_more(l->launcher);
	if (f.orphaned)
		orphans_sweep();
	return (rc);
}

int
run_tool(const struct settings *s, struct killer *killer, struct request *r, struct outcome *o,
    struct srpc_error *err)
{
	struct wanted wanted = {.killer = killer, .request = r};
	enum request_end unwanted;
	struct stream stream;
	struct files files;
	struct launch l;
	char root[ROOT_SIZE];
	bool launched = false;
	int i, rc;

	root_of(s, r, root);
	stream_init(&stream, r);
	rc = files_open(&files, s, r, &stream, is_wanted, &wanted, err);
	if (rc == 0 && is_wanted(&wanted) && (rc = launch(&l, s, r, root, &files, err)) == 0) {
		launched = true;
		files_close(&files);
		rc = see_through(&l, &wanted, root, &stream, o, err);
		launch_close(&l);
	}
	files_close(&files);
	stream_close(&stream);
	/* That may be why its files could not be opened. */
	if (!launched && (unwanted = killer_unregister(killer, r)) != END_NOT)
		rc = outcome_say_end(err, unwanted, false);
	for (i = 0; rc == 0 && i < s->sync_after_tool; i++)
		sync();
	return (rc);
}
