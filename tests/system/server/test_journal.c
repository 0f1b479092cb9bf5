/* A log that nobody takes: pipes and syslogs that do not read. Nothing waits for it, and it is honest. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/daemon.h"
#include "system/harness.h"
#include "system/run5.h"
#include "system/suites.h"

#define LINES	2500  /* of 150 bytes or more: more than the server keeps, and than a pipe holds */
#define NAME	60    /* bytes of an option's name, which the log shows */
#define KEPT_MS 10000 /* a server may wait for its log no longer than two seconds at its end */
#define READ	65536

/* Has the server log that often: calls that fail, on one connection. */
static void
have_it_log(const struct server *s, int times)
{
	struct run5 r = RUN5("/bin/true");

	for (int i = 0; i < times; i++) {
		r.must = LIST5(harness_text("%s=1", harness_letters(NAME)));
		run5_fails(s, &r, SRPC_NOT_IMPLEMENTED, "xxx");
		if (i < times - 1)
			r = run5_next(&r, RUN5("/bin/true"));
	}
	run5_free(&r);
}

/* It runs tools, and answers. */
static void
goes_on(const struct server *s)
{
	struct run5 r = RUN5("/bin/sh", "-c", "echo on; exit 3");

	for (int i = 0; i < 3; i++) {
		run5_do(s, &r);
		run5_exited(&r, 3, "ended");
		r = run5_next(&r, RUN5("/bin/sh", "-c", "exit 3"));
	}
	run5_do(s, &r);
	run5_free(&r);
	ck_assert_int_eq(call_cur_tools(s), 0);
}

/* What has come so far, with more of it. */
struct reader {
	int fd;
	char *text;
	size_t len, size;
};

static void
read_more(struct reader *r)
{
	ssize_t n;

	if (r->size - r->len <= READ) {
		char *text = harness_alloc(r->size = 2 * (r->size + READ));

		r->text = r->text == NULL ? text : memcpy(text, r->text, r->len);
	}
	while ((n = read(r->fd, r->text + r->len, READ)) > 0) {
		r->len += (size_t)n;
		/* Those of a syslog have no end of their own. */
		if (r->text[r->len - 1] != '\n')
			r->text[r->len++] = '\n';
		r->text[r->len] = '\0';
		if (r->size - r->len <= READ + 1)
			return;
	}
}

static bool
has_come(struct reader *r, const char *words)
{
	read_more(r);
	return (strstr(r->text, words) != NULL);
}

/* Every line has come, or is among those that were dropped; and then they come as ever. */
static void
is_taken_up_again(const struct server *s, struct reader *r, int lines)
{
	struct run5 last = RUN5("/bin/sh", "-c", "exit 17");
	int dropped;

	ck_assert_soon(has_come(r, " lines were dropped: nobody took them\n"));
	run5_do(s, &last);
	run5_free(&last);
	ck_assert_soon(has_come(r, " status=17 "));
	ck_assert_uint_eq(harness_count(r->text, " lines were dropped"), 1);
	dropped = (int)strtol(strstr(r->text, "log: ") + strlen("log: "), NULL, 10);
	ck_assert_int_gt(dropped, 0);
	ck_assert_int_eq((int)harness_count(r->text, " failure=-10 ") +
			     (int)harness_count(r->text, " status=3 ") + dropped,
	    lines);
}

/* ---- a pipe behind -f */

static void
log_into_pipe(void)
{
	if (dup2(3, STDERR_FILENO) == -1)
		_exit(PROGRAM_NOT_RUN);
}

/* A pipe in which there is no room. */
static void
fill_pipe(int ends[2])
{
	static const char line[] = "filling\n";
	int flags;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	flags = fcntl(ends[1], F_GETFL);
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, flags | O_NONBLOCK), 0);
	while (write(ends[1], line, strlen(line)) > 0)
		continue;
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, flags), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
}

static void
start_at(struct server *s, int port, int out)
{
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-f", "-c",
	    harness_file(server_config(
		s->mode, harness_text("SRPC_port = %d\nmax_interface_version = 5\n", port))),
	    NULL};

	s->port = port;
	s->program = (struct program){
	    .argv = argv, .uid = harness_user(), .prepare = log_into_pipe, .pass = out};
	program_start(&s->program);
	s->program.argv = NULL;
}

START_TEST(a_full_pipe_holds_up_nothing)
{
	struct server s = {.mode = harness_mode()};
	int ends[2];
	struct reader r;

	fill_pipe(ends);
	start_at(&s, daemon_free_port(), ends[1]);
	close(ends[1]);
	ck_assert_soon(server_listens(&s));
	goes_on(&s);
	have_it_log(&s, LINES);
	goes_on(&s);
	r = (struct reader){.fd = ends[0]};
	is_taken_up_again(&s, &r, LINES + 8);
	server_stop(&s);
	read_more(&r);
	ck_assert_ptr_nonnull(strstr(r.text, "RunToolServer: done\n"));
	close(ends[0]);
}
END_TEST

START_TEST(a_server_whose_log_nobody_takes_can_be_ended)
{
	static const int signals[] = {SIGTERM, SIGINT};
	struct server s = {.mode = harness_mode()};
	int ends[2];
	int64_t start;

	fill_pipe(ends);
	start_at(&s, daemon_free_port(), ends[1]);
	close(ends[1]);
	ck_assert_soon(server_listens(&s));
	start = harness_now();
	ck_assert_int_eq(kill(server_pid(&s), signals[_i]), 0);
	server_ends(&s, 0);
	ck_assert_int_lt(harness_now() - start, KEPT_MS);
	close(ends[0]);
}
END_TEST

START_TEST(so_does_one_that_cannot_start)
{
	struct server first, s = {.mode = harness_mode()};
	int ends[2];

	server_start_best(&first, NULL);
	fill_pipe(ends);
	start_at(&s, first.port, ends[1]);
	close(ends[1]);
	server_ends(&s, 1);
	close(ends[0]);
	server_stop(&first);
}
END_TEST

/* ---- a syslog */

static const char *place; /* of the socket, and of a copy of /dev/null */

/* Only a new /dev has our log in it; of the old one it needs no more than this. */
static void
own_log(void)
{
	int fd;

	harness_own_mounts();
	if (mount("/dev/null", harness_text("%s/null", place), NULL, MS_BIND, NULL) == -1 ||
	    mount("none", "/dev", "tmpfs", 0, "mode=755") == -1 ||
	    (fd = open("/dev/null", O_WRONLY | O_CREAT, 0666)) == -1 ||
	    mount(harness_text("%s/null", place), "/dev/null", NULL, MS_BIND, NULL) == -1 ||
	    symlink(harness_text("%s/log", place), "/dev/log") == -1)
		_exit(PROGRAM_NOT_RUN);
	close(fd);
}

static int
open_log(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), null;

	place = daemon_directory();
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/log", place);
	ck_assert_str_eq(at.sun_path, harness_text("%s/log", place));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(chmod(at.sun_path, 0777), 0);
	null = open(harness_text("%s/null", place), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	ck_assert_int_ne(null, -1);
	close(null);
	return (fd);
}

START_TEST(a_syslog_that_does_not_read_holds_up_nothing)
{
	struct daemon d = {.server = {.mode = harness_mode(),
			       .settings = "max_interface_version = 5\n",
			       .prepare = own_log}};
	struct reader r = {.fd = open_log()};

	daemon_start_as(&d);
	goes_on(&d.server);
	have_it_log(&d.server, LINES);
	goes_on(&d.server);
	is_taken_up_again(&d.server, &r, LINES + 8);
	daemon_stop(&d);
	read_more(&r);
	ck_assert_ptr_nonnull(strstr(r.text, "RunToolServer"));
	ck_assert_ptr_nonnull(strstr(r.text, "]: done\n"));
	close(r.fd);
}
END_TEST

START_TEST(a_daemon_whose_syslog_does_not_read_can_be_ended)
{
	struct daemon d = {.server = {.mode = harness_mode(),
			       .settings = "max_interface_version = 5\n",
			       .prepare = own_log}};
	int fd = open_log();
	int64_t start;

	daemon_start_as(&d);
	have_it_log(&d.server, LINES);
	start = harness_now();
	daemon_stop(&d);
	ck_assert_int_lt(harness_now() - start, KEPT_MS);
	close(fd);
}
END_TEST

Suite *
journal_suite(void)
{
	Suite *suite = suite_create("journal");
	TCase *tc = tcase_create("journal");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_full_pipe_holds_up_nothing);
	tcase_add_loop_test(tc, a_server_whose_log_nobody_takes_can_be_ended, 0, 2);
	tcase_add_test(tc, so_does_one_that_cannot_start);
	harness_add_mounts(tc, a_syslog_that_does_not_read_holds_up_nothing);
	harness_add_mounts(tc, a_daemon_whose_syslog_does_not_read_can_be_ended);
	suite_add_tcase(suite, tc);
	return (suite);
}
