#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/unistd.h>

#include "lib/log.h"
#include "server/base/clock.h"
#include "server/runs/orphans.h"
#include "starter.h"

#define NAME	    "runtool-starter" /* as much as the kernel keeps of a name */
#define OUTPUT_SIZE 512		      /* what is kept of a command's output */
#define QUOTED_SIZE 1024

/* What came of a command; small enough for a pipe to take it whole. */
struct report {
	enum { NOT_RUN, ENDED, LEFT_ALONE, ENDED_LATE } kind;
	int value; /* errno, or the wait status */
	char output[OUTPUT_SIZE];
};

/* One command, in the process that follows it. */
struct command {
	struct report report;
	size_t len;
	int output; /* nonblocking */
	pid_t shell;
};

/* One for the process: made before there are threads; only the fleet's thread uses it. */
static int orders = -1, reports = -1; /* the server's ends; in the starter its own */
static unsigned int running;
static bool busy;

/* ---- the process ------------------------------------------------------------------------------ */

static void
send_report(const struct report *r)
{
	(void)!write(reports, r, sizeof(*r));
}

static _Noreturn void
execute(const char *command, int output)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", command, NULL);
	dprintf(STDERR_FILENO, "/bin/sh: %s\n", strerror(errno));
	_exit(127);
}

/*
 * Reads some output, and keeps its beginning. False: nothing now, or nothing ever again (*ended).
 */
static bool
take_output(struct command *c, bool *ended)
{
	char rest[4096];
	size_t room = sizeof(c->report.output) - 1 - c->len;
	ssize_t n;

	n = read(
	    c->output, room > 0 ? c->report.output + c->len : rest, room > 0 ? room : sizeof(rest));
	*ended = n == 0;
	if (n > 0 && room > 0)
		c->len += (size_t)n;
	return (n > 0);
}

static void
shell_ended(struct command *c)
{
	bool ended;

	while (c->len < sizeof(c->report.output) - 1 && take_output(c, &ended))
		continue;
	waitpid(c->shell, &c->report.value, 0);
	c->report.kind = c->report.kind == LEFT_ALONE ? ENDED_LATE : ENDED;
	send_report(&c->report);
}

static void
leave_alone(struct command *c)
{
	c->report.kind = LEFT_ALONE;
	send_report(&c->report);
}

/*
 * Reads on until the shell has ended, and everybody else who has its output: a server in the
 * foreground must find somebody who reads what it writes.
 */
static void
follow(struct command *c, int shell, int64_t patience_until)
{
	struct pollfd fds[2] = {
	    {.fd = shell, .events = POLLIN}, {.fd = c->output, .events = POLLIN}};
	int64_t left;
	bool ended;

	while (fds[0].fd != -1 || fds[1].fd != -1) {
		left = patience_until - clock_ms();
		poll(fds, 2, c->report.kind != NOT_RUN ? -1 : left > 0 ? (int)left : 0);
		if (fds[1].revents != 0 && !take_output(c, &ended) && ended)
			fds[1].fd = -1;
		if (fds[0].revents != 0) {
			shell_ended(c);
			fds[0].fd = -1;
		} else if (c->report.kind == NOT_RUN && left <= 0) {
			leave_alone(c);
		}
	}
}

/* Runs the command once; a process of its own. */
static _Noreturn void
run(const char *command, int patience_ms)
{
	int64_t patience_until = clock_ms() + patience_ms;
	struct command c = {0};
	int output[2], shell;

	close(orders);
	signal(SIGCHLD, SIG_DFL);
	setsid();
	if (pipe2(output, O_CLOEXEC) == -1 || (c.shell = fork()) == -1)
		goto fail;
	if (c.shell == 0)
		execute(command, output[1]);
	close(output[1]);
	c.output = output[0];
	if (fcntl(c.output, F_SETFL, O_NONBLOCK) == -1 || (shell = pidfd_open(c.shell, 0)) == -1)
		goto fail;
	follow(&c, shell, patience_until);
	_exit(0);
fail:
	c.report.value = errno;
	send_report(&c.report);
	_exit(1);
}

/* Commands must get nothing that is the server's. */
static void
leave_everything(void)
{
	int null;

	prctl(PR_SET_NAME, NAME);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/*
	 * Orphans of commands become our children, not the server's. Our children leave no zombies.
	 */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	setsid();
	if (chdir("/") == -1 || (null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		_exit(1);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	setproctitle("-%s", NAME);
}

static _Noreturn void
serve(const char *command, int patience_ms)
{
	struct report failure = {.kind = NOT_RUN};
	char order;
	pid_t pid = getpid();

	if (write(reports, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	leave_everything();
	while (read(orders, &order, 1) == 1) {
		if ((pid = fork()) == 0)
			run(command, patience_ms);
		failure.value = errno;
		if (pid == -1)
			send_report(&failure);
	}
	_exit(0);
}

/* ---- the server ------------------------------------------------------------------------------- */

/*
 * Forks twice, and the process in between ends at once, so that the starter is not the server's
 * child. If it were, and were killed, all that it had started would become the server's orphans.
 */
void
starter_open(const char *command, int patience_ms)
{
	int order[2], report[2];
	pid_t between, pid;

	if (pipe2(order, O_CLOEXEC) == -1 || pipe2(report, O_CLOEXEC) == -1 ||
	    (between = fork()) == -1)
		fatal("cannot make %s: %s", NAME, strerror(errno));
	if (between == 0) {
		close(order[1]);
		close(report[0]);
		orders = order[0];
		reports = report[1];
		if (fork() == 0)
			serve(command, patience_ms);
		_exit(0);
	}
	close(order[0]);
	close(report[1]);
	orders = order[1];
	reports = report[0];
	waitpid(between, NULL, 0);
	if (read(reports, &pid, sizeof(pid)) != sizeof(pid) ||
	    fcntl(reports, F_SETFL, O_NONBLOCK) == -1)
		fatal("cannot make %s", NAME);
	/* It is our child if we are the first process of a container. */
	orphans_spare(pid);
}

void
starter_close(void)
{
	if (orders == -1)
		return;
	close(orders);
	close(reports);
	orders = reports = -1;
}

bool
starter_is_there(void)
{
	return (orders != -1);
}

int
starter_run(void)
{
	if (write(orders, "", 1) != 1)
		return (-1);
	running++;
	busy = true;
	return (0);
}

static void
log_end(int status, const char *words)
{
	if (WIFSIGNALED(status))
		log_warn("fleet: start_command was killed by signal %d (%s)%s", WTERMSIG(status),
		    strsignal(WTERMSIG(status)), words);
	else if (WEXITSTATUS(status) != 0)
		log_warn(
		    "fleet: start_command failed: exit status %d%s", WEXITSTATUS(status), words);
	else
		log_info("fleet: start_command is done%s", words);
}

static void
log_report(struct report *r)
{
	char words[QUOTED_SIZE] = ": ", *line = r->output + strspn(r->output, "\n");

	line[strcspn(line, "\n")] = '\0';
	if (*line != '\0')
		log_quote(words + 2, sizeof(words) - 2, line);
	else
		*words = '\0';
	if (r->kind == NOT_RUN)
		log_warn("fleet: start_command could not be run: %s", strerror(r->value));
	else if (r->kind == ENDED)
		log_end(r->value, words);
	else if (r->kind == LEFT_ALONE)
		log_info("fleet: start_command has not ended: it is left alone");
}

void
starter_look(void)
{
	struct report r;

	while (reports != -1 && read(reports, &r, sizeof(r)) == sizeof(r)) {
		if (r.kind != LEFT_ALONE)
			running--;
		if (r.kind != ENDED_LATE)
			busy = false;
		log_report(&r);
	}
}

unsigned int
starter_running(void)
{
	return (running);
}

bool
starter_busy(void)
{
	return (busy);
}
