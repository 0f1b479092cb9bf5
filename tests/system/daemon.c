#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "proc.h"

int
daemon_free_port(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return (ntohs(sin.sin_port));
}

static void
watch(struct daemon *d)
{
	int ends[2];
	char c;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	if ((d->guard = fork()) == 0) {
		close(ends[1]);
		if (read(ends[0], &c, 1) == 0)
			kill(d->pid, SIGKILL);
		_exit(0);
	}
	close(ends[0]);
	d->leash = ends[1];
}

static void
unwatch(struct daemon *d)
{
	ck_assert_int_eq(write(d->leash, "", 1), 1);
	close(d->leash);
	ck_assert_int_eq(waitpid(d->guard, NULL, 0), d->guard);
}

pid_t
daemon_pid_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return (0);
	if (read(fd, text, sizeof(text) - 1) == -1)
		text[0] = '\0';
	close(fd);
	return ((pid_t)strtol(text, NULL, 10));
}

const char *
daemon_directory(void)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("run")));

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(chown(dir, harness_user(), harness_user()), 0);
	return (dir);
}

int
daemon_command(struct program *p, const char *config, const char *pidfile)
{
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-p", pidfile, "-c",
	    harness_file(config), NULL};

	*p = (struct program){
	    .argv = argv, .uid = harness_user(), .prepare = p->prepare, .pass = -1};
	return (program_run(p));
}

void
daemon_start_as(struct daemon *d)
{
	struct server *s = &d->server;
	struct program p = {.prepare = s->prepare};

	s->port = daemon_free_port();
	d->pidfile = harness_text("%s/pid", daemon_directory());
	ck_assert_msg(daemon_command(&p,
			  server_config(s->mode, harness_text("SRPC_port = %d\n%s", s->port,
						     s->settings == NULL ? "" : s->settings)),
			  d->pidfile) == 0,
	    "%s", program_err(&p));
	d->pid = daemon_pid_in(d->pidfile);
	ck_assert_int_gt(d->pid, 1);
	watch(d);
	program_free(&p);
}

void
daemon_start(struct daemon *d)
{
	*d = (struct daemon){.server = {.mode = harness_mode()}};
	daemon_start_as(d);
}

bool
daemon_runs(pid_t pid)
{
	return (kill(pid, 0) == 0 && proc_status(pid, "State")[0] != 'Z');
}

void
daemon_stop(struct daemon *d)
{
	ck_assert_int_eq(kill(d->pid, SIGTERM), 0);
	ck_assert_soon(!daemon_runs(d->pid));
	unwatch(d);
}
