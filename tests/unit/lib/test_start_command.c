/* start_command: what the shell gets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/start_command.h"
#include "unit/suites.h"

static char err[256];

static char *
expand(const char *command, const char *config)
{
	const struct start_words words = {.area = "chips", .host = "::1", .config = config};

	return (start_command_expand(command, &words, err, sizeof(err)));
}

static void
becomes(const char *command, const char *config, const char *expected)
{
	char *got = expand(command, config);

	ck_assert_msg(got != NULL, "%s", err);
	ck_assert_str_eq(got, expected);
	free(got);
}

START_TEST(each_word_takes_its_place)
{
	becomes("ssh %h start %a 50%% -c %c%%a", "/etc/vesta.cfg",
	    "ssh ::1 start chips 50% -c /etc/vesta.cfg%a");
}
END_TEST

START_TEST(a_command_without_places_stays_as_it_is)
{
	becomes("", NULL, "");
	becomes("a 'b'\t$C\\", NULL, "a 'b'\t$C\\");
}
END_TEST

START_TEST(a_word_that_is_not_plain_is_quoted)
{
	static const struct {
		const char *config, *word;
	} words[] = {
	    {"", "''"},
	    {"/a b", "'/a b'"},
	    {"/it's", "'/it'\\''s'"},
	    {"/`id`$(id);\n*", "'/`id`$(id);\n*'"},
	    {"~/\xc3\xa4", "'~/\xc3\xa4'"},
	    {"/%h", "'/%h'"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		becomes("%c", words[i].config, words[i].word);
}
END_TEST

START_TEST(the_shell_gives_a_quoted_word_back)
{
	static const char nasty[] = " '\"$HOME`id`\\;&|<>*?[~]#!\n\t'";
	char output[sizeof(nasty)] = "";
	char *command = expand("printf %%s %c", nasty);
	FILE *shell = popen(command, "re");

	ck_assert_ptr_nonnull(shell);
	ck_assert_uint_eq(fread(output, 1, sizeof(output), shell), strlen(nasty));
	ck_assert_int_eq(pclose(shell), 0);
	ck_assert_mem_eq(output, nasty, strlen(nasty));
	free(command);
}
END_TEST

START_TEST(another_place_is_an_error)
{
	ck_assert_ptr_null(expand("echo %p", "/c"));
	ck_assert_str_eq(err, "%p: must be %a, %h, %c or %%");
	ck_assert_ptr_null(expand("echo %", "/c"));
	ck_assert_str_eq(err, "%: must be %a, %h, %c or %%");
}
END_TEST

START_TEST(the_configuration_that_there_is_not_is_an_error)
{
	ck_assert_ptr_null(expand("RunToolServer -c %c", NULL));
	ck_assert_str_eq(err, "%c: there is no vesta.cfg");
}
END_TEST

Suite *
start_command_suite(void)
{
	Suite *suite = suite_create("start_command");
	TCase *tc = tcase_create("start_command");

	tcase_add_test(tc, each_word_takes_its_place);
	tcase_add_test(tc, a_command_without_places_stays_as_it_is);
	tcase_add_test(tc, a_word_that_is_not_plain_is_quoted);
	tcase_add_test(tc, the_shell_gives_a_quoted_word_back);
	tcase_add_test(tc, another_place_is_an_error);
	tcase_add_test(tc, the_configuration_that_there_is_not_is_an_error);
	suite_add_tcase(suite, tc);
	return (suite);
}
