/* Descriptors for which the system has no watch: they are polled, and watched as soon as it has. */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/fault.h"
#include "server/front/watch.h"
#include "unit/suites.h"

#define UNWATCHED 200 /* descriptors from this one on find no watch */
#define WATCHED	  100
#define ROUNDS	  300 /* of 100 ms, to bound hanging */

static int bytes; /* that were seen */

static void
take_byte(struct watch *w, uint32_t events)
{
	char byte;

	(void)events;
	bytes += (int)read(w->fd, &byte, 1);
}

static void
see_byte(struct watcher *w, int pipe)
{
	int before = bytes, rounds;

	ck_assert_int_eq(write(pipe, "x", 1), 1);
	for (rounds = 0; bytes == before && rounds < ROUNDS; rounds++)
		watcher_wait(w, 100);
	ck_assert_int_eq(bytes, before + 1);
}

START_TEST(what_finds_no_watch_is_polled_until_there_is_one)
{
	struct watch watch = {.fd = UNWATCHED, .ready = take_byte};
	struct watcher w;
	int ends[2], rounds;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[0], UNWATCHED), UNWATCHED);
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(fault_no_watch(UNWATCHED), 0);
	ck_assert_int_eq(watcher_open(&w), 0);
	ck_assert_int_eq(watch_begin(&w, &watch, EPOLLIN), 0);
	ck_assert_uint_eq(w.npolled, 1);
	see_byte(&w, ends[1]);

	/* There are watches again. */
	ck_assert_int_eq(dup2(ends[0], WATCHED), WATCHED);
	watch.fd = WATCHED;
	for (rounds = 0; w.npolled > 0 && rounds < ROUNDS; rounds++)
		watcher_wait(&w, 100);
	ck_assert_uint_eq(w.npolled, 0);
	see_byte(&w, ends[1]);
	watch_end(&w, &watch);
	watcher_close(&w);
	close(ends[0]);
	close(ends[1]);
	close(UNWATCHED);
	close(WATCHED);
}
END_TEST

Suite *
watch_suite(void)
{
	Suite *suite = suite_create("watch");
	TCase *tc = tcase_create("watch");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_finds_no_watch_is_polled_until_there_is_one);
	suite_add_tcase(suite, tc);
	return (suite);
}
