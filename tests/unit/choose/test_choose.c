/* choose: when a server is tried again that did not run the tool. */
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "client/choose/choose.h"
#include "unit/fake.h"
#include "unit/suites.h"

#define DELAY_MS 300

static struct endpoint server = {.host = "127.0.0.1"};
static const struct platform platform = {
    .name = "test", .negligible = 1000, .hosts = &server, .n_hosts = 1};
static struct choose *choose;
static int turn_ms;	  /* how long it was to wait for its turn there */
static int64_t failed_ms; /* how long it took to be asked, and to fail */
static _Atomic int asked;

static void
ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static const struct hooks hooks = {
    .connect = runtool_connect, .info = runtool_info, .close = runtool_close, .remark = ignore};

/* Nothing to do, on every connection. */
static void
tell_info(struct fake *f)
{
	char any[] = "any";
	const struct rpc_info info = {.sysname = any,
	    .release = any,
	    .version = any,
	    .machine = any,
	    .area = any,
	    .software = any,
	    .cpus = 1,
	    .max_tools = 4,
	    .unique = {1},
	    .interface = 5};
	struct buf b = {0};

	/* The first one is the test's own. */
	while (fake_again(f)) {
		fake_take_start(f, RPC5_INFO, RPC5_VERSION);
		fake_take(f, SRPC_CHARS_SEQ);
		fake_take(f, SRPC_CHARS_SEQ);
		fake_take(f, SRPC_END_CALL);
		asked++;
		rpc5_put_info(&b, &info);
		fake_reply(f, &b);
		fake_take_ack(f);
	}
}

static int
next(void)
{
	struct endpoint chosen;
	struct runtool_error err;
	int queue_ms;

	ck_assert_msg(choose_next(choose, &chosen, &queue_ms, &err) == 0, "%s", err.message);
	ck_assert_str_eq(chosen.port, server.port);
	return (queue_ms);
}

/* The time until the server is tried again, once it has been tried for so long and failed like this. */
static int64_t
try_again(int tried_ms, const struct runtool_error *why)
{
	struct runtool *c = fake_start(tell_info, LONG_MS);
	int64_t begin;

	snprintf(server.port, sizeof(server.port), "%s", fake.port);
	ck_assert_ptr_nonnull(choose = choose_new(&platform, NULL, LONG_MS, false, &hooks));
	begin = now_ms();
	turn_ms = next();
	ck_assert_int_lt(turn_ms, DELAY_MS);
	nanosleep(&(struct timespec){.tv_nsec = tried_ms * 1000000L}, NULL);
	choose_failed(choose, why);
	failed_ms = now_ms() - begin;
	begin = now_ms();
	next();
	begin = now_ms() - begin;
	choose_free(choose, NULL, NULL);
	fake_finish(c);
	return (begin);
}

START_TEST(a_server_without_room_is_left_alone_for_as_long_as_it_says)
{
	int64_t waited;

	/* If this process itself had to wait that long, it is as if our own patience had ended. */
	do
		waited =
		    try_again(0, &(struct runtool_error){.refused = true, .retry_ms = DELAY_MS});
	while (failed_ms >= turn_ms);
	ck_assert_int_ge(waited, DELAY_MS);
	ck_assert_int_gt(asked, 1);
}
END_TEST

/* It would tell us to stay away for long, since others wait there too. */
START_TEST(where_our_own_patience_ended_the_server_is_tried_again_soon)
{
	ck_assert_int_lt(
	    try_again(100, &(struct runtool_error){.refused = true, .retry_ms = 20 * LONG_MS}),
	    LONG_MS);
}
END_TEST

START_TEST(after_a_lost_run_all_are_asked_anew)
{
	try_again(0, &(struct runtool_error){.lost = true});
	ck_assert_int_eq(asked, 2);
}
END_TEST

Suite *
choose_suite(void)
{
	Suite *suite = suite_create("choose");
	TCase *tc = tcase_create("again");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_server_without_room_is_left_alone_for_as_long_as_it_says);
	tcase_add_test(tc, where_our_own_patience_ended_the_server_is_tried_again_soon);
	tcase_add_test(tc, after_a_lost_run_all_are_asked_anew);
	suite_add_tcase(suite, tc);
	return (suite);
}
