#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "first_server.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "lib/start_command.h"
#include "lib/thread.h"

#define LIMIT_S	      300 /* from the first look to the first server */
#define STEP_MS	      100
#define MAX_MISSES    20
#define MS_PER_SECOND 1000
#define WORDS_SIZE    512
#define BLOCK_SIZE    4096
#define PIPE_BLOCKS   16
#define STACK_SIZE    ((size_t)64 * 1024)

enum stage {
	NONE,
	LEADING, /* it is for us to start one */
	STARTED	 /* the command was run */
};

struct first_server {
	const struct area *area;
	const struct hooks *hooks;
	enum stage stage;
	int64_t begin; /* DEADLINE_NONE: not yet */
	int misses;    /* how often another had the name and could not be reached */
	int lock;      /* the socket where others wait for us; -1: there is none */
	pid_t pid;     /* of the command; 0: it has ended, was left, or was not run yet */
	int output;    /* from the command; -1: none */
};

struct first_server *
first_server_new(const struct area *area, const struct hooks *hooks)
{
	struct first_server *f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return (NULL);
	f->area = area;
	f->hooks = hooks;
	f->begin = DEADLINE_NONE;
	f->lock = f->output = -1;
	return (f);
}

static bool
is_too_late(const struct first_server *f)
{
	return (deadline_now() - f->begin > INT64_C(1000) * LIMIT_S);
}

/* ---- what is shown ------------------------------------------------------------------------ */

static void
show_wait(const struct first_server *f)
{
	f->hooks->waiting(
	    f->hooks->arg, f->area->config.area, (deadline_now() - f->begin) / MS_PER_SECOND);
}

/* Whether it can be read within that time. */
static bool
is_readable(const struct first_server *f, int fd, int ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	return (hooks_wait(f->hooks, fd, ms) && poll(&pfd, 1, 0) == 1);
}

/* Shows what output of the command comes within that time. */
static void
show_output(struct first_server *f, int ms)
{
	char block[BLOCK_SIZE];
	ssize_t n;

	if (!is_readable(f, f->output, ms))
		return;
	if ((n = read(f->output, block, sizeof(block))) > 0) {
		f->hooks->output(f->hooks->arg, block, (size_t)n);
	} else if (n == 0) {
		close(f->output);
		f->output = -1;
	}
}

/* Shows what it has written by now: at most what a pipe takes. */
static void
show_rest(struct first_server *f)
{
	int blocks = PIPE_BLOCKS;

	while (f->output != -1 && blocks-- > 0 &&
	       poll(&(struct pollfd){.fd = f->output, .events = POLLIN}, 1, 0) == 1)
		show_output(f, 0);
}

/* ---- only one ----------------------------------------------------------------------------- */

/* The name of the socket: the same for the same user, directory and area. */
static socklen_t
lock_name(const struct first_server *f, struct sockaddr_un *name)
{
	struct stat st = {0};
	int len;

	/* If that fails, all such directories count as the same. */
	(void)stat(f->area->config.dir, &st);
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	len = snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1, "runtool-%u-%llx-%llx-%s",
	    geteuid(), (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    f->area->config.area);
	if (len >= (int)sizeof(name->sun_path) - 1)
		len = (int)sizeof(name->sun_path) - 2;
	return ((socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len));
}

/*
 * Any user can take the name. If it is another one's, we do not wait, but start a server ourselves.
 */
static bool
is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid());
}

/* Another process starts one: waits until it is done. It may send words that say why it failed. */
static int
follow(struct first_server *f, int fd, struct runtool_error *err)
{
	char words[WORDS_SIZE];
	ssize_t n;

	while (!is_readable(f, fd, MS_PER_SECOND) && !hooks_over(f->hooks) && !is_too_late(f))
		show_wait(f);
	f->hooks->waited(f->hooks->arg);
	n = recv(fd, words, sizeof(words) - 1, MSG_DONTWAIT);
	if (n <= 0)
		return (0);
	words[n] = '\0';
	return (error_set(err, RUNTOOL_TRANSPORT, "%s", words));
}

static int
lead_or_follow(struct first_server *f, struct runtool_error *err)
{
	struct sockaddr_un name;
	socklen_t len = lock_name(f, &name);
	int fd, rc = 0;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (error_set(err, RUNTOOL_TRANSPORT, "socket: %s", strerror(errno)));
	if (bind(fd, (const struct sockaddr *)&name, len) == 0 && listen(fd, SOMAXCONN) == 0) {
		f->lock = fd;
		f->stage = LEADING;
		return (0);
	}
	if (connect(fd, (const struct sockaddr *)&name, len) == -1) {
		/* It does not listen yet, or has gone; or it is somebody else. */
		(void)hooks_wait(f->hooks, -1, STEP_MS);
		f->misses++;
	} else if (is_ours(fd)) {
		rc = follow(f, fd, err);
	} else {
		f->misses = MAX_MISSES;
	}
	if (f->misses >= MAX_MISSES)
		f->stage = LEADING;
	close(fd);
	return (rc);
}

/* Tells those who wait why there will be no server. Returns -1. */
static int
give_up(struct first_server *f, const struct runtool_error *err)
{
	int fd;

	f->hooks->waited(f->hooks->arg);
	if (f->lock == -1 || fcntl(f->lock, F_SETFL, O_NONBLOCK) == -1)
		return (-1);
	while ((fd = accept(f->lock, NULL, NULL)) != -1) {
		(void)!send(fd, err->message, strnlen(err->message, WORDS_SIZE - 1),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
	}
	return (-1);
}

/* ---- the command -------------------------------------------------------------------------- */

/* NULL with *err. */
static char *
command(const struct first_server *f, struct runtool_error *err)
{
	char host[HOST_NAME_MAX + 1] = "localhost", why[WORDS_SIZE], *text;
	struct start_words words = {
	    .area = f->area->config.area, .host = host, .config = f->area->file};

	gethostname(host, sizeof(host));
	text = start_command_expand(f->area->config.start_command, &words, why, sizeof(why));
	if (text == NULL)
		error_set(
		    err, RUNTOOL_TRANSPORT, "[" FLEET_CONFIG_SECTION "]start_command: %s", why);
	return (text);
}

/*
 * In a session of its own: it must go on when we are interrupted. Without our descriptors: a server
 * stays, and must not hold a lock of the shell that started us. 0, or an errno.
 */
static int
spawn(struct first_server *f, char *text, int output)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, text, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	error = posix_spawn(&f->pid, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return (error);
}

/* Reads its output by a pipe: a server in the foreground must not keep our stderr open. */
static int
run_command(struct first_server *f, struct runtool_error *err)
{
	int ends[2], error;
	char *text;

	if ((text = command(f, err)) == NULL)
		return (-1);
	hooks_remark(
	    f->hooks, "area %s has no server: starting one: %s", f->area->config.area, text);
	error = pipe2(ends, O_CLOEXEC) == -1 ? errno : 0;
	if (error == 0) {
		f->output = ends[0];
		error = spawn(f, text, ends[1]);
		close(ends[1]);
	}
	free(text);
	f->stage = STARTED;
	return (error == 0 ? 0 : error_set(err, RUNTOOL_TRANSPORT, "/bin/sh: %s", strerror(error)));
}

/* 0 unless the command has failed. */
static int
check_command(struct first_server *f, struct runtool_error *err)
{
	int status;

	if (f->pid == 0 || waitpid(f->pid, &status, WNOHANG) != f->pid)
		return (0);
	f->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return (0);
	show_rest(f);
	return (error_set(err, RUNTOOL_TRANSPORT,
	    "area %s has no server: [" FLEET_CONFIG_SECTION "]start_command failed: %s %d",
	    f->area->config.area, WIFEXITED(status) ? "exit status" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
}

int
first_server_step(struct first_server *f, struct runtool_error *err)
{
	if (f->begin == DEADLINE_NONE)
		f->begin = deadline_now();
	if (is_too_late(f)) {
		error_set(err, RUNTOOL_TRANSPORT,
		    "area %s: no server has registered in %s and answered for %d s: look at what "
		    "start_command started, and whether this host may connect",
		    f->area->config.area, f->area->config.dir, LIMIT_S);
		return (give_up(f, err));
	}
	if (f->stage == NONE)
		return (lead_or_follow(f, err));
	if (f->stage == LEADING)
		return (run_command(f, err) == -1 ? give_up(f, err) : 0);
	show_wait(f);
	show_output(f, STEP_MS);
	return (check_command(f, err) == -1 ? give_up(f, err) : 0);
}

static void *
reap_thread(void *arg)
{
	pid_t *pid = arg;

	(void)waitpid(*pid, NULL, 0);
	free(pid);
	return (NULL);
}

/* The command may go on for as long as its server; when it ends it must not stay a zombie. */
static void
leave_command(struct first_server *f)
{
	pid_t *pid;

	if (f->pid != 0 && waitpid(f->pid, NULL, WNOHANG) == 0 &&
	    (pid = malloc(sizeof(*pid))) != NULL) {
		*pid = f->pid;
		if (thread_start(NULL, STACK_SIZE, reap_thread, pid) != 0)
			free(pid);
	}
	f->pid = 0;
}

void
first_server_end(struct first_server *f)
{
	show_rest(f);
	f->hooks->waited(f->hooks->arg);
	if (f->lock != -1)
		close(f->lock);
	if (f->output != -1)
		close(f->output);
	leave_command(f);
	f->lock = f->output = -1;
	f->stage = NONE;
	f->begin = DEADLINE_NONE;
	f->misses = 0;
}

void
first_server_free(struct first_server *f)
{
	if (f == NULL)
		return;
	first_server_end(f);
	free(f);
}
