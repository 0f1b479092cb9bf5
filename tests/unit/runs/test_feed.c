/* A tool's input: what of it the tool has read, whoever ended it. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/runs/feed.h"
#include "unit/suites.h"

static struct feed feed;
static int tools_end;

static void
open_feed(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_ne(fcntl(ends[1], F_SETFL, O_NONBLOCK), -1);
	feed_init(&feed);
	feed.pipe = ends[1];
	tools_end = ends[0];
	ck_assert_uint_eq(feed_invite(&feed), FEED_WINDOW);
}

static void
send_input(size_t len)
{
	struct srpc_item item = {.code = SRPC_BYTES, .length = len};
	struct srpc_error err;
	char *bytes = calloc(1, len + 1);

	ck_assert_ptr_nonnull(bytes);
	item.bytes = (const uint8_t *)bytes;
	ck_assert_int_eq(feed_take_input(&feed, &item, &err), 0);
	if (feed_has_input(&feed))
		feed_write(&feed);
	free(bytes);
}

static void
read_input(size_t len)
{
	char buf[4096];

	ck_assert_uint_le(len, sizeof(buf));
	ck_assert_int_eq(read(tools_end, buf, len), (ssize_t)len);
}

/* The tool and the server are at their ends. */
static void
close_feed(void)
{
	close(tools_end);
	feed_close(&feed);
	ck_assert_int_eq(feed.rest, -1);
}

START_TEST(without_input_nothing_is_known)
{
	feed_init(&feed);
	feed_tool_ended(&feed);
	ck_assert_int_eq(feed_was_read(&feed), -1);
	feed_close(&feed);
}
END_TEST

/* The client ends it, or does not; the tool reads nothing, a part, or all. */
START_TEST(what_the_tool_has_read_is_told)
{
	static const size_t parts[] = {0, 1, 700, 1000};
	size_t i;
	int ends;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (ends = 0; ends < 2; ends++) {
			open_feed();
			send_input(600);
			send_input(400);
			if (ends)
				send_input(0);
			ck_assert_int_eq(feed.pipe == -1, ends);
			if (parts[i] > 0)
				read_input(parts[i]);
			feed_tool_ended(&feed);
			ck_assert_int_eq(feed_was_read(&feed), (int64_t)parts[i]);
			close_feed();
		}
	}
}
END_TEST

START_TEST(what_the_pipe_did_not_take_was_not_read)
{
	open_feed();
	send_input(FEED_WINDOW);
	ck_assert(feed_has_input(&feed));
	read_input(10);
	feed_tool_ended(&feed);
	ck_assert(!feed_has_input(&feed));
	ck_assert_int_eq(feed_was_read(&feed), 10);
	close_feed();
}
END_TEST

/* It is seen by a failed write, or by poll(2). What comes later is dropped. */
START_TEST(a_tool_that_closes_its_input_has_read_what_it_has)
{
	open_feed();
	send_input(100);
	read_input(30);
	close(tools_end);
	signal(SIGPIPE, SIG_IGN);
	if (_i == 0)
		send_input(100);
	else
		feed_end_input(&feed);
	ck_assert_int_eq(feed.pipe, -1);
	send_input(100);
	send_input(0);
	feed_tool_ended(&feed);
	ck_assert_int_eq(feed_was_read(&feed), 30);
	tools_end = -1;
	close_feed();
}
END_TEST

/* Somebody who holds the pipe goes on after the tool's end: it counts until the last has gone. */
START_TEST(it_is_told_as_it_is_when_it_is_asked_for)
{
	open_feed();
	send_input(100);
	feed_tool_ended(&feed);
	read_input(60);
	ck_assert_int_eq(feed_was_read(&feed), 60);
	read_input(40);
	/* There is nobody who could write. */
	ck_assert_int_eq(read(tools_end, &(char){0}, 1), 0);
	ck_assert_int_eq(feed_was_read(&feed), 100);
	close_feed();
	ck_assert_int_eq(feed_was_read(&feed), -1);
}
END_TEST

Suite *
feed_suite(void)
{
	Suite *suite = suite_create("feed");
	TCase *tc = tcase_create("read");

	tcase_add_test(tc, without_input_nothing_is_known);
	tcase_add_test(tc, what_the_tool_has_read_is_told);
	tcase_add_test(tc, what_the_pipe_did_not_take_was_not_read);
	tcase_add_loop_test(tc, a_tool_that_closes_its_input_has_read_what_it_has, 0, 2);
	tcase_add_test(tc, it_is_told_as_it_is_when_it_is_asked_for);
	suite_add_tcase(suite, tc);
	return (suite);
}
