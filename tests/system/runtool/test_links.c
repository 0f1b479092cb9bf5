/* Links to runtool, which stand for other programs, as those of ccache and distcc do. */
#include <signal.h>

#include "system/clock.h"
#include "system/script.h"
#include "system/suites.h"

#define LINKS "runtool --links $tmp/links echo sh env || exit 99\n"
#define GONE  "e=$?; rm -r $tmp/links; exit $e"

static const struct promise made[] = {
    {"runtool --links $tmp/links gcc g++ ar; cd $tmp/links; ls; for i in *; do readlink $i; done | "
     "uniq | grep -c '^/.*/bin/runtool$'",
	0, "ar\ng++\ngcc\n1\n", ""},
    /* Links of its own are replaced, also of a runtool that is gone. */
    {"cd $tmp/links; ln -sf /none/bin/runtool ar; runtool --links . ar ld; "
     "readlink ar ld | sort | uniq | grep -c '^/.*/bin/runtool$'; ls -A",
	0, "1\nar\ng++\ngcc\nld\n", ""},
    /* Nothing else is, and then nothing is done. */
    {"cd $tmp/links; echo mine >cc; ln -s /bin/true c99; runtool --links . new ar cc c99; e=$?; "
     "cat "
     "cc; readlink c99; ls -A; exit $e",
	STATUS_TROUBLE, "mine\n/bin/true\nar\nc99\ncc\ng++\ngcc\nld\n",
	"runtool: --links: ./cc is no link to runtool: nothing was changed\n"
	"runtool: --links: ./c99 is no link to runtool: nothing was changed\n"},
    {"cd $tmp/links; mkdir as; runtool --links . new as; " GONE, STATUS_TROUBLE, "",
	"runtool: --links: ./as is no link to runtool: nothing was changed\n"},
    {"runtool --links $tmp/links /bin/gcc .. '' -f runtool-gcc gcc; e=$?; ls $tmp/links "
     "2>/dev/null; "
     "exit $e",
	STATUS_TROUBLE, "",
	"runtool: --links: /bin/gcc: must be the name of a command, and not begin with - or "
	"runtool\n"
	"runtool: --links: ..: must be the name of a command, and not begin with - or runtool\n"
	"runtool: --links: : must be the name of a command, and not begin with - or runtool\n"
	"runtool: --links: -f: must be the name of a command, and not begin with - or runtool\n"
	"runtool: --links: runtool-gcc: must be the name of a command, and not begin with - or "
	"runtool\n"},
    {"runtool --links $tmp/none/links gcc 2>&1 | grep -c 'none/links: No such file'", 0, "1\n", ""},
    {"runtool --links $tmp/links", STATUS_TROUBLE, "", NULL},
};

START_TEST(links_are_made_and_nothing_else_is_replaced)
{
	struct server none = {0};
	size_t i;

	for (i = 0; i < LENGTH(made); i++)
		script_keeps(&none, &made[i]);
}
END_TEST

static const struct promise runs[] = {
    /* All arguments are the command's, and so is its name. */
    {LINKS "RUNTOOL_ENV=PATH=/bin:/usr/bin; export RUNTOOL_ENV\n"
	   "$tmp/links/echo -s nowhere --show -- x; $tmp/links/sh -c 'echo $0' \n"
	   "PATH=$tmp/links:$PATH; env A=1 sh -c 'echo $A'; sh -c 'exit 3'",
	3, "-s nowhere --show -- x\nsh\n1\n", ""},
    /* The rest is said by the preferences. */
    {"cd /tmp; RUNTOOL_DIRECTORY=here RUNTOOL_ENV='A=1 PATH' $tmp/links/sh -c 'echo $A; pwd' | "
     "sed 's|.*/tmp$|/tmp|'",
	0, "1\n/tmp\n", ""},
    /* The guard is there for links only. */
    {"RUNTOOL_ENV=PATH $tmp/links/sh -c 'echo $RUNTOOL_LINK'; runtool -e PATH sh -c 'echo "
     "${RUNTOOL_LINK-none}'",
	0, "sh\nnone\n", ""},
    {"RUNTOOL_LINK=make/gcc RUNTOOL_ENV=PATH $tmp/links/sh -c 'echo $RUNTOOL_LINK'", 0,
	"make/gcc/sh\n", ""},
    {"for i in sh make/sh sh/make make/sh/cc; do RUNTOOL_LINK=$i $tmp/links/sh; done 2>&1 | "
     "sed \"s|$tmp||\" | uniq -c | tr -s ' '",
	0,
	" 4 runtool: /links/sh leads to itself: a run of the link sh has started it; see LINKS in "
	"runtool(1)\n",
	""},
    {"RUNTOOL_LINK=dash/shs RUNTOOL_ENV=PATH $tmp/links/sh -c 'echo $RUNTOOL_LINK'", 0,
	"dash/shs/sh\n", ""},
    /* A server that is not there is told as runtool's error, not as the program's. */
    {"RUNTOOL_SERVER=127.0.0.1:1 $tmp/links/echo x", STATUS_TROUBLE, "",
	"runtool: 127.0.0.1:1: cannot connect (127.0.0.1: Connection refused)\n"},
    {GONE, 0, "", ""},
};

START_TEST(a_link_runs_the_command_of_its_name)
{
	SCRIPT_KEEP("5", runs);
}
END_TEST

#define NO_SERVER                                                                    \
	"RUNTOOL_SERVER=127.0.0.1:1 RUNTOOL_FALLBACK=local RUNTOOL_DIRECTORY=here\n" \
	"RUNTOOL_ENV='PATH RUNTOOL_*'; cd /tmp\n"                                    \
	"export RUNTOOL_SERVER RUNTOOL_FALLBACK RUNTOOL_DIRECTORY RUNTOOL_ENV PATH\n"

static const struct promise fallbacks[] = {
    {LINKS NO_SERVER "PATH=$tmp/links:$PATH; env sh -c 'echo $RUNTOOL_LINK'", 0, "env/sh\n", ""},
    {NO_SERVER "PATH=$tmp/links:/usr/bin:/bin $tmp/links/echo x", 0, "x\n", ""},
    /* Nor by another way to the same program. */
    {"mkdir $tmp/links/more; ln -s ../echo $tmp/links/more/echo\n" NO_SERVER
     "PATH=$tmp/links/more:$tmp/links:/usr/bin:/bin $tmp/links/more/echo x",
	0, "x\n", ""},
    {NO_SERVER "cd $tmp/links; PATH=:./more/:$tmp/links/more:/usr/bin:/bin echo x; "
	       "PATH=:more:/bin env echo y",
	0, "x\ny\n", ""},
    {NO_SERVER "PATH=$tmp/links:$tmp/links/more $tmp/links/echo x", STATUS_NOT_FOUND, "",
	"runtool: echo: is run here: cannot connect (127.0.0.1: Connection refused)\n"
	"runtool: echo: No such file or directory\n"},
    /* It is called by its path, by which it finds what is beside it. */
    {NO_SERVER "PATH=$tmp/links:/none:$PATH sh -c 'echo $0 $RUNTOOL_LINK' | grep -c '^/.*/sh sh$'",
	0, "1\n", ""},
    /* A script without #! as well. */
    {"echo 'echo script $1' >$tmp/links/more/words; chmod 755 $tmp/links/more/words\n" NO_SERVER
     "PATH=$tmp/links/more:$PATH runtool words x",
	0, "script x\n", ""},
    /* The plain command looks behind links, too. */
    {NO_SERVER "PATH=$tmp/links:$PATH runtool sh -c 'echo ${RUNTOOL_LINK-none}'", 0, "none\n", ""},
    {GONE, 0, "", ""},
};

START_TEST(without_a_server_the_program_behind_the_link_is_found)
{
	SCRIPT_KEEP("5", fallbacks);
}
END_TEST

/* In testing mode a tool sees all of this host, and so the links. */
START_TEST(a_link_that_leads_to_itself_says_so)
{
	struct server s;
	struct shown shown;

	server_start_mode(&s, MODE_TESTING, NULL);
	shown = script_run(&s,
	    LINKS "PATH=$tmp/links:$PATH; RUNTOOL_ENV='PATH RUNTOOL_SERVER RUNTOOL_ENV'\n"
		  "export RUNTOOL_ENV; env true; " GONE);
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err,
	    "/links/env leads to itself: a run of the link env has started "
	    "it; see LINKS in runtool(1)\n");
	ck_assert_int_eq((int)harness_count(shown.err, "\n"), 1);
	/* Another link may be called by a run of one. */
	shown = script_run(&s,
	    LINKS "RUNTOOL_ENV='PATH RUNTOOL_SERVER RUNTOOL_ENV'; export RUNTOOL_ENV\n"
		  "$tmp/links/env $tmp/links/sh -c 'echo $RUNTOOL_LINK'; " GONE);
	ck_assert_str_eq(shown.out, "env/sh\n");
	ck_assert_int_eq(shown.status, 0);
	server_stop(&s);
}
END_TEST

/* ---- runs in runs --------------------------------------------------------------------------- */

START_TEST(a_run_that_waits_for_a_slot_that_it_holds_is_told_of)
{
	struct server s = {.mode = MODE_TESTING,
	    .settings = "server_max_threads = 1\n",
	    .args = (const char *const[]){"-o", "max_interface_version=5", NULL},
	    .prepare = clock_set};
	struct program p;

	clock_setting = "+0 x30";
	server_start(&s);
	p = script(&s, "RUNTOOL_ENV='PATH RUNTOOL_SERVER'; export RUNTOOL_ENV\n"
		       "exec runtool -l outer sh -c 'runtool -l inner true'");
	program_start(&p);
	server_logs(&s, "slots: none of 1 has come free for 60 s while requests waited, 1 now: ");
	server_logs(&s, " label=outer root=00000001 tool=sh secs=");
	script_leave(&p);
	ck_assert_int_eq((int)harness_count(server_log(&s), "slots: none"), 1);
	server_stop(&s);
}
END_TEST

static void
add(TCase *tc, const TTest *test)
{
	tcase_add_test(tc, test);
}

Suite *
links_suite(void)
{
	Suite *suite = suite_create("links");
	TCase *tc = tcase_create("links");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, links_are_made_and_nothing_else_is_replaced);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_link_runs_the_command_of_its_name);
	tcase_add_test(tc, without_a_server_the_program_behind_the_link_is_found);
	tcase_add_test(tc, a_link_that_leads_to_itself_says_so);
	clock_add(tc, a_run_that_waits_for_a_slot_that_it_holds_is_told_of, add);
	suite_add_tcase(suite, tc);
	return (suite);
}
