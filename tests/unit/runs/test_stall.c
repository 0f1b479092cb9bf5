/* Slots that stay held while requests wait: said once for each time, and with the oldest runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "lib/log.h"
#include "server/runs/stall.h"
#include "unit/suites.h"

#define LENGTH(a)    (sizeof(a) / sizeof((a)[0]))
#define MAX_REQUESTS 16
#define START	     INT64_C(1000)

/* ---- when ---- */

/*
 * Looks, each at a second: how many waited, how many turns there had been. A look that must say
 * something has a `!` behind it.
 */
static const struct {
	const char *looks;
} courses[] = {
    {"0:1,4 5:1,4 59:1,4 60:1,4! 61:1,4 600:9,4"},
    {"0:1,4 60:7,4!"},
    {"0:1,4 90:1,4! 180:1,4"},
    /* Nothing waits. */
    {"0:0,4 60:0,4 120:0,4 180:1,4 239:1,4 240:1,4!"},
    {"0:1,4 59:0,4 60:1,4 119:1,4 120:1,4!"},
    /* A slot came free. */
    {"0:1,4 59:1,5 60:1,5 118:1,5 119:1,5!"},
    {"0:8,1 30:7,2 60:6,3 90:5,4 120:4,5 150:3,6 180:2,7"},
    /* Each time it is said again. */
    {"0:1,4 60:1,4! 65:0,4 70:1,4 129:1,4 130:1,4! 135:1,4"},
    {"0:1,4 60:1,4! 65:1,5 124:1,5 125:1,5! 200:1,5"},
};

START_TEST(it_is_said_once_when_no_slot_came_free_for_a_minute)
{
	char text[256], *rest, *look, *end;
	struct stall stall = {0};
	struct queue_load load = {0};
	long second;

	strlcpy(text, courses[_i].looks, sizeof(text));
	for (rest = text; (look = strsep(&rest, " ")) != NULL;) {
		second = strtol(look, &end, 10);
		load.waiting = (unsigned int)strtoul(end + 1, &end, 10);
		load.turns = strtoul(end + 1, &end, 10);
		ck_assert_msg(stall_look(&stall, &load, START + 1000 * second) == (*end == '!'),
		    "%s of %s", look, courses[_i].looks);
	}
}
END_TEST

/* ---- what ---- */

static char said[4096];

static void
take_line(int priority, const char *line)
{
	(void)priority;
	strlcat(said, line, sizeof(said));
	strlcat(said, "\n", sizeof(said));
}

static const char *make[] = {"make", "-j8", NULL};

/* Taken at these seconds; 0: waits. */
static void
tell(const int *seconds, size_t n)
{
	static struct request requests[MAX_REQUESTS];
	struct request_list list = TAILQ_HEAD_INITIALIZER(list);
	struct queue_load load = {.running = (unsigned int)n, .waiting = 3};
	struct request *r;
	size_t i;

	for (i = 0; i < n; i++) {
		r = &requests[i];
		*r = (struct request){.id = i + 1, .taken_at = INT64_C(1000) * seconds[i]};
		snprintf(r->client_text, sizeof(r->client_text), "192.0.2.%zu:4711", i + 1);
		r->run.argv = make;
		r->run.root = 0x803;
		TAILQ_INSERT_TAIL(&list, r, killer_entry);
	}
	requests[0].run.root_name = (char[]){"sdk"};
	requests[0].run.label = (char[]){"job 7"};
	*said = '\0';
	log_divert(take_line, true);
	stall_tell(&list, &load, 200500);
}

START_TEST(the_runs_are_told_with_their_clients)
{
	tell((const int[]){100, 0, 120}, 3);
	ck_assert_str_eq(said,
	    "slots: none of 3 has come free for 60 s while requests waited, 3 now: if these runs "
	    "wait "
	    "for those, they do for ever; the oldest are\n"
	    "slots: run id=1 client=192.0.2.1:4711 label=\"job 7\" root=sdk tool=make secs=100\n"
	    "slots: run id=3 client=192.0.2.3:4711 root=00000803 tool=make secs=80\n");
}
END_TEST

START_TEST(of_many_the_oldest_are_told)
{
	static const int seconds[] = {90, 80, 70, 100, 60, 10, 0, 50, 95};
	static const int ids[] = {6, 8, 5, 3, 2};
	const char *at = said;
	char id[32];
	size_t i;

	tell(seconds, LENGTH(seconds));
	for (i = 0; i < LENGTH(ids); i++) {
		snprintf(id, sizeof(id), " id=%d ", ids[i]);
		ck_assert_msg((at = strstr(at, " id=")) != NULL && strncmp(at, id, strlen(id)) == 0,
		    "%zu is not %s: %s", i, id, said);
		at++;
	}
	ck_assert_ptr_null(strstr(at, " id="));
}
END_TEST

Suite *
stall_suite(void)
{
	Suite *suite = suite_create("stall");
	TCase *tc = tcase_create("stall");

	tcase_add_loop_test(
	    tc, it_is_said_once_when_no_slot_came_free_for_a_minute, 0, LENGTH(courses));
	tcase_add_test(tc, the_runs_are_told_with_their_clients);
	tcase_add_test(tc, of_many_the_oldest_are_told);
	suite_add_tcase(suite, tc);
	return (suite);
}
