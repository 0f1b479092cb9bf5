/*
 * The rules of a fleet, row by row of their table in the design, with the installed programs:
 *
 * registration            a_server_registers_in_a_file_that_says_who_it_is
 * touch and removal       a_record_is_removed_when_its_server_is_silent_and_nothing_touched_it
 * order                   ahead_means_started_earlier_and_a_tie_goes_by_id
 * ping                    a_ping_is_tried_again_and_a_wrong_id_is_a_warning_and_no_server
 * lowest load             a_client_takes_the_server_with_the_lowest_load
 * wait_load               a_client_waits_while_the_lowest_load_is_too_high_and_then_goes_on
 * loaded                  a_loaded_server_still_serves_and_another_one_is_preferred
 * no room                 a_server_without_room_says_when_to_try_again_and_the_client_does
 * wishes                  wishes_are_acted_on_beside_the_requests_and_not_more_often_than_allowed
 * no start                no_server_is_started_beyond_each_limit_which_the_log_names
 * starting server         a_starting_server_leaves_where_there_are_enough
 * running server          a_running_server_drains_and_leaves_for_each_reason
 * versions                versions_that_cannot_work_together_are_both_named
 * statistics              calls_are_counted_and_timed
 * start_command           a_fleet_grows_by_its_command_and_shrinks_when_idle
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system/fleet.h"
#include "system/run5.h"
#include "system/script.h"
#include "system/suites.h"

#define TWO "max_servers = 2\n"

static int
matches(const char *text, const char *pattern)
{
	regex_t re;
	int rc;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	rc = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return (rc == 0);
}

/* In ms. */
#define SECONDS(n) (INT64_C(1000) * (n))

static void
wait_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

/* Tools that stay until they are ended: so many, which begin one after the other. */
static void
occupy(const struct server *s, struct program *tools, int n)
{
	for (int i = 0; i < n; i++)
		tools[i] = script_tool(s, "-i /dev/null", SCRIPT_LINGER, "");
}

static void
leave(struct program *tools, int n)
{
	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(kill(tools[i].pid, SIGTERM), 0);
		ck_assert(program_wait(&tools[i], HARNESS_PATIENCE));
		program_free(&tools[i]);
	}
}

/* What a script with the fleet's vesta.cfg does. */
static struct shown
run_with(const char *dir, const char *lines, const char *text)
{
	struct server none = {0};

	return (script_run(&none, fleet_script(dir, lines, text)));
}

#define AREA_RUN "runtool -a " FLEET_AREA " --json=/dev/stdout /bin/true\n"

static void
goes_to(const char *dir, const struct server *s)
{
	struct shown shown = run_with(dir, "", AREA_RUN);

	ck_assert_msg(shown.status == 0, "%s", shown.err);
	ck_assert_contains(shown.out, harness_text("\"server\":\"127.0.0.1:%d\"", s->port));
}

/* ---- records ---------------------------------------------------------------------------------- */

START_TEST(a_server_registers_in_a_file_that_says_who_it_is)
{
	const char *dir = fleet_directory(), *line;
	const struct record *r;
	struct rpc_info info;
	struct server s;
	struct stat st;

	fleet_start(&s, dir, "");
	r = fleet_record(dir, server_pid(&s));
	ck_assert_str_eq(
	    r->name, harness_text("127.0.0.1:%d-%d:" FLEET_AREA, s.port, (int)server_pid(&s)));
	line = fleet_text(fleet_path(dir, r));
	ck_assert_msg(matches(line, "^SERVER STARTED: 127\\.0\\.0\\.1:[0-9]+ AT [0-9]+ server-id: "
				    "[0-9a-f]{32} pid: [0-9]+ dbfname: " FLEET_AREA "\n$"),
	    "%s", line);
	call_info(&s, &info);
	ck_assert_mem_eq(r->id, info.unique, sizeof(info.unique));
	rpc_info_free(&info);
	ck_assert_int_eq(stat(fleet_path(dir, r), &st), 0);
	ck_assert_int_le(llabs(st.st_mtime - r->started), 60);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_soon(fleet_says(&s, harness_text("fleet: registered as %s", r->name)));
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

/* Time of change of a record, or 0 when it is not there. */
static int64_t
touched(const char *dir, const struct record *r)
{
	struct stat st;

	return (stat(fleet_path(dir, r), &st) == -1 ? 0 : st.st_mtime);
}

START_TEST(a_record_is_removed_when_its_server_is_silent_and_nothing_touched_it)
{
	const char *dir = fleet_directory();
	struct record live, dead, stopped, touched_only, answers_only;
	struct server observer, killed, stops, plain;
	int64_t now, begin;

	fleet_start(&observer, dir, "");
	fleet_start(&killed, dir, "");
	fleet_start(&stops, dir, "");
	run5_server_best(&plain, "");
	live = *fleet_record(dir, server_pid(&observer));
	dead = *fleet_record(dir, server_pid(&killed));
	stopped = *fleet_record(dir, server_pid(&stops));
	answers_only = fleet_forged(&plain, 1000);
	touched_only = fleet_invented(1, 1000);
	fleet_write(dir, &answers_only);
	fleet_write(dir, &touched_only);
	fleet_kill(&killed);
	ck_assert_int_eq(kill(server_pid(&stops), SIGSTOP), 0);

	begin = harness_now();
	do {
		now = harness_now();
		fleet_touch(dir, &touched_only);
		ck_assert_int_ne(touched(dir, &answers_only), 0);
		ck_assert_int_ne(touched(dir, &live), 0);
		/* Its last touch may have been a while ago. */
		if (now - begin < SECONDS(FLEET_STALE - FLEET_TOUCH) - 500) {
			ck_assert_int_ne(touched(dir, &dead), 0);
			ck_assert_int_ne(touched(dir, &stopped), 0);
		}
		ck_assert_msg(now - begin < SECONDS(HARNESS_PATIENCE), "%s", server_log(&observer));
		wait_ms(200);
	} while (touched(dir, &dead) != 0 || touched(dir, &stopped) != 0);
	ck_assert_soon(fleet_says(&observer,
	    harness_text(
		"fleet: %s: removed: its server does not answer, and nothing touched it for %d s",
		dead.name, FLEET_STALE)));
	server_stop(&plain);
	ck_assert_int_eq(unlink(fleet_path(dir, &answers_only)), 0);
	ck_assert_int_eq(unlink(fleet_path(dir, &touched_only)), 0);

	/* That one was not dead after all. */
	ck_assert_int_eq(kill(server_pid(&stops), SIGCONT), 0);
	ck_assert_soon(fleet_record(dir, server_pid(&stops)) != NULL);
	ck_assert_soon(fleet_says(&stops, "fleet: our record vanished: registering anew"));
	fleet_stop(&stops, dir);
	fleet_stop(&observer, dir);
	fleet_end(dir);
}
END_TEST

/* ---- order ------------------------------------------------------------------------------------ */

/* Nobody answers there; but while it is touched it counts. */
static struct record
neighbour(const char *dir, int port, int64_t started, const uint8_t id[RECORD_ID_SIZE])
{
	struct record r = fleet_invented(port, started);

	if (id != NULL)
		memcpy(r.id, id, sizeof(r.id));
	fleet_write(dir, &r);
	return (r);
}

/* The next id in their order, or the one before. */
static const uint8_t *
next_to(const uint8_t id[RECORD_ID_SIZE], int step)
{
	uint8_t *next = memcpy(harness_alloc(RECORD_ID_SIZE), id, RECORD_ID_SIZE);
	size_t i = RECORD_ID_SIZE - 1;

	while (next[i] == (step < 0 ? 0 : UINT8_MAX))
		i--;
	next[i] = (uint8_t)(next[i] + step);
	return (next);
}

START_TEST(ahead_means_started_earlier_and_a_tie_goes_by_id)
{
	const char *dir = fleet_directory();
	struct record r, others[3];
	struct server s;
	int64_t end;

	fleet_start(&s, dir, TWO);
	r = *fleet_record(dir, server_pid(&s));
	others[0] = neighbour(dir, 1, r.started - 1, NULL);
	others[1] = neighbour(dir, 2, r.started + 1, NULL);
	others[2] = neighbour(dir, 3, r.started, next_to(r.id, 1));
	for (end = harness_now() + SECONDS(FLEET_STALE); harness_now() < end; wait_ms(200)) {
		for (int i = 0; i < 3; i++)
			fleet_touch(dir, &others[i]);
		ck_assert_msg(!program_wait(&s.program, 0), "it left: %s", server_log(&s));
	}
	memcpy(others[2].id, next_to(r.id, -1), RECORD_ID_SIZE);
	fleet_write(dir, &others[2]);
	for (end = harness_now() + SECONDS(HARNESS_PATIENCE); harness_now() < end; wait_ms(200)) {
		for (int i = 0; i < 3; i++)
			fleet_touch(dir, &others[i]);
		if (program_wait(&s.program, 0))
			break;
	}
	fleet_leaves(&s, dir, "fleet: leaving: enough others started earlier: 2 (max_servers = 2)");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(unlink(fleet_path(dir, &others[i])), 0);
	fleet_end(dir);
}
END_TEST

/* ---- ping ------------------------------------------------------------------------------------- */

/* A place that accepts connections and says nothing; it does not wait for them. */
static int
listen_silently(int *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	*port = ntohs(sin.sin_port);
	return (fd);
}

/* When connections came, until for so many seconds there was none; their number. They are left open. */
static int
note_connections(int listener, int seconds, int64_t *when, int max)
{
	int64_t end = harness_now() + SECONDS(HARNESS_PATIENCE);
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int n = 0, fd;

	while (harness_now() < end) {
		if (n < max && (fd = accept(listener, NULL, NULL)) != -1) {
			/* What it sent with it, or that itself: this may be a busy host, and late. */
			ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
			when[n++] = harness_now() - info.tcpi_last_data_recv;
			end = harness_now() + SECONDS(seconds);
		}
		wait_ms(10);
	}
	return (n);
}

START_TEST(a_ping_is_tried_again_and_a_wrong_id_is_a_warning_and_no_server)
{
	enum { TRIES = 3, MOST = 20 };
	const char *dir = fleet_directory();
	struct record silent, wrong;
	struct server s, other;
	int64_t when[MOST];
	int listener, port, n;

	fleet_start(&s, dir,
	    "max_servers = 1\nping_tries = 3\nping_timeout = 1\n"
	    "touch_interval = 2\nstale_after = 30\n");
	listener = listen_silently(&port);
	silent = fleet_invented(port, 1000);
	fleet_write(dir, &silent);
	run5_server_best(&other, "");
	wrong = fleet_forged(&other, 1000);
	wrong.id[0]++;
	fleet_write(dir, &wrong);

	n = note_connections(listener, 3, when, MOST);
	ck_assert_int_eq(n, TRIES);
	for (int i = 1; i < n; i++)
		ck_assert_int_ge(when[i] - when[i - 1], 900);
	/* Either would be ahead of it, and one is too many. */
	ck_assert_msg(!program_wait(&s.program, 0), "it left: %s", server_log(&s));
	ck_assert_soon(fleet_says_times(&s, wrong.name) == 1);
	close(listener);
	server_stop(&other);
	ck_assert_int_eq(unlink(fleet_path(dir, &wrong)), 0);
	ck_assert_int_eq(unlink(fleet_path(dir, &silent)), 0);
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

/* ---- clients ---------------------------------------------------------------------------------- */

START_TEST(a_client_takes_the_server_with_the_lowest_load)
{
	const char *dir = fleet_directory();
	struct program tools[3];
	struct server s[2];
	struct record silent;
	int listener, port;

	fleet_start(&s[0], dir, "");
	fleet_start(&s[1], dir, "");
	listener = listen_silently(&port);
	silent = fleet_invented(port, 1000);
	fleet_write(dir, &silent);
	occupy(&s[0], tools, 1);
	for (int i = 0; i < 3; i++)
		goes_to(dir, &s[1]);
	occupy(&s[1], tools + 1, 2);
	for (int i = 0; i < 3; i++)
		goes_to(dir, &s[0]);
	leave(tools, 3);
	close(listener);
	/* Where this takes long, the servers have done so. */
	ck_assert(unlink(fleet_path(dir, &silent)) == 0 || errno == ENOENT);
	fleet_stop(&s[0], dir);
	fleet_stop(&s[1], dir);
	fleet_end(dir);
}
END_TEST

#define ONE_AT_ONCE "[Run_Tool]\nserver_max_threads = 1\n"

START_TEST(a_client_waits_while_the_lowest_load_is_too_high_and_then_goes_on)
{
	const char *dir = fleet_directory();
	struct program tool, queued, p;
	struct server s, none = {0};
	int64_t begin;

	fleet_start(&s, dir, ONE_AT_ONCE);
	occupy(&s, &tool, 1);
	queued = script(&s, "exec runtool /bin/true");
	program_start(&queued);
	ck_assert_soon(call_cur_pending(&s) == 1);

	begin = harness_now();
	p = script(&none, fleet_script(dir, "wait_load = 1\nwait_tries = 2\n", "exec " AREA_RUN));
	program_start(&p);
	ck_assert_soon(call_cur_pending(&s) == 2);
	ck_assert_int_ge(harness_now() - begin, 1000); /* about two seconds */
	leave(&tool, 1);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	program_free(&p);
	ck_assert(program_wait(&queued, HARNESS_PATIENCE));
	program_free(&queued);
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(a_loaded_server_still_serves_and_another_one_is_preferred)
{
	const char *dir = fleet_directory();
	struct program tools[5];
	struct server loaded, other;
	struct shown shown;

	fleet_start(&loaded, dir, "loaded_at = 1\n");
	fleet_start(&other, dir, "");
	occupy(&loaded, tools, 2);
	occupy(&other, tools + 2, 3);
	shown = script_run(&loaded, "RunToolProbe --ping && exec runtool /bin/true");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_msg(matches(shown.out, "state +loaded\n"), "%s", shown.out);
	shown = script_run(&other, "RunToolProbe --ping");
	ck_assert_msg(matches(shown.out, "state +ok\n"), "%s", shown.out);
	goes_to(dir, &other);
	leave(tools, 5);
	fleet_stop(&loaded, dir);
	fleet_stop(&other, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(a_server_without_room_says_when_to_try_again_and_the_client_does)
{
	const char *dir = fleet_directory();
	struct server s, none = {0};
	struct program tool, p;
	struct run5 r = RUN5("/bin/true");

	fleet_start(&s, dir, ONE_AT_ONCE "server_max_pending = 0\n");
	occupy(&s, &tool, 1);
	run5_fails(&s, &r, SRPC_CLIENT_ERROR, "request denied: server too busy");
	ck_assert_int_eq(run5_number(&r, "retry_ms"), 100);
	run5_free(&r);

	p = script(&none, fleet_script(dir, "", "exec " AREA_RUN));
	program_start(&p);
	ck_assert(!program_wait(&p, 1));
	leave(&tool, 1);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	program_free(&p);
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

/* ---- another server --------------------------------------------------------------------------- */

/* A file for what a start_command writes. */
static const char *
diary(const char *dir)
{
	return (harness_text("%s/../diary", dir));
}

/* Short runs one after the other, until this is so. */
#define KEEP_ASKING(s, condition)                                                               \
	do {                                                                                    \
		struct run5 next_ = RUN5("/bin/true"), r_ = next_;                              \
		ck_assert_soon(                                                                 \
		    (run5_do((s), &r_), wait_ms(50), r_ = run5_next(&r_, next_), (condition))); \
		run5_free(&r_);                                                                 \
	} while (0)

START_TEST(wishes_are_acted_on_beside_the_requests_and_not_more_often_than_allowed)
{
	const char *dir = fleet_directory(), *go = harness_text("%s.go", diary(dir)), *text;
	long long at = 0, before = 0;
	struct server s;
	int served = 0, n = 0;

	fleet_start(&s, dir,
	    harness_text("loaded_at = 0\nstart_interval = 3\n"
			 "start_command = date +%%%%s%%%%N >>%s; "
			 "while ! test -e %s; do sleep 0.1; done; exit 1\n",
		diary(dir), go));
	/* As long as a command runs there are requests, and no other command. */
	KEEP_ASKING(&s, access(diary(dir), F_OK) == 0 && ++served == 5);
	ck_assert_soon(fleet_says_times(&s, "fleet: starting another server: ") == 1);
	fleet_make(go);
	KEEP_ASKING(&s, fleet_says_times(&s, "fleet: starting another server: ") == 3);
	ck_assert_soon(fleet_says_times(&s, "failed: exit status 1") == 3);
	for (text = fleet_text(diary(dir)); *text != '\0'; text += strcspn(text, "\n") + 1) {
		at = strtoll(text, NULL, 10);
		/* A command may be slow to say when it began. */
		ck_assert_msg(before == 0 || at - before >= 2000000000, "too soon: %s",
		    fleet_text(diary(dir)));
		before = at;
		n++;
	}
	ck_assert_int_eq(n, 3);
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(no_server_is_started_beyond_each_limit_which_the_log_names)
{
	static const struct {
		const char *lines, *words;
	} limits[] = {
	    {"start_load_limit = 0\n", "load"},
	    {"max_processes = 1\n", "max_processes = 1"},
	    {"max_servers = 2\n", "max_servers = 2"},
	};
	const char *dirs[LENGTH(limits)];
	struct server s[LENGTH(limits)], other;
	int64_t begin;
	double load;
	size_t i;

	for (i = 0; i < LENGTH(limits); i++) {
		dirs[i] = fleet_directory();
		fleet_start(&s[i], dirs[i],
		    harness_text("loaded_at = 0\nstart_interval = 1\n"
				 "start_command = echo started >>%s\n%s",
			diary(dirs[i]), limits[i].lines));
	}
	fleet_start(&other, dirs[2], "");
	/* Looking for it makes it so. */
	while (getloadavg(&load, 1) == 1 && load == 0)
		continue;
	for (i = 0; i < LENGTH(limits); i++) {
		KEEP_ASKING(&s[i], fleet_says(&s[i], "fleet: no other server is started: "));
		begin = harness_now();
		KEEP_ASKING(&s[i], harness_now() - begin >= 2200);
		ck_assert_int_eq(fleet_says_times(&s[i], "fleet: no other server is started: "), 1);
		server_logs(&s[i], limits[i].words);
		ck_assert_int_eq(access(diary(dirs[i]), F_OK), -1);
		fleet_stop(&s[i], dirs[i]);
	}
	fleet_stop(&other, dirs[2]);
	for (i = 0; i < LENGTH(limits); i++)
		fleet_end(dirs[i]);
}
END_TEST

/* ---- too many --------------------------------------------------------------------------------- */

START_TEST(a_starting_server_leaves_where_there_are_enough)
{
	const char *dir = fleet_directory(), *elsewhere = fleet_directory();
	struct server a, b, late, first, other;

	fleet_start(&a, dir, TWO);
	fleet_start(&b, dir, TWO);
	late = fleet_server(dir, TWO);
	server_start(&late);
	fleet_leaves(&late, dir, "fleet: leaving: enough others answer: 2 (max_servers = 2)");
	ck_assert_uint_eq(fleet_count(dir), 2);

	fleet_start(&first, elsewhere, "");
	other = fleet_server(elsewhere, "one_host = yes\nadvertise = localhost\n");
	server_start(&other);
	fleet_leaves(
	    &other, elsewhere, "fleet: leaving: the first server is on 127.0.0.1 (one_host = yes)");
	fleet_start(&other, elsewhere, "one_host = yes\n");
	fleet_stop(&other, elsewhere);

	fleet_stop(&first, elsewhere);
	fleet_stop(&a, dir);
	fleet_stop(&b, dir);
	fleet_end(dir);
	fleet_end(elsewhere);
}
END_TEST

/* ---- leaving ---------------------------------------------------------------------------------- */

static void
be_told_to_stop(struct server *s, const char *dir)
{
	(void)dir;
	ck_assert_int_eq(kill(server_pid(s), SIGTERM), 0);
}

static void
be_asked_to_stop(struct server *s, const char *dir)
{
	(void)dir;
	ck_assert_int_eq(script_run(s, "RunToolProbe --stop").status, 0);
}

static void
be_too_many(struct server *s, const char *dir)
{
	struct record r = *fleet_record(dir, server_pid(s)), other;

	other = neighbour(dir, 1, r.started - 1, NULL);
	ck_assert_soon((fleet_touch(dir, &other), wait_ms(200), !server_listens(s)));
	ck_assert_int_eq(unlink(fleet_path(dir, &other)), 0);
}

static void
lose_the_record(struct server *s, const char *dir)
{
	const char *path = fleet_path(dir, fleet_record(dir, server_pid(s)));

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_soon(access(path, F_OK) == 0);
	ck_assert_msg(!program_wait(&s->program, 0), "it left: %s", server_log(s));
	ck_assert_int_eq(unlink(path), 0);
}

static void
do_nothing(struct server *s, const char *dir)
{
	(void)s;
	(void)dir;
}

static const struct {
	void (*happen)(struct server *, const char *dir);
	const char *lines, *words;
	bool drains; /* what runs goes on */
} reasons[] = {
    {be_told_to_stop, "[Run_Tool]\ndrain_timeout = 60\n", "SIGTERM", true},
    {be_asked_to_stop, "", "fleet: leaving: ", true},
    {be_too_many, "max_servers = 1\n", "enough others started earlier: 1 (max_servers = 1)", true},
    {lose_the_record, "stale_after = 30\n", "our record vanished again", true},
    {do_nothing, "idle_timeout = 1\n", "idle for 1 s (idle_timeout)", false},
};

/* A tool that ends when it is told a word, which it says. */
static struct program
listener(const struct server *s, const char *fifo)
{
	struct program p = script(s, harness_text("mkfifo %s; exec runtool /bin/sh -c "
						  "'echo ready; read word; echo $word' <>%s",
					 fifo, fifo));

	program_start(&p);
	ck_assert_soon(strcmp(program_out(&p), "ready\n") == 0);
	return (p);
}

static void
tell(struct program *p, const char *fifo, const char *word)
{
	int fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	ck_assert_msg(fd != -1, "nobody listens: %s", program_err(p));
	dprintf(fd, "%s\n", word);
	close(fd);
	ck_assert(program_wait(p, HARNESS_PATIENCE));
	ck_assert_msg(p->status == 0, "%s", program_err(p));
	ck_assert_str_eq(program_out(p), harness_text("ready\n%s\n", word));
	program_free(p);
	unlink(fifo);
}

START_TEST(a_running_server_drains_and_leaves_for_each_reason)
{
	const char *dir = fleet_directory();
	const char *fifo = harness_in_root(harness_text("tmp/%s", harness_unique("fifo")));
	struct program tool;
	struct server s;

	fleet_start(&s, dir, reasons[_i].lines);
	if (reasons[_i].drains)
		tool = listener(&s, fifo);
	reasons[_i].happen(&s, dir);
	if (reasons[_i].drains) {
		ck_assert_soon(!server_listens(&s));
		ck_assert_ptr_null(fleet_record(dir, server_pid(&s)));
		tell(&tool, fifo, "finished");
	}
	fleet_leaves(&s, dir, reasons[_i].words);
	fleet_end(dir);
}
END_TEST

/* ---- what is told ----------------------------------------------------------------------------- */

START_TEST(versions_that_cannot_work_together_are_both_named)
{
	const char *dir = fleet_directory();
	struct shown shown;
	struct server s;

	/* Of version 4, which has no names for roots. */
	fleet_start(&s, dir, "[Run_Tool]\nmax_interface_version = 4\n");
	shown = script_run(&s, "exec runtool -r tests /bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, "version 4");
	ck_assert_contains(shown.err, "version 5");
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(calls_are_counted_and_timed)
{
	const char *dir = fleet_directory(), *at;
	double numbers[5];
	char *end;
	struct shown shown;
	struct server s;

	fleet_start(&s, dir, "");
	shown = script_run(&s, "runtool /bin/true; runtool /bin/sleep 0.3; RunToolProbe --ping; "
			       "exec RunToolProbe --stats");
	ck_assert_msg(shown.status == 0, "%s", shown.err);
	/* The total in seconds, the mean and the longest in ms. */
	ck_assert_msg(matches(shown.out, " run +2 +0 +[0-9.]+ +[0-9.]+ +[0-9.]+"), "%s", shown.out);
	at = strstr(shown.out, " run ") + strlen(" run ");
	for (size_t i = 0; i < LENGTH(numbers); i++, at = end)
		numbers[i] = strtod(at, &end);
	ck_assert_msg(numbers[2] >= 0.3 && numbers[2] < 60, "%s", shown.out);
	ck_assert_msg(numbers[4] >= 300 && numbers[4] < 60000, "%s", shown.out);
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

/* ---- all of it -------------------------------------------------------------------------------- */

/* Eight clients of an area without a server, each of which runs one thing after the other. */
START_TEST(a_fleet_grows_by_its_command_and_shrinks_when_idle)
{
	const char *dir = fleet_directory(), *go = harness_in_root("tmp/go");
	struct server none = {0};
	struct program load;

	fleet_make(go);
	load = script(&none,
	    fleet_script(dir,
		harness_text("max_servers = 3\nloaded_at = 1\nstart_interval = 1\n"
			     "start_load_limit = 1000\nidle_timeout = 3\n%s",
		    fleet_start_command(dir)),
		"for i in 1 2 3 4 5 6 7 8; do (while test -e $tmp/go; do "
		"runtool -a " FLEET_AREA " /bin/sleep 0.3 || echo failed; done) & done; wait"));
	program_start(&load);
	ck_assert_soon(fleet_count(dir) == 3);
	wait_ms(2000);
	ck_assert_uint_eq(fleet_count(dir), 3);
	ck_assert_int_eq(unlink(go), 0);
	ck_assert(program_wait(&load, HARNESS_PATIENCE));
	ck_assert_str_eq(program_out(&load), "");
	program_free(&load);
	ck_assert_soon(fleet_count(dir) == 0);
	/* The log may come after the record has gone. */
	ck_assert_soon(fleet_times(fleet_started_log(dir), "fleet: leaving: idle for 3 s") == 3);
	/* Two that were started at the same time may have been one too many. */
	ck_assert_soon(fleet_started(dir) == 3 + (size_t)fleet_times(fleet_started_log(dir),
						     "fleet: leaving: enough others "));
	fleet_end(dir);
}
END_TEST

Suite *
fleet_rules_suite(void)
{
	Suite *suite = suite_create("fleet_rules");
	TCase *tc = tcase_create("records");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_server_registers_in_a_file_that_says_who_it_is);
	tcase_add_test(tc, a_record_is_removed_when_its_server_is_silent_and_nothing_touched_it);
	tcase_add_test(tc, ahead_means_started_earlier_and_a_tie_goes_by_id);
	tcase_add_test(tc, a_ping_is_tried_again_and_a_wrong_id_is_a_warning_and_no_server);
	suite_add_tcase(suite, tc);

	tc = tcase_create("clients");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_client_takes_the_server_with_the_lowest_load);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_client_waits_while_the_lowest_load_is_too_high_and_then_goes_on);
	tcase_add_test(tc, a_loaded_server_still_serves_and_another_one_is_preferred);
	tcase_add_test(tc, a_server_without_room_says_when_to_try_again_and_the_client_does);
	suite_add_tcase(suite, tc);

	tc = tcase_create("servers");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_starting_server_leaves_where_there_are_enough);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, wishes_are_acted_on_beside_the_requests_and_not_more_often_than_allowed);
	tcase_add_test(tc, no_server_is_started_beyond_each_limit_which_the_log_names);
	tcase_add_loop_test(
	    tc, a_running_server_drains_and_leaves_for_each_reason, 0, LENGTH(reasons));
	tcase_add_test(tc, versions_that_cannot_work_together_are_both_named);
	tcase_add_test(tc, calls_are_counted_and_timed);
	tcase_add_test(tc, a_fleet_grows_by_its_command_and_shrinks_when_idle);
	suite_add_tcase(suite, tc);

	return (suite);
}
