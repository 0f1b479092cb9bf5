/* The pending queue: who comes next, who is refused, and that no request is lost or handed out
 * twice. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/runs/queue.h"
#include "server/runs/request.h"
#include "unit/suites.h"
#include "unit/thread.h"

#define LENGTH(a)    (sizeof(a) / sizeof((a)[0]))
#define MAX_REQUESTS 64
#define TEST_LIMIT   30 /* seconds for a test */

static struct request requests[MAX_REQUESTS];
static size_t made;
static struct queue *q;

/*
 * The next request; hosts are called by capital letters, and each connection has a port of its own.
 */
static struct request *
request_from(char host)
{
	struct request *r = &requests[made];
	char text[32];

	ck_assert_uint_lt(made++, MAX_REQUESTS);
	snprintf(text, sizeof(text), (host - 'A') % 2 == 0 ? "192.0.2.%d" : "2001:db8::%d", host);
	ck_assert_int_eq(addr_parse(text, &r->client), 0);
	addr_set_port(&r->client, (unsigned int)(30000 + made));
	r->id = (uint64_t)host;
	return (r);
}

static struct request *
push(char host)
{
	struct request *r = request_from(host);

	ck_assert_int_eq(queue_push(q, r), 0);
	return (r);
}

static void
refuse(char host, int error)
{
	errno = 0;
	ck_assert_int_eq(queue_push(q, request_from(host)), -1);
	ck_assert_int_eq(errno, error);
}

#define LOADED_AT 3

static void
start(unsigned int workers, unsigned int limit)
{
	made = 0;
	q = queue_new(workers, limit, LOADED_AT);
	ck_assert_ptr_nonnull(q);
}

/* Whatever still waits is taken out: queue_free() wants that. */
static void
finish(void)
{
	while (queue_flush(q) != NULL)
		;
	queue_free(q);
}

static void
load_is(unsigned int running, unsigned int waiting)
{
	struct queue_load load = queue_load(q);

	ck_assert_uint_eq(load.running, running);
	ck_assert_uint_eq(load.waiting, waiting);
}

/* ---- whose turn it is ---- */

/* A capital letter pushes a request of that host, a '-' pops one. */
static const struct {
	const char *steps;
	const char *popped; /* their hosts */
} turns[] = {
    {"A-", "A"},
    {"AAA---", "AAA"},
    {"AB--", "AB"},
    {"AABB----", "ABAB"},
    {"AAAAAAAB-----", "ABAAA"},
    {"AAABBC------", "ABCABA"},
    {"ABC-A-B-C---", "ABCABC"},
    {"AAA-BB----", "AABAB"},
    {"AB--AB--", "ABAB"},
    {"AAB--B-A--", "ABABA"},
};

START_TEST(hosts_take_turns_and_none_starves)
{
	const char *step, *host = turns[_i].popped;
	struct request *r;

	start(1, MAX_REQUESTS);
	for (step = turns[_i].steps; *step != '\0'; step++) {
		if (*step != '-') {
			push(*step);
			continue;
		}
		ck_assert_ptr_nonnull(r = queue_pop(q));
		ck_assert_msg(r->id == (uint64_t)*host, "got %c, not %s", (char)r->id, host);
		host++;
		queue_done(q);
	}
	finish();
}
END_TEST

START_TEST(a_hosts_requests_come_in_order_whatever_their_ports)
{
	size_t i;

	start(1, 20);
	for (i = 0; i < 10; i++)
		push('A');
	for (i = 0; i < 10; i++)
		ck_assert_ptr_eq(queue_pop(q), &requests[i]);
	finish();
}
END_TEST

START_TEST(a_thousandth_request_of_one_host_does_not_delay_another_hosts_first)
{
	struct request *lonely;
	size_t i;

	start(1, MAX_REQUESTS);
	for (i = 0; i < MAX_REQUESTS - 1; i++)
		push('A');
	lonely = push('B');
	queue_pop(q);
	ck_assert_ptr_eq(queue_pop(q), lonely);
	finish();
}
END_TEST

/* ---- how many there may be ---- */

static const struct {
	unsigned int workers, limit;
} limits[] = {{1, 0}, {1, 8}, {4, 0}, {2, 3}, {8, 1}};

/* However many of them the workers have taken already. */
START_TEST(beside_what_the_workers_serve_so_many_may_wait)
{
	const unsigned int workers = limits[_i].workers, all = workers + limits[_i].limit;
	unsigned int popped, i;

	for (popped = 0; popped <= workers; popped++) {
		start(workers, limits[_i].limit);
		for (i = 0; i < all; i++) {
			push((char)('A' + i % 3));
			if (i < popped)
				ck_assert_ptr_nonnull(queue_pop(q));
		}
		refuse('A', EAGAIN);
		refuse('Z', EAGAIN);
		load_is(workers, limits[_i].limit);
		finish();
	}
}
END_TEST

START_TEST(each_one_done_makes_room_for_one)
{
	struct request *r;

	start(2, 1);
	push('A');
	push('A');
	push('B');
	refuse('C', EAGAIN);
	queue_pop(q);
	refuse('C', EAGAIN);
	queue_done(q);
	r = push('C');
	refuse('C', EAGAIN);
	queue_pop(q);
	queue_pop(q);
	ck_assert_ptr_eq(queue_pop(q), r);
	finish();
}
END_TEST

START_TEST(a_refused_request_stays_the_callers)
{
	struct request *refused;

	start(1, 0);
	push('A');
	refused = request_from('A');
	ck_assert_int_eq(queue_push(q, refused), -1);
	ck_assert(!queue_remove(q, refused));
	ck_assert_ptr_eq(queue_pop(q), &requests[0]);
	ck_assert_ptr_null(queue_flush(q));
	finish();
}
END_TEST

/* With three workers and two who may wait. */
static const struct {
	unsigned int pushed, popped, done, running, waiting;
	bool loaded;
} loads[] = {
    {0, 0, 0, 0, 0, false},
    {1, 0, 0, 1, 0, false}, /* a free worker is about to take it */
    {1, 1, 0, 1, 0, false},
    {1, 1, 1, 0, 0, false},
    {3, 1, 0, 3, 0, false},
    {4, 0, 0, 3, 1, true},
    {5, 3, 0, 3, 2, true},
    {5, 3, 1, 3, 1, true},
    {5, 3, 3, 2, 0, false},
    {5, 5, 5, 0, 0, false},
};

START_TEST(the_load_counts_what_runs_and_what_waits)
{
	unsigned int i, popped = 0, done = 0;

	start(3, 2);
	for (i = 0; i < loads[_i].pushed; i++)
		push('A');
	for (; popped < loads[_i].popped; popped++)
		queue_pop(q);
	for (; done < loads[_i].done; done++)
		queue_done(q);
	load_is(loads[_i].running, loads[_i].waiting);
	ck_assert_int_eq(
	    queue_load(q).told.in_flight, (int)(loads[_i].running + loads[_i].waiting));
	ck_assert_int_eq(queue_load(q).told.loaded, loads[_i].loaded);
	finish();
}
END_TEST

/* ---- clients that go away ---- */

START_TEST(a_dead_clients_request_never_runs_and_leaves_its_room)
{
	struct request *first, *gone, *last;

	start(1, 2);
	first = push('A');
	gone = push('A');
	last = push('A');
	refuse('A', EAGAIN);
	ck_assert(queue_remove(q, gone));
	ck_assert(!queue_remove(q, gone));
	push('B');
	ck_assert_ptr_eq(queue_pop(q), first);
	ck_assert_uint_eq(queue_pop(q)->id, 'B');
	ck_assert_ptr_eq(queue_pop(q), last);
	ck_assert_ptr_null(queue_flush(q));
	finish();
}
END_TEST

START_TEST(what_a_worker_has_cannot_be_removed)
{
	struct request *r;

	start(1, 1);
	r = push('A');
	push('A');
	queue_pop(q);
	ck_assert(!queue_remove(q, r));
	load_is(1, 1);
	finish();
}
END_TEST

START_TEST(a_host_that_left_does_not_take_a_turn)
{
	struct request *gone;

	start(1, 8);
	push('A');
	gone = push('B');
	push('C');
	ck_assert(queue_remove(q, gone));
	ck_assert_uint_eq(queue_pop(q)->id, 'A');
	ck_assert_uint_eq(queue_pop(q)->id, 'C');
	finish();
}
END_TEST

/* ---- the end ---- */

START_TEST(a_closed_queue_refuses_but_hands_out_what_waits)
{
	start(1, 8);
	push('A');
	push('B');
	queue_close(q);
	ck_assert(queue_load(q).told.loaded);
	refuse('A', ESHUTDOWN);
	ck_assert_ptr_eq(queue_pop(q), &requests[0]);
	ck_assert_ptr_eq(queue_pop(q), &requests[1]);
	ck_assert_ptr_null(queue_pop(q));
	ck_assert_ptr_null(queue_pop(q));
	finish();
}
END_TEST

START_TEST(what_is_flushed_neither_runs_nor_waits)
{
	start(2, 8);
	push('A');
	push('A');
	push('B');
	queue_pop(q);
	queue_close(q);
	ck_assert_ptr_eq(queue_flush(q), &requests[2]);
	ck_assert_ptr_eq(queue_flush(q), &requests[1]);
	ck_assert_ptr_null(queue_flush(q));
	load_is(1, 0);
	queue_done(q);
	load_is(0, 0);
	ck_assert_ptr_null(queue_pop(q));
	finish();
}
END_TEST

static void *
pop_one(void *arg)
{
	(void)arg;
	return (queue_pop(q));
}

START_TEST(workers_wait_for_a_request_or_the_end)
{
	pthread_t threads[4];
	unsigned int served = 0;
	struct request *r;
	void *got;
	size_t i;

	start(LENGTH(threads), 0);
	for (i = 0; i < LENGTH(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, pop_one, NULL), 0);
	r = push('A');
	queue_close(q);
	for (i = 0; i < LENGTH(threads); i++) {
		ck_assert_int_eq(pthread_join(threads[i], &got), 0);
		ck_assert(got == NULL || got == r);
		served += got != NULL;
	}
	ck_assert_uint_eq(served, 1);
	finish();
}
END_TEST

/* ---- all at once ---- */

enum { WORKERS = 3, LIMIT = 5, CLIENTS = 4, EACH = 2000, REMOVE_EVERY = 3 };

struct client {
	pthread_t thread;
	struct request requests[EACH];
	atomic_int seen[EACH]; /* how often it was popped or removed */
	unsigned int removed;
};

static struct client *clients;
static sem_t room; /* the queue's, counted from outside: a push that it admits must not fail */
static atomic_uint serving;

static void *
be_worker(void *arg)
{
	struct request *r;

	(void)arg;
	while ((r = queue_pop(q)) != NULL) {
		thread_assert(atomic_fetch_add(&serving, 1) < WORKERS);
		atomic_fetch_add(&clients[r->run.root].seen[r->id], 1);
		atomic_fetch_sub(&serving, 1);
		queue_done(q);
		thread_assert(sem_post(&room) == 0);
	}
	return (NULL);
}

/* Pushes all its requests, and wants every third one back at once, which may come too late. */
static void *
be_client(void *arg)
{
	struct client *me = arg;
	struct queue_load load;
	struct request *r;
	uint32_t i;

	for (i = 0; i < EACH; i++) {
		r = &me->requests[i];
		r->id = i;
		r->run.root = (uint32_t)(me - clients);
		((struct sockaddr_in *)&r->client)->sin_family = AF_INET;
		((struct sockaddr_in *)&r->client)->sin_addr.s_addr = htonl(1 + r->run.root / 2);
		thread_assert(sem_wait(&room) == 0);
		thread_assert_int_eq(queue_push(q, r), 0);
		load = queue_load(q);
		thread_assert(load.running <= WORKERS);
		thread_assert(load.waiting <= LIMIT);
		if (i % REMOVE_EVERY != 0 || !queue_remove(q, r))
			continue;
		me->removed++;
		atomic_fetch_add(&me->seen[i], 1);
		thread_assert(sem_post(&room) == 0);
	}
	return (NULL);
}

START_TEST(under_stress_every_request_is_handed_out_once_and_the_limit_holds)
{
	pthread_t workers[WORKERS];
	size_t i, k;

	clients = calloc(CLIENTS, sizeof(*clients));
	ck_assert_ptr_nonnull(clients);
	start(WORKERS, LIMIT);
	ck_assert_int_eq(sem_init(&room, 0, WORKERS + LIMIT), 0);
	for (i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_create(&workers[i], NULL, be_worker, NULL), 0);
	for (i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(
		    pthread_create(&clients[i].thread, NULL, be_client, &clients[i]), 0);
	for (i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(pthread_join(clients[i].thread, NULL), 0);
	queue_close(q);
	for (i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_join(workers[i], NULL), 0);
	thread_verify();

	load_is(0, 0);
	for (i = 0; i < CLIENTS; i++)
		for (k = 0; k < EACH; k++)
			ck_assert_int_eq(atomic_load(&clients[i].seen[k]), 1);
	sem_destroy(&room);
	finish();
	free(clients);
}
END_TEST

Suite *
queue_suite(void)
{
	Suite *suite = suite_create("queue");
	TCase *tc = tcase_create("queue");

	tcase_set_timeout(tc, TEST_LIMIT);
	tcase_add_loop_test(tc, hosts_take_turns_and_none_starves, 0, (int)LENGTH(turns));
	tcase_add_test(tc, a_hosts_requests_come_in_order_whatever_their_ports);
	tcase_add_test(tc, a_thousandth_request_of_one_host_does_not_delay_another_hosts_first);
	tcase_add_loop_test(
	    tc, beside_what_the_workers_serve_so_many_may_wait, 0, (int)LENGTH(limits));
	tcase_add_test(tc, each_one_done_makes_room_for_one);
	tcase_add_test(tc, a_refused_request_stays_the_callers);
	tcase_add_loop_test(tc, the_load_counts_what_runs_and_what_waits, 0, (int)LENGTH(loads));
	tcase_add_test(tc, a_dead_clients_request_never_runs_and_leaves_its_room);
	tcase_add_test(tc, what_a_worker_has_cannot_be_removed);
	tcase_add_test(tc, a_host_that_left_does_not_take_a_turn);
	tcase_add_test(tc, a_closed_queue_refuses_but_hands_out_what_waits);
	tcase_add_test(tc, what_is_flushed_neither_runs_nor_waits);
	tcase_add_test(tc, workers_wait_for_a_request_or_the_end);
	tcase_add_test(tc, under_stress_every_request_is_handed_out_once_and_the_limit_holds);
	suite_add_tcase(suite, tc);
	return (suite);
}
