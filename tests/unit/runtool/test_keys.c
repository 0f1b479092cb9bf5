/* What is typed for runtool, and what for the tool. */
#include <string.h>
#include <bsd/string.h>

#include "client/runtool/escape.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* What is typed; what the tool gets of it, with what is for us between < and >. */
static const struct {
	const char *typed, *taken;
} courses[] = {
    {"", ""},
    {"a~.", "a~."},
    {"~.", "<leave>"},
    {"~\032", "<suspend>"},
    {"~?", "<help>"},
    {"~~.", "~."},
    {"~~~.", "~~."},
    {"~a", "~a"},
    {"~a~.", "~a~."},
    {"~\r~.", "~\r<leave>"},
    {"ls\r~.", "ls\r<leave>"},
    {"ls\n~.", "ls\n<leave>"},
    {"ls\r ~.", "ls\r ~."},
    {"a\r~b\r~?c~.\r~.", "a\r~b\r<help>c~.\r<leave>"},
    {"\032\003~.", "\032\003~."},
    /* Behind one of them we are at the start of a line again. */
    {"~?~?~\032~.", "<help><help><suspend><leave>"},
    {"a\r~", "a\r"},
    {"\377~.", "\377~."},
};

START_TEST(keys_at_the_start_of_a_line_are_ours)
{
	static const char *const words[] = {
	    [ESCAPE_LEAVE] = "<leave>", [ESCAPE_SUSPEND] = "<suspend>", [ESCAPE_HELP] = "<help>"};
	char taken[256] = "", out[ESCAPE_MOST] = "";
	struct escape keys = {0};
	enum escape_wish wish;
	const char *p;

	for (p = courses[_i].typed; *p != '\0'; p++) {
		strncat(taken, out, escape_take(&keys, *p, out, &wish));
		if (wish != ESCAPE_NONE)
			strlcat(taken, words[wish], sizeof(taken));
	}
	ck_assert_str_eq(taken, courses[_i].taken);
}
END_TEST

Suite *
keys_suite(void)
{
	Suite *suite = suite_create("keys");
	TCase *tc = tcase_create("keys");

	testing_from(tc, TESTING_QUICK);
	tcase_add_loop_test(tc, keys_at_the_start_of_a_line_are_ours, 0, LENGTH(courses));
	suite_add_tcase(suite, tc);
	return (suite);
}
