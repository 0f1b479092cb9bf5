/* The child killer: a client that goes away takes its tool along, and nobody else's. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/runs/killer.h"
#include "server/runs/queue.h"
#include "server/runs/request.h"
#include "lib/rpc5.h"
#include "unit/suites.h"

#define LENGTH(a)    (sizeof(a) / sizeof((a)[0]))
#define EVENT_MS     10000 /* for what has to happen */
#define GRACE_MS     1000  /* of the tests that wait for it */
#define LONG_GRACE   3600  /* seconds, of those that must not */
#define MAX_REQUESTS 8
#define TEST_LIMIT   30 /* seconds for a test */

/* A request with both ends of its client's connection, and of the line to its tool's keeper. */
struct job {
	struct request r;
	int client; /* the client's end; -1 once it is gone */
	int life, keeper;
};

static const char *command[] = {"/bin/true", NULL}; /* for the log */
static struct job jobs[MAX_REQUESTS];
static uint64_t njobs;
static struct queue *queue;
static struct killer *killer;

static struct request *dropped[MAX_REQUESTS];
static size_t ndropped;
static sem_t drops;

static void
take_dropped(struct request *r)
{
	dropped[ndropped++] = r;
	sem_post(&drops);
}

static void
await_drop(void)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += EVENT_MS / 1000;
	ck_assert_int_eq(sem_timedwait(&drops, &limit), 0);
}

static void
begin(int grace)
{
	ck_assert_int_eq(sem_init(&drops, 0, 0), 0);
	ck_assert_ptr_nonnull(queue = queue_new(1, MAX_REQUESTS, 20));
	ck_assert_ptr_nonnull(killer = killer_new(queue, grace, take_dropped));
}

static void
hang_up(struct job *j)
{
	close(j->client);
	j->client = -1;
}

/* As the server does it: forgotten first, closed then. */
static void
finish(void)
{
	struct job *j;

	for (j = jobs; j < jobs + njobs; j++) {
		killer_unregister(killer, &j->r);
		if (j->client != -1)
			close(j->client);
		close(j->r.fd);
		close(j->life);
		close(j->keeper);
	}
	killer_free(killer);
	queue_free(queue);
	sem_destroy(&drops);
}

/* ---- clients ---- */

/* Where a hang-up is seen in the order of what happens. */
static void
locally(int ends[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

static void
locally_and_gone(int ends[2])
{
	locally(ends);
	shutdown(ends[0], SHUT_RDWR);
}

static void
by_tcp(int ends[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	ck_assert_int_ne(listener, -1);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	ck_assert_int_ne(ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), -1);
	ck_assert_int_eq(connect(ends[0], (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_ne(ends[1] = accept(listener, NULL, NULL), -1);
	close(listener);
}

/* A request of a client that is connected, which waits. */
static struct job *
enqueue(void (*connected)(int ends[2]))
{
	struct job *j = &jobs[njobs];
	int ends[2];

	ck_assert_uint_lt(njobs, MAX_REQUESTS);
	connected(ends);
	j->client = ends[0];
	j->r.fd = ends[1];
	j->r.id = ++njobs;
	j->r.life = -1;
	j->r.run.argv = command;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	j->life = ends[0];
	j->keeper = ends[1];
	ck_assert_int_eq(killer_enqueue(killer, &j->r), 0);
	return (j);
}

/* One that a worker has taken. */
static struct job *
take(void (*connected)(int ends[2]))
{
	struct job *j = enqueue(connected);

	ck_assert(queue_remove(queue, &j->r));
	killer_taken(killer, &j->r);
	return (j);
}

/* One whose tool runs, kept by this process group. */
static struct job *
run_in(void (*connected)(int ends[2]), pid_t group)
{
	struct job *j = take(connected);

	ck_assert(killer_run_is_wanted(killer, &j->r));
	killer_started(killer, &j->r, j->life, group);
	return (j);
}

static struct job *
run(void (*connected)(int ends[2]))
{
	return (run_in(connected, 0));
}

/* ---- what keepers are told ---- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static void
told(const struct job *j, int sig)
{
	struct pollfd pfd = {.fd = j->keeper, .events = POLLIN};
	unsigned char byte[2];

	ck_assert_msg(poll(&pfd, 1, EVENT_MS) == 1, "job %d was told nothing", (int)j->r.id);
	ck_assert_int_eq(recv(j->keeper, byte, sizeof(byte), 0), 1);
	ck_assert_int_eq(byte[0], sig);
}

static void
told_to_end(const struct job *j)
{
	told(j, SIGTERM);
	told(j, SIGCONT);
}

/* And nothing is under way: call it when something later has happened. */
static void
not_told(const struct job *j)
{
	unsigned char byte;

	ck_assert_int_eq(recv(j->keeper, &byte, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

/* After this all that happened to clients before has been seen. */
static void
let_killer_catch_up(void)
{
	struct job *j = run(locally);

	hang_up(j);
	told_to_end(j);
}

/* ---- running requests ---- */

static void
close_it(struct job *j)
{
	hang_up(j);
}

static void
half_close_it(struct job *j)
{
	ck_assert_int_eq(shutdown(j->client, SHUT_WR), 0);
}

static void
reset_it(struct job *j)
{
	struct linger linger = {.l_onoff = 1};

	ck_assert_int_eq(setsockopt(j->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	hang_up(j);
}

/* A client may have sent its next call before it goes. */
static void
send_and_close_it(struct job *j)
{
	ck_assert_int_eq(send(j->client, "x", 1, MSG_NOSIGNAL), 1);
	hang_up(j);
}

static void (*const ways[])(struct job *) = {close_it, half_close_it, reset_it, send_and_close_it};

START_TEST(a_tool_whose_client_goes_away_is_told_to_end_and_killed_after_the_grace)
{
	int64_t start, term;
	struct job *j;

	begin(GRACE_MS / 1000);
	j = run(by_tcp);
	start = now_ms();
	ways[_i](j);
	told_to_end(j);
	term = now_ms();
	told(j, SIGKILL);
	ck_assert_int_ge(now_ms() - start, GRACE_MS);
	ck_assert_int_lt(now_ms() - term, EVENT_MS);
	killer_unregister(killer, &j->r);
	not_told(j);
	ck_assert(j->r.gone);
	ck_assert_int_eq(j->r.end, END_CLIENT_GONE);
	finish();
}
END_TEST

START_TEST(without_grace_it_is_killed_at_once)
{
	struct job *j;

	begin(0);
	j = run(locally);
	hang_up(j);
	told(j, SIGKILL);
	killer_unregister(killer, &j->r);
	not_told(j);
	finish();
}
END_TEST

START_TEST(each_tool_has_its_own_grace)
{
	struct job *first, *second;

	begin(GRACE_MS / 1000);
	first = run(locally);
	second = run(locally);
	hang_up(second);
	told_to_end(second);
	not_told(first);
	told(second, SIGKILL);
	hang_up(first);
	told_to_end(first);
	not_told(first);
	told(first, SIGKILL);
	finish();
}
END_TEST

START_TEST(a_client_that_sends_more_is_not_gone)
{
	struct job *j;

	begin(LONG_GRACE);
	j = run(locally);
	ck_assert_int_eq(send(j->client, "pipelined", 9, MSG_NOSIGNAL), 9);
	let_killer_catch_up();
	not_told(j);
	ck_assert(killer_run_is_wanted(killer, &j->r));
	finish();
}
END_TEST

/* ---- keepers that do not obey ---- */

/* A process group of its own, which does nothing. */
static pid_t
keeper(void)
{
	pid_t parent = getpid(), pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(setpgid(pid, pid), 0);
	return (pid);
}

static void
killed(pid_t pid)
{
	siginfo_t info;
	int64_t end;

	for (end = now_ms() + EVENT_MS; now_ms() < end; poll(NULL, 0, 10)) {
		info = (siginfo_t){0};
		ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
		if (info.si_pid != pid)
			continue;
		ck_assert_int_eq(info.si_code, CLD_KILLED);
		ck_assert_int_eq(info.si_status, SIGKILL);
		return;
	}
	ck_abort_msg("the keeper lives on");
}

/* As killed(), and the log says why. */
static void
killed_with_a_word(pid_t pid)
{
	int before = dup(STDERR_FILENO), file = memfd_create("log", MFD_CLOEXEC);
	char text[256] = "";
	int64_t end;

	ck_assert(before != -1 && file != -1 && dup2(file, STDERR_FILENO) != -1);
	killed(pid);
	/* It is killed first, and logged then. */
	for (end = now_ms() + EVENT_MS; now_ms() < end; poll(NULL, 0, 10))
		if (pread(file, text, sizeof(text) - 1, 0) > 0)
			break;
	ck_assert_int_ne(dup2(before, STDERR_FILENO), -1);
	ck_assert_ptr_nonnull(strstr(text, "its keeper does not answer"));
	close(before);
	close(file);
}

/* The one that obeys was told before the other. */
START_TEST(a_keeper_that_does_not_obey_is_killed_and_one_that_does_is_not)
{
	pid_t good = keeper(), bad = keeper();
	struct job *obeys, *stuck;

	begin(0);
	obeys = run_in(locally, good);
	stuck = run_in(locally, bad);
	hang_up(obeys);
	told(obeys, SIGKILL);
	killer_unregister(killer, &obeys->r);
	hang_up(stuck);
	told(stuck, SIGKILL);
	ck_assert_int_eq(waitpid(bad, NULL, WNOHANG), 0);
	killed_with_a_word(bad);
	killer_unregister(killer, &stuck->r);
	ck_assert_int_eq(waitpid(good, NULL, WNOHANG), 0);
	not_told(obeys);
	ck_assert_int_eq(kill(good, SIGKILL), 0);
	killed(good);
	finish();
}
END_TEST

/* Group 0 would be this process's own. */
START_TEST(a_keeper_that_is_not_known_is_told_again_and_nobody_is_killed)
{
	struct job *j;

	begin(0);
	j = run_in(locally, 0);
	hang_up(j);
	told(j, SIGKILL);
	told(j, SIGKILL);
	killer_unregister(killer, &j->r);
	not_told(j);
	finish();
}
END_TEST

/* ---- requests that have not started ---- */

START_TEST(a_waiting_request_of_a_client_that_goes_away_is_dropped)
{
	struct job *gone, *other;

	begin(LONG_GRACE);
	gone = enqueue(by_tcp);
	other = enqueue(locally);
	ways[_i](gone);
	await_drop();
	ck_assert_uint_eq(ndropped, 1);
	ck_assert_ptr_eq(dropped[0], &gone->r);
	ck_assert(gone->r.gone);
	ck_assert_int_eq(gone->r.end, END_CLIENT_GONE);
	ck_assert_ptr_eq(queue_flush(queue), &other->r);
	ck_assert_ptr_null(queue_flush(queue));
	not_told(gone);
	finish();
}
END_TEST

/* It is neither waiting nor running: a worker connects its relays, say. */
START_TEST(a_request_whose_client_goes_away_before_it_starts_may_not_start)
{
	struct job *j;

	begin(LONG_GRACE);
	j = take(locally);
	ck_assert(killer_run_is_wanted(killer, &j->r));
	hang_up(j);
	let_killer_catch_up();
	ck_assert(!killer_run_is_wanted(killer, &j->r));
	ck_assert_uint_eq(ndropped, 0);
	ck_assert_int_eq(killer_unregister(killer, &j->r), END_CLIENT_GONE);
	finish();
}
END_TEST

/* Each time it is asked, what was true by then. */
START_TEST(why_a_tool_was_told_to_end_and_why_nobody_waits_are_two_things)
{
	struct job *well, *left, *late, *ending;

	begin(LONG_GRACE);
	well = run(locally);
	left = run(locally);
	late = run(locally);
	ending = run(locally);
	hang_up(left);
	told_to_end(left);
	ck_assert_int_eq(killer_ended(killer, &left->r), END_CLIENT_GONE);
	ck_assert_int_eq(killer_unregister(killer, &left->r), END_CLIENT_GONE);
	/* It goes when its tool has ended already. */
	ck_assert_int_eq(killer_ended(killer, &late->r), END_NOT);
	hang_up(late);
	let_killer_catch_up();
	ck_assert_int_eq(killer_unregister(killer, &late->r), END_CLIENT_GONE);
	ck_assert_int_eq(killer_ended(killer, &well->r), END_NOT);
	ck_assert_int_eq(killer_unregister(killer, &well->r), END_NOT);
	killer_end_all(killer, false);
	ck_assert_int_eq(killer_ended(killer, &ending->r), END_SHUTDOWN);
	ck_assert_int_eq(killer_unregister(killer, &ending->r), END_SHUTDOWN);
	finish();
}
END_TEST

START_TEST(a_tool_that_starts_though_its_client_is_gone_is_told_at_once)
{
	struct job *j;

	begin(GRACE_MS / 1000);
	j = take(locally);
	hang_up(j);
	let_killer_catch_up();
	killer_started(killer, &j->r, j->life, 0);
	told_to_end(j);
	told(j, SIGKILL);
	finish();
}
END_TEST

/* It must not wait for a turn that nobody wants. */
START_TEST(a_request_whose_client_is_gone_before_it_is_queued_is_dropped)
{
	struct job *j;
	int i;

	begin(LONG_GRACE);
	for (i = 0; i < MAX_REQUESTS; i++) {
		j = enqueue(locally_and_gone);
		await_drop();
		ck_assert_ptr_eq(dropped[i], &j->r);
		ck_assert(j->r.gone);
		ck_assert(!queue_remove(queue, &j->r));
	}
	finish();
}
END_TEST

START_TEST(a_request_that_the_queue_does_not_take_is_not_watched)
{
	struct request refused = {.id = UINT64_MAX, .life = -1};
	int ends[2];

	begin(LONG_GRACE);
	queue_close(queue);
	locally(ends);
	refused.fd = ends[1];
	ck_assert_int_eq(killer_enqueue(killer, &refused), -1);
	ck_assert_int_eq(errno, ESHUTDOWN);
	ck_assert(!refused.has_killer);
	close(ends[0]);
	close(ends[1]);
	finish();
}
END_TEST

/* ---- requests that are over ---- */

START_TEST(a_forgotten_request_is_not_told_whatever_its_client_does)
{
	struct job *j;

	begin(LONG_GRACE);
	j = run(locally);
	killer_unregister(killer, &j->r);
	hang_up(j);
	let_killer_catch_up();
	not_told(j);
	ck_assert_int_eq(j->r.end, END_NOT);
	killer_end_all(killer, true);
	not_told(j);
	finish();
}
END_TEST

START_TEST(a_tool_that_ends_within_its_grace_is_not_killed)
{
	struct job *ended, *later;

	begin(GRACE_MS / 1000);
	ended = run(locally);
	later = run(locally);
	hang_up(ended);
	told_to_end(ended);
	killer_unregister(killer, &ended->r);
	hang_up(later);
	told_to_end(later);
	told(later, SIGKILL);
	not_told(ended);
	finish();
}
END_TEST

START_TEST(a_keeper_that_is_gone_does_no_harm)
{
	struct job *j;

	begin(GRACE_MS / 1000);
	j = run(locally);
	close(j->keeper);
	j->keeper = -1;
	hang_up(j);
	let_killer_catch_up();
	finish();
}
END_TEST

/* ---- the server's end ---- */

static const struct {
	int grace;
	bool at_once;
} endings[] = {
    {GRACE_MS / 1000, false},
    {LONG_GRACE, true},
    {0, false},
};

START_TEST(when_the_server_ends_every_tool_is_told)
{
	bool kill = endings[_i].at_once || endings[_i].grace == 0;
	struct job *running[3];
	int64_t start;
	size_t i;

	begin(endings[_i].grace);
	for (i = 0; i < LENGTH(running); i++)
		running[i] = run(locally);
	start = now_ms();
	killer_end_all(killer, endings[_i].at_once);
	for (i = 0; i < LENGTH(running) && !kill; i++)
		told_to_end(running[i]);
	for (i = 0; i < LENGTH(running); i++)
		told(running[i], SIGKILL);
	ck_assert(kill || now_ms() - start >= GRACE_MS);
	for (i = 0; i < LENGTH(running); i++) {
		killer_unregister(killer, &running[i]->r);
		not_told(running[i]);
		ck_assert_int_eq(running[i]->r.end, END_SHUTDOWN);
		ck_assert(!running[i]->r.gone);
	}
	finish();
}
END_TEST

START_TEST(a_second_order_to_end_does_not_wait_for_the_grace)
{
	struct job *j;

	begin(LONG_GRACE);
	j = run(locally);
	killer_end_all(killer, false);
	told_to_end(j);
	killer_end_all(killer, false);
	not_told(j);
	killer_end_all(killer, true);
	told(j, SIGKILL);
	finish();
}
END_TEST

START_TEST(once_the_server_ends_nothing_starts_and_what_was_starting_ends)
{
	struct job *waiting, *starting;

	begin(LONG_GRACE);
	waiting = enqueue(locally);
	starting = take(locally);
	ck_assert(killer_run_is_wanted(killer, &starting->r));
	killer_end_all(killer, false);
	ck_assert(!killer_run_is_wanted(killer, &waiting->r));
	killer_started(killer, &starting->r, starting->life, 0);
	told_to_end(starting);
	ck_assert_int_eq(waiting->r.end, END_SHUTDOWN);
	ck_assert_int_eq(starting->r.end, END_SHUTDOWN);
	waiting = enqueue(locally);
	ck_assert(!killer_run_is_wanted(killer, &waiting->r));
	finish();
}
END_TEST

/* Its client waits for the output; that must not hold up the server's end. */
START_TEST(output_of_a_tool_at_its_time_limit_is_wanted_until_the_server_ends)
{
	struct job *j = &jobs[njobs];

	begin(LONG_GRACE);
	j->r.run.time_limit_ms = 1;
	run(locally);
	told_to_end(j);
	ck_assert_int_eq(killer_ended(killer, &j->r), END_TIME_LIMIT);
	ck_assert(killer_run_is_wanted(killer, &j->r));
	killer_end_all(killer, false);
	ck_assert(!killer_run_is_wanted(killer, &j->r));
	ck_assert_int_eq(killer_unregister(killer, &j->r), END_SHUTDOWN);
	finish();
}
END_TEST

START_TEST(the_first_reason_to_end_is_the_one_that_is_told)
{
	struct job *j;

	begin(LONG_GRACE);
	j = run(locally);
	hang_up(j);
	told_to_end(j);
	killer_end_all(killer, true);
	told(j, SIGKILL);
	killer_unregister(killer, &j->r);
	ck_assert_int_eq(j->r.end, END_CLIENT_GONE);
	finish();
}
END_TEST

/* ---- requests that are rather refused than wait ---- */

static const char *late_argv[] = {"/bin/true", NULL};

static struct job *
wait_at_most(int ms)
{
	struct job *j = &jobs[njobs];

	j->r.version = RPC5_VERSION;
	j->r.run.queue_ms = ms;
	j->r.run.keep_alive_ms = RPC5_DEFAULT_KEEP_ALIVE;
	j->r.run.argv = late_argv;
	return (enqueue(locally));
}

START_TEST(a_request_whose_turn_has_not_come_in_time_is_refused)
{
	struct job *patient, *j;
	int64_t start;

	begin(LONG_GRACE);
	patient = wait_at_most(0);
	start = now_ms();
	j = wait_at_most(100);
	await_drop();
	ck_assert_int_ge(now_ms() - start, 100);
	ck_assert_ptr_eq(dropped[0], &j->r);
	ck_assert_uint_gt(j->r.reply.len, 0);
	ck_assert(!j->r.gone);
	ck_assert(!queue_remove(queue, &j->r));
	ck_assert(queue_remove(queue, &patient->r));
	ck_assert_uint_eq(ndropped, 1);
	buf_free(&j->r.reply);
	finish();
}
END_TEST

/* However late it is: here nobody has a processor left for the worker, say. */
START_TEST(a_request_that_a_free_worker_is_about_to_take_is_not_refused)
{
	struct job *first, *second, *j;
	int64_t start;

	begin(LONG_GRACE);
	first = run(locally);
	second = run(locally);
	j = wait_at_most(1);
	start = now_ms();
	while (now_ms() < start + 10)
		sched_yield();
	/* The killer looks at what is due before each of these. */
	hang_up(first);
	told_to_end(first);
	hang_up(second);
	told_to_end(second);
	ck_assert_uint_eq(ndropped, 0);
	ck_assert_ptr_eq(queue_pop(queue), &j->r);
	killer_taken(killer, &j->r);
	queue_done(queue);
	finish();
}
END_TEST

START_TEST(a_request_whose_turn_has_come_is_not_refused)
{
	struct job *j, *later;

	begin(LONG_GRACE);
	j = wait_at_most(1000);
	ck_assert_ptr_eq(queue_pop(queue), &j->r);
	later = wait_at_most(1100);
	await_drop();
	ck_assert_ptr_eq(dropped[0], &later->r);
	ck_assert(killer_run_is_wanted(killer, &j->r));
	ck_assert_uint_eq(j->r.reply.len, 0);
	queue_done(queue);
	buf_free(&later->r.reply);
	finish();
}
END_TEST

Suite *
killer_suite(void)
{
	Suite *suite = suite_create("killer");
	TCase *tc = tcase_create("killer");

	tcase_set_timeout(tc, TEST_LIMIT);
	tcase_add_loop_test(tc,
	    a_tool_whose_client_goes_away_is_told_to_end_and_killed_after_the_grace, 0,
	    (int)LENGTH(ways));
	tcase_add_test(tc, without_grace_it_is_killed_at_once);
	tcase_add_test(tc, each_tool_has_its_own_grace);
	tcase_add_test(tc, a_client_that_sends_more_is_not_gone);
	tcase_add_test(tc, a_keeper_that_does_not_obey_is_killed_and_one_that_does_is_not);
	tcase_add_test(tc, a_keeper_that_is_not_known_is_told_again_and_nobody_is_killed);
	tcase_add_loop_test(
	    tc, a_waiting_request_of_a_client_that_goes_away_is_dropped, 0, (int)LENGTH(ways));
	tcase_add_test(tc, a_request_whose_client_goes_away_before_it_starts_may_not_start);
	tcase_add_test(tc, why_a_tool_was_told_to_end_and_why_nobody_waits_are_two_things);
	tcase_add_test(tc, a_tool_that_starts_though_its_client_is_gone_is_told_at_once);
	tcase_add_test(tc, a_request_whose_client_is_gone_before_it_is_queued_is_dropped);
	tcase_add_test(tc, a_request_that_the_queue_does_not_take_is_not_watched);
	tcase_add_test(tc, a_forgotten_request_is_not_told_whatever_its_client_does);
	tcase_add_test(tc, a_tool_that_ends_within_its_grace_is_not_killed);
	tcase_add_test(tc, a_keeper_that_is_gone_does_no_harm);
	tcase_add_loop_test(tc, when_the_server_ends_every_tool_is_told, 0, (int)LENGTH(endings));
	tcase_add_test(tc, a_second_order_to_end_does_not_wait_for_the_grace);
	tcase_add_test(tc, once_the_server_ends_nothing_starts_and_what_was_starting_ends);
	tcase_add_test(tc, output_of_a_tool_at_its_time_limit_is_wanted_until_the_server_ends);
	tcase_add_test(tc, the_first_reason_to_end_is_the_one_that_is_told);
	tcase_add_test(tc, a_request_whose_turn_has_not_come_in_time_is_refused);
	tcase_add_test(tc, a_request_that_a_free_worker_is_about_to_take_is_not_refused);
	tcase_add_test(tc, a_request_whose_turn_has_come_is_not_refused);
	suite_add_tcase(suite, tc);
	return (suite);
}
