#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/fd.h"
#include "follow.h"

#define WANTED_MS 500 /* between two looks whether somebody waits for the output */

enum { LIFE, PUMPS, STREAM = PUMPS + 2, FDS = STREAM + STREAM_FDS }; /* places among the pollfds */

void
follow_start(struct follow *f, const struct launch *l, struct stream *stream)
{
	*f = (struct follow){.launch = l, .stream = stream};
	pump_init(&f->pumps[0]);
	pump_init(&f->pumps[1]);
	if (stream != NULL)
		stream_start(stream, l->life);
}

static bool
is_moving(const struct follow *f)
{
	return (pump_is_on(&f->pumps[0]) || pump_is_on(&f->pumps[1]) ||
		(f->stream != NULL && !stream_is_done(f->stream)));
}

/* Polls once, and moves what can be moved. False if nothing came until then (0: no limit). */
static bool
move(struct follow *f, struct pollfd fds[FDS], int64_t until)
{
	nfds_t n = f->stream != NULL ? FDS : STREAM;
	int64_t next = 0;
	int i, ready;

	for (i = 0; i < 2; i++)
		fds[PUMPS + i] = pump_event(&f->pumps[i]);
	if (f->stream != NULL)
		next = stream_events(f->stream, fds + STREAM);
	ready = deadline_poll(fds, n, deadline_sooner(next, until));
	for (i = 0; i < 2; i++)
		if (fds[PUMPS + i].revents != 0)
			pump_move(&f->pumps[i]);
	if (f->stream != NULL)
		stream_move(f->stream, fds + STREAM);
	return (ready != 0 || !deadline_over(until));
}

/* Moves output, input and signals until the life line has something to read. */
static void
move_until_told(struct follow *f)
{
	struct pollfd fds[FDS];

	do {
		fds[LIFE] = (struct pollfd){.fd = f->launch->life, .events = POLLIN};
		move(f, fds, 0);
	} while (fds[LIFE].revents == 0);
}

/* Moves output: true at its end, false when nothing has come for a while. */
static bool
move_rest(struct follow *f)
{
	struct pollfd fds[FDS] = {[LIFE] = {.fd = -1}};
	int64_t until = deadline_in(WANTED_MS);

	while (is_moving(f))
		if (!move(f, fds, until))
			return (false);
	return (true);
}

/*
 * Takes over an output that the tool must not hold itself. If we had no room for the descriptors,
 * the tool is killed: it would wait for ever, or see its output broken for no reason of its own.
 */
static void
take_output(struct follow *f, int which, struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fds[2] = {-1, -1};

	if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len <= CMSG_LEN(sizeof(fds)))
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	if (fds[1] != -1) {
		pump_start(&f->pumps[which == STDERR_FILENO], fds[0], fds[1]);
		return;
	}
	log_warn("launch: no descriptor for the output of a tool: it is killed");
	fd_close(&fds[0]);
	(void)!send(f->launch->life, &(char){SIGKILL}, 1, MSG_NOSIGNAL);
}

/* Reads and keeps the next message from launcher or keeper. Its kind; 0 at the end of file. */
static int
take_message(struct follow *f)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
	struct launcher_message m;
	struct iovec data = {.iov_base = &m, .iov_len = sizeof(m)};
	struct msghdr msg = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t n;

	/* If they left an order of ours unread, one ECONNRESET comes before their last message. */
	do
		n = recvmsg(f->launch->life, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && (errno == ECONNRESET || errno == EINTR));
	if (n != sizeof(m))
		return (0);
	if (m.kind == LAUNCHER_PIPE)
		take_output(f, m.value, &msg);
	else if (m.kind == LAUNCHER_HELD)
		f->held_by = m.value == 0 ? 0 : m.keeper != 0 ? m.keeper : f->launch->launcher;
	else
		f->end = m;
	return (m.kind);
}

static int
next_message(struct follow *f)
{
	int kind;

	do {
		if (is_moving(f) || f->stream != NULL)
			move_until_told(f);
		kind = take_message(f);
	} while (kind == LAUNCHER_PIPE);
	return (kind);
}

bool
follow_held(struct follow *f, const char *root, char *path, size_t size)
{
	int kind;

	while ((kind = next_message(f)) != LAUNCHER_HELD)
		if (kind == 0)
			return (false);
	if (f->held_by == 0)
		strlcpy(path, root, size);
	else
		snprintf(path, size, "/proc/%d/root", f->held_by);
	return (true);
}

void
follow_go_on(struct follow *f)
{
	/* Errors do not matter: a keeper that is gone cannot go on. */
	(void)!send(f->launch->life, "", 1, MSG_NOSIGNAL);
}

void
follow_wait(struct follow *f)
{
	/* After FAILED or ENDED nothing comes but the exits. */
	if (f->end.kind == 0)
		next_message(f);
}

bool
follow_deliver(struct follow *f, bool (*wanted)(void *), void *arg)
{
	bool delivered = true;

	if (f->stream != NULL)
		stream_tool_ended(f->stream);
	/*
	 * Without ENDED no tool ran, or the keeper was killed and what it left may hold the output
	 * open.
	 */
	while (f->end.kind == LAUNCHER_ENDED && delivered && !move_rest(f))
		delivered = wanted(arg);
	pump_stop(&f->pumps[0]);
	pump_stop(&f->pumps[1]);
	return (delivered && (f->stream == NULL || !f->stream->output.broken));
}

static int
failure_code(int status)
{
	switch (status) {
	case LAUNCHER_NO_EXEC:
		return (SRPC_CLIENT_ERROR);
	case LAUNCHER_UNKNOWN_SWITCH:
	case LAUNCHER_NO_CHROOT:
	case LAUNCHER_OUTSIDE:
	case LAUNCHER_REFUSED:
	case LAUNCHER_NO_ISOLATION:
	case LAUNCHER_NO_MOUNT:
		return (SRPC_CONFIGURATION_ERROR);
	default:
		return (SRPC_INTERNAL_TROUBLE);
	}
}

static int
say_why(const struct follow *f, const struct rpc_run *run, const char *root, int status,
    struct srpc_error *err)
{
	char words[LAUNCHER_MAX_WORDS];
	const char *directory = run->directory;

	launch_words(f->launch->err, words, sizeof(words));
	if (f->end.kind != LAUNCHER_FAILED && !WIFEXITED(status))
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE,
		    "the launcher of the tool was killed "
		    "(signal %d)",
		    WTERMSIG(status)));
	if (f->end.kind == LAUNCHER_FAILED)
		status = f->end.value;
	else
		status = WEXITSTATUS(status);
	if (status == LAUNCHER_NO_OWN) {
		directory = run->own;
		status = LAUNCHER_NO_CHDIR;
	}
	if (status == LAUNCHER_NO_CHDIR && run->root_name != NULL)
		return (srpc_fail(err, failure_code(status),
		    "Can't establish working directory %s in root %s (%s)", directory, root,
		    words));
	if (status == LAUNCHER_NO_CHDIR || (status == LAUNCHER_BAD_ROOT && run->root_name == NULL))
		return (srpc_fail(err, failure_code(status),
		    "Can't establish working directory %s/%s (%s)", root,
		    directory + strspn(directory, "/"), words));
	srpc_fail(err, failure_code(status), "%s", words);
	if (status == LAUNCHER_NO_EXEC)
		err->exec_errno = f->end.error;
	return (-1);
}

int
follow_result(struct follow *f, const struct rpc_run *run, const char *root, int *wait_status,
    struct srpc_error *err)
{
	int status = launch_reap(f->launch->launcher);

	if (f->end.keeper != 0)
		launch_reap(f->end.keeper);
	/* Nobody told how it ended, or the tool's own process that its keeper is gone. */
	f->orphaned = (f->end.kind == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) == 0)) ||
		      (f->end.kind == LAUNCHER_FAILED && f->end.value == LAUNCHER_NO_PROCESS);
	if (f->end.kind != LAUNCHER_ENDED)
		return (say_why(f, run, root, status, err));
	*wait_status = f->end.value;
	return (0);
}
