#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "launch.h"
#include "lib/log.h"
#include "spawn.h"
#include "stop.h"

#define OWN_WORDS   32 /* at most, beside helper_switches, environment and command */
#define BLANKS	    " \t"
#define NUMBER_SIZE 24
#define WANTED_MS   500 /* between two looks whether somebody waits for the output */

static unsigned long nofile, stack; /* soft limits of the tools */
static int debug_fd = -1;

void
launch_keep_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("limit of descriptors: %s", strerror(errno));
	nofile = r.rlim_cur;
	if (getrlimit(RLIMIT_STACK, &r) == -1)
		fatal("limit of the stack: %s", strerror(errno));
	stack = r.rlim_cur;
}

void
launch_debug_to(int fd)
{
	debug_fd = fd;
}

/* The launcher's command line as it grows. Numbers live in `text`. */
struct command {
	const char **argv;
	size_t argc;
	char *switches; /* a copy of helper_switches, cut into words */
	char err[NUMBER_SIZE], life[NUMBER_SIZE], dbg[NUMBER_SIZE], nofile[NUMBER_SIZE],
	    stack[NUMBER_SIZE], nenv[NUMBER_SIZE];
};

static void
add(struct command *c, const char *word)
{
	c->argv[c->argc++] = word;
}

static void
add_number(struct command *c, const char *name, char text[NUMBER_SIZE], unsigned long n)
{
	snprintf(text, NUMBER_SIZE, "%lu", n);
	add(c, name);
	add(c, text);
}

static size_t
count(const char *const *strings)
{
	size_t n = 0;

	while (strings[n] != NULL)
		n++;
	return (n);
}

/* 0, or -1 with errno. command_free() in any case. */
static int
command_new(struct command *c, const struct settings *s, int err, size_t extra)
{
	char *word, *rest;
	int i;

	*c = (struct command){0};
	c->switches = strdup(s->helper_switches);
	c->argv =
	    calloc(OWN_WORDS + (size_t)2 * SETTINGS_MAX_SWITCHES + extra + 1, sizeof(*c->argv));
	if (c->switches == NULL || c->argv == NULL)
		return (-1);
	add(c, s->helper);
	/* First, so that a wrong switch can be told. */
	add_number(c, "-err", c->err, (unsigned long)err);
	word = strtok_r(c->switches, BLANKS, &rest);
	for (; word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
		if (strcmp(word, "-d") != 0)
			add(c, word);
		else if (debug_fd != -1)
			add_number(c, "-dbg", c->dbg, (unsigned long)debug_fd);
	}
	for (i = 0; i < SETTINGS_ISOLATIONS; i++) {
		if ((s->isolate & 1U << i) == 0)
			continue;
		add(c, "-isolate");
		add(c, settings_isolations[i]);
	}
	return (0);
}

static void
command_free(struct command *c)
{
	free(c->switches);
	free(c->argv);
}

static int
command_for_run(struct command *c, const struct settings *s, const struct rpc_run *run,
    const char *root, int err, int life)
{
	const char *const *env = run->env, *const *arg = run->argv;
	size_t nenv = count(env);

	if (command_new(c, s, err, nenv + count(arg)) == -1)
		return (-1);
	add_number(c, "-life", c->life, (unsigned long)life);
	add_number(c, "-nofile", c->nofile, nofile);
	add_number(c, "-stack", c->stack, stack);
	add(c, "-root");
	add(c, root);
	if (stop_wanted())
		add(c, "-hold");
	add(c, "-wd");
	add(c, run->directory);
	add_number(c, "-envc", c->nenv, nenv);
	while (*env != NULL)
		add(c, *env++);
	add(c, "-cmd");
	while (*arg != NULL)
		add(c, *arg++);
	return (0);
}

/* The launcher's pid, or -1 with errno. */
static pid_t
start(const struct command *c, const struct launch_files *files, int err, int life)
{
	const struct spawn how = {.argv = c->argv,
	    .in = files->in,
	    .out = files->out,
	    .err = files->err,
	    .kept = {err, life, debug_fd}};

	return (spawn_run(&how));
}

static void
close_if_open(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

int
launch_start(struct launch *l, const struct settings *s, const struct rpc_run *run,
    const char *root, const struct launch_files *files, struct srpc_error *err)
{
	int words[2] = {-1, -1}, life[2] = {-1, -1}, error = 0;
	struct command c = {0};

	*l = (struct launch){.life = -1, .err = -1, .pumps = {{-1, -1, false}, {-1, -1, false}}};
	if (pipe2(words, O_CLOEXEC) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life) == -1 ||
	    command_for_run(&c, s, run, root, words[1], life[1]) == -1)
		error = errno;
	else
		error = (l->launcher = start(&c, files, words[1], life[1])) == -1 ? errno : 0;
	command_free(&c);
	close_if_open(&words[1]);
	close_if_open(&life[1]);
	if (error != 0) {
		close_if_open(&words[0]);
		close_if_open(&life[0]);
		return (srpc_fail(err, SRPC_CONFIGURATION_ERROR, "Can't exec helper %s (%s)",
		    s->helper, strerror(error)));
	}
	l->life = life[0];
	l->err = words[0];
	return (0);
}

/* What the launcher wrote; empty when it had nothing to say. */
static void
read_words(int fd, char *words, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, words + len, size - 1 - len)) > 0)
		len += (size_t)n;
	words[len] = '\0';
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
say_why(const struct launch *l, const struct rpc_run *run, const char *root, int status,
    struct srpc_error *err)
{
	char words[LAUNCHER_MAX_WORDS];

	read_words(l->err, words, sizeof(words));
	if (l->outcome.kind != LAUNCHER_FAILED && !WIFEXITED(status))
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE,
		    "the launcher of the tool was killed "
		    "(signal %d)",
		    WTERMSIG(status)));
	if (l->outcome.kind == LAUNCHER_FAILED)
		status = l->outcome.value;
	else
		status = WEXITSTATUS(status);
	if (status == LAUNCHER_BAD_ROOT || status == LAUNCHER_NO_CHDIR)
		return (srpc_fail(err, failure_code(status),
		    "Can't establish working directory %s/%s (%s)", root, run->directory, words));
	srpc_fail(err, failure_code(status), "%s", words);
	if (status == LAUNCHER_NO_EXEC)
		err->exec_errno = l->outcome.error;
	return (-1);
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return (status);
}

static bool
is_pumping(const struct launch *l)
{
	return (l->pumps[0].from != -1 || l->pumps[1].from != -1 ||
		(l->stream != NULL && !stream_is_done(l->stream)));
}

static int
sooner(int a, int b)
{
	return (a == -1 || (b != -1 && b < a) ? b : a);
}

/* Moves output until `life` (-1: none) has something to read: true; or nothing comes for `ms`. */
static bool
pump_until(struct launch *l, int life, int ms)
{
	struct pollfd fds[3 + STREAM_FDS];
	nfds_t n = 3;
	int i, ready, wait;

	do {
		fds[0] = (struct pollfd){.fd = life, .events = POLLIN};
		fds[1] = pump_event(&l->pumps[0]);
		fds[2] = pump_event(&l->pumps[1]);
		wait = ms;
		if (l->stream != NULL) {
			wait = sooner(ms, stream_events(l->stream, fds + 3));
			n = 3 + STREAM_FDS;
		}
		ready = poll(fds, n, wait);
		for (i = 0; i < 2; i++)
			if (fds[1 + i].revents != 0)
				pump_move(&l->pumps[i]);
		if (l->stream != NULL)
			stream_move(l->stream, fds + 3);
		if (ready == 0 && wait == ms)
			return (false);
	} while (fds[0].revents == 0 && (life != -1 || is_pumping(l)));
	return (true);
}

/*
 * The tool's output, which the launcher keeps from it. Without descriptors for it the tool cannot go
 * on: it would wait for ever, or die for no reason of its own.
 */
static void
take_output(struct launch *l, int which, struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fds[2] = {-1, -1};

	if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len <= CMSG_LEN(sizeof(fds)))
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	if (fds[1] != -1) {
		pump_start(&l->pumps[which == STDERR_FILENO], fds[0], fds[1]);
		return;
	}
	log_warn("launch: no descriptor for the output of a tool: it is killed");
	close_if_open(&fds[0]);
	(void)!send(l->life, &(char){SIGKILL}, 1, MSG_NOSIGNAL);
}

/* Keeps what the next message from the launcher's side says: its kind, 0 at the end of file. */
static int
take_message(struct launch *l)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
	struct launcher_message m;
	struct iovec data = {.iov_base = &m, .iov_len = sizeof(m)};
	struct msghdr msg = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t n;

	/* An order that was not read any more shows as a reset, once, before the message does. */
	do
		n = recvmsg(l->life, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && (errno == ECONNRESET || errno == EINTR));
	if (n != sizeof(m))
		return (0);
	if (m.kind == LAUNCHER_PIPE)
		take_output(l, m.value, &msg);
	else if (m.kind == LAUNCHER_HELD)
		l->held_by = m.value == 0 ? 0 : m.keeper != 0 ? m.keeper : l->launcher;
	else
		l->outcome = m;
	return (m.kind);
}

static int
next_message(struct launch *l)
{
	int kind;

	do {
		if (is_pumping(l) || l->stream != NULL)
			pump_until(l, l->life, -1);
		kind = take_message(l);
	} while (kind == LAUNCHER_PIPE);
	return (kind);
}

void
launch_serve(struct launch *l, struct stream *stream)
{
	l->stream = stream;
	stream_start(stream, l->life);
}

bool
launch_held(struct launch *l, const char *root, char *path, size_t size)
{
	int kind;

	while ((kind = next_message(l)) != LAUNCHER_HELD)
		if (kind == 0)
			return (false);
	if (l->held_by == 0)
		strlcpy(path, root, size);
	else
		snprintf(path, size, "/proc/%d/root", l->held_by);
	return (true);
}

void
launch_go_on(struct launch *l)
{
	/* One that is gone by now has nothing to go on with. */
	(void)!send(l->life, "", 1, MSG_NOSIGNAL);
}

void
launch_wait(struct launch *l)
{
	/* What ended has nothing to say any more, and the exits are right behind. */
	if (l->outcome.kind == 0)
		next_message(l);
}

void
launch_deliver(struct launch *l, bool (*wanted)(void *), void *arg)
{
	if (l->stream != NULL)
		stream_tool_ended(l->stream);
	/* Where the keeper is gone, what it left may hold the output open: that is swept up later. */
	while (l->outcome.kind == LAUNCHER_ENDED && is_pumping(l))
		if (!pump_until(l, -1, WANTED_MS) && !wanted(arg))
			break;
	pump_stop(&l->pumps[0]);
	pump_stop(&l->pumps[1]);
}

int
launch_result(struct launch *l, const struct rpc_run *run, const char *root, int *wait_status,
    struct srpc_error *err)
{
	int status = wait_for(l->launcher);

	if (l->outcome.keeper != 0)
		wait_for(l->outcome.keeper);
	l->orphaned = l->outcome.kind == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) == 0);
	if (l->outcome.kind != LAUNCHER_ENDED)
		return (say_why(l, run, root, status, err));
	*wait_status = l->outcome.value;
	return (0);
}

void
launch_close(struct launch *l)
{
	close_if_open(&l->life);
	close_if_open(&l->err);
}

int
launch_check(const struct settings *s, char *why, size_t size)
{
	struct launch_files files = {.in = -1, .out = -1, .err = -1};
	struct command c = {0};
	int words[2] = {-1, -1}, error = 0, status = 0;
	pid_t pid = 0;

	files.in = files.out = files.err = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (files.in == -1 || pipe2(words, O_CLOEXEC) == -1 ||
	    command_new(&c, s, words[1], 0) == -1) {
		error = errno;
	} else {
		add(&c, "-root");
		add(&c, s->volatile_root);
		add(&c, "-check");
		error = (pid = start(&c, &files, words[1], -1)) == -1 ? errno : 0;
	}
	close_if_open(&words[1]);
	if (error != 0) {
		strlcpy(why, strerror(error), size);
	} else {
		read_words(words[0], why, size);
		status = wait_for(pid);
	}
	command_free(&c);
	close_if_open(&words[0]);
	close_if_open(&files.in);
	return (error == 0 && status == 0 ? 0 : -1);
}
