/* ask: whose answers are waited for. A wait in vain ends with the test's time. */
#include <semaphore.h>
#include <stdatomic.h>

#include "client/choose/ask.h"
#include "unit/fake.h"
#include "unit/suites.h"

#define GRACE_MS 10

struct one {
	struct asked asked;
	sem_t answers; /* as often as it does at all */
	bool useful;
};

/* Static: threads that wait for an answer stay. */
static struct one first, second;
static struct ask_group group;
static struct asked *const both[] = {&first.asked, &second.asked};

static bool
ask(void *what)
{
	struct one *o = what;

	sem_wait(&o->answers);
	return (o->useful);
}

static void
begin(void)
{
	ck_assert_int_eq(ask_group_init(&group), 0);
}

static void
prepare(struct one *o, unsigned int answers, bool useful)
{
	o->asked = (struct asked){.ask = ask, .what = o};
	o->useful = useful;
	ck_assert_int_eq(sem_init(&o->answers, 0, answers), 0);
}

START_TEST(one_that_hangs_is_not_waited_for_where_there_is_another)
{
	prepare(&first, 0, true);
	prepare(&second, 1, true);
	ck_assert(ask_all(&group, both, 2, GRACE_MS));
	ck_assert(!ask_is_over(&first.asked));
	ck_assert(ask_is_over(&second.asked));
}
END_TEST

START_TEST(to_look_for_one_that_came_is_not_to_wait_for_one_that_hangs)
{
	prepare(&first, 1, false);
	ck_assert(!ask_all(&group, both, 1, GRACE_MS));
	ck_assert(!ask_new(&group, both, 1, GRACE_MS));
	ck_assert(!ask_is_over(&first.asked));
	prepare(&second, 1, true);
	ck_assert(ask_new(&group, both, 2, GRACE_MS));
}
END_TEST

START_TEST(one_that_hung_may_be_the_one_that_came)
{
	prepare(&first, 1, false);
	ck_assert(!ask_all(&group, both, 1, GRACE_MS));
	ck_assert(!ask_new(&group, both, 1, GRACE_MS));
	first.useful = true;
	ck_assert_int_eq(sem_post(&first.answers), 0);
	ck_assert_int_eq(sem_post(&first.answers), 0);
	while (!ask_new(&group, both, 1, GRACE_MS))
		;
}
END_TEST

static _Atomic int gone;

static void
note_gone(void *arg)
{
	*(_Atomic int *)arg = 1;
}

START_TEST(the_last_one_that_asks_lets_the_group_go)
{
	group.gone = note_gone;
	group.arg = &gone;
	prepare(&first, 0, true);
	prepare(&second, 1, true);
	ck_assert(ask_all(&group, both, 2, GRACE_MS));
	ask_group_release(&group);
	ck_assert_int_eq(gone, 0);
	ck_assert_int_eq(sem_post(&first.answers), 0);
	while (gone == 0)
		;
}
END_TEST

static bool
give_up(void *arg, int fd, int ms)
{
	(void)arg;
	(void)fd;
	(void)ms;
	return (false);
}

START_TEST(nobody_is_waited_for_where_there_is_no_use_in_it)
{
	group.wait = give_up;
	prepare(&first, 0, true);
	ck_assert(!ask_all(&group, both, 1, GRACE_MS));
	ck_assert(!ask_is_over(&first.asked));
}
END_TEST

Suite *
ask_suite(void)
{
	Suite *suite = suite_create("ask");
	TCase *tc = tcase_create("waiting");

	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, one_that_hangs_is_not_waited_for_where_there_is_another);
	tcase_add_test(tc, to_look_for_one_that_came_is_not_to_wait_for_one_that_hangs);
	tcase_add_test(tc, one_that_hung_may_be_the_one_that_came);
	tcase_add_test(tc, the_last_one_that_asks_lets_the_group_go);
	tcase_add_test(tc, nobody_is_waited_for_where_there_is_no_use_in_it);
	suite_add_tcase(suite, tc);
	return (suite);
}
