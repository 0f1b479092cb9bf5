/* runtool --colour: a tool whose output is a terminal. */
#include <stdio.h>
#include <unistd.h>

#include "system/run5.h"
#include "system/screen.h"
#include "system/suites.h"

/* Roots with programs of this host, with devices and without. */
#define REAL "runtool -r real -w /tmp -e PATH=/usr/bin:/bin "
#define BARE "runtool -r bare -w /tmp -e PATH=/usr/bin:/bin "

static void
add_roots(void)
{
	FILE *f = fopen(harness_installed("etc/tool_launcher.conf"), "ae");
	const char *const names[] = {"real", "bare"}, *const more[] = {"proc\ndev\n", ""};
	int i;

	ck_assert_ptr_nonnull(f);
	for (i = 0; i < 2; i++)
		fprintf(f,
		    "root %s\nbase tmpfs\nro /usr /bin /lib\nro-try /lib64 /etc/alternatives "
		    "/etc/ld.so.cache\nusers\nrw %s as /tmp\n%s",
		    names[i], harness_in_root("tmp"), more[i]);
	ck_assert_int_eq(fclose(f), 0);
}

/* A server of this version that has these roots. */
static void
start(struct server *s, const char *version)
{
	*s = (struct server){.mode = harness_can(MODE_NAMED) ? MODE_NAMED : MODE_ROOTLESS_NAMED,
	    .settings = "linger = 10\n",
	    .args = (const char *const[]){
		"-o", harness_text("max_interface_version=%s", version), NULL}};
	add_roots();
	server_start(s);
	s->args = NULL;
}

/* ---- colour --------------------------------------------------------------------------------- */

#define WHAT "/bin/sh -c 'for i in 0 1 2; do test -t $i && printf $i; done; echo; exit 3'"

static const struct promise colours[] = {
    {"runtool --colour " WHAT, 3, "12\n", ""},
    {"runtool --colour=always " WHAT " </dev/null", 3, "12\n", ""},
    {"runtool --colour=auto " WHAT, 3, "\n", ""},
    {"runtool --colour --colour=never " WHAT, 3, "\n", ""},
    {"RUNTOOL_COLOUR=always runtool " WHAT, 3, "12\n", ""},
    {"RUNTOOL_COLOUR=always runtool --colour=never " WHAT, 3, "\n", ""},
    {"runtool --colour " WHAT " 2>&-", 3, "1\n", ""},
    {"runtool --colour=green x 2>&1 | head -n 1", 0,
	"runtool: --colour=green: must be always, auto or never\n", ""},
    {"RUNTOOL_COLOUR=green runtool x 2>&1 | head -n 1", 0,
	"runtool: RUNTOOL_COLOUR=green: must be always, auto or never\n", ""},
    {"RUNTOOL_COLOUR=auto runtool --show | grep colour", 0, "colour = auto  # RUNTOOL_COLOUR\n",
	""},
    {"runtool --colour --show | grep colour", 0, "colour = always  # --colour\n", ""},
    /* They stay two, as long as they are two here. */
    {"runtool --colour /bin/sh -c 'echo out; echo err >&2'", 0, "out\n", "err\n"},
    {"runtool --colour /bin/sh -c 'echo 1; echo 2 >&2; echo 3' 2>&1", 0, "1\n2\n3\n", ""},
    /* TERM goes with it, unless -e says otherwise. */
    {"TERM=x; export TERM; for e in -q '-e TERM' '-e TERM=y' '-e !TERM' '-e *'; do set -f\n"
     "runtool $e --colour /bin/sh -c 'echo ${TERM-none}'; done",
	0, "x\nx\ny\nnone\nx\n", ""},
    {"TERM=x; export TERM; runtool /bin/sh -c 'echo ${TERM-none}'; "
     "runtool -e TERM /bin/sh -c 'echo ${TERM-none}'",
	0, "none\nx\n", ""},
    {"unset TERM; runtool --colour /bin/sh -c 'echo ${TERM-none}'", 0, "none\n", ""},
    /* Stdin is what it was. */
    {"echo in | runtool --colour /bin/cat", 0, "in\n", ""},
    {"runtool --colour /bin/yes 2>/dev/null | head -n 1", 0, "y\n", ""},
    {"runtool --colour -t 1 -q /bin/sh -c 'echo ready; exec sleep 60'", STATUS_TIME_LIMIT,
	"ready\n", ""},
    {"runtool --colour --check /bin/sh >/dev/null", 0, "", ""},
    {"runtool -s 127.0.0.1:1 -w / --fallback local --colour /bin/sh -c 'test -t 1 || echo none'", 0,
	"none\n", ""},
};

START_TEST(a_tool_may_write_to_terminals)
{
	SCRIPT_KEEP("5", colours);
}
END_TEST

START_TEST(an_older_server_runs_it_without)
{
	static const struct promise promises[] = {
	    {"runtool --colour " WHAT, 3, "\n", ""},
	};

	SCRIPT_KEEP("4", promises);
}
END_TEST

/* All bytes, alone and many at a time, also by a network of its own. */
START_TEST(no_byte_is_changed)
{
	static const struct promise promises[] = {
	    {"i=0; while [ $i -lt 256 ]; do printf \"\\\\$(printf %o $i)\"; i=$((i+1)); done "
	     ">$tmp/b; "
	     "wc -c <$tmp/b; runtool --colour /bin/cat <$tmp/b | cmp - $tmp/b",
		0, "256\n", ""},
	    {"i=0; cp $tmp/b $tmp/c; while [ $i -lt 12 ]; do cat $tmp/c $tmp/c >$tmp/b; "
	     "mv $tmp/b $tmp/c; i=$((i+1)); done; wc -c <$tmp/c; "
	     "runtool --colour /bin/cat <$tmp/c | cmp - $tmp/c",
		0, "1048576\n", ""},
	    {"runtool --colour /bin/sh -c 'cat >&2' <$tmp/c 2>&1 >/dev/null | cmp - $tmp/c", 0, "",
		""},
	    {"rm $tmp/c", 0, "", ""},
	};
	struct server s;
	size_t i;

	run5_server(&s, (enum mode)_i, "");
	for (i = 0; i < LENGTH(promises); i++)
		script_keeps(
		    &s, &(struct promise){harness_text("RUNTOOL_ROOT=%u; export RUNTOOL_ROOT\n%s",
					      harness_root((enum mode)_i), promises[i].script),
			    promises[i].status, promises[i].out, promises[i].err});
	server_stop(&s);
}
END_TEST

#define MINE                                                                                      \
	"/bin/sh -c 'for i in 0 1 2; do test -t $i && printf $i; done; echo; echo out; echo err " \
	">&2'"

/* Stdout and stderr are one terminal here and so there; it is not touched. */
START_TEST(auto_is_for_a_terminal)
{
	struct screen *screen = (struct screen *)(void *)harness_alloc(sizeof(*screen));
	struct server s;

	script_server(&s, "5", "");
	screen_start(screen, &s,
	    "RUNTOOL_COLOUR=auto; export RUNTOOL_COLOUR; runtool " MINE "; runtool " MINE
	    " | cat; runtool " MINE " 2>&1 | cat; echo end");
	screen_await(screen, "12\r\nout\r\nerr\r\n");
	ck_assert(screen_echoes(screen));
	/* Of a pipe and a terminal, and of one pipe, none is one. */
	screen_await(screen, "err\r\n");
	screen_await(screen, "out\r\nerr\r\nend\r\n");
	ck_assert_ptr_null(strstr(screen->text + 20, "12\r\n"));
	ck_assert_int_eq(screen_end(screen), 0);
	server_stop(&s);
}
END_TEST

#define BAD  "cd $tmp; echo 'int x = ;' >bad.c; "
#define SAYS "-c bad.c 2>&1 | tr '\\033' E | grep -c 'E.*error'; rm bad.c"

START_TEST(compilers_use_colours)
{
	static const struct promise promises[] = {
	    {BAD "TERM=xterm " REAL "--colour gcc " SAYS, 0, "1\n", ""},
	    {BAD "TERM=xterm " BARE "--colour gcc " SAYS, 0, "1\n", ""},
	    {BAD "TERM=xterm " REAL "gcc " SAYS, 0, "0\n", ""},
	    /* Under make, by a link. */
	    {BAD "runtool --links links gcc; printf 'all: ; gcc -c bad.c\\n' >Makefile; "
		 "PATH=$tmp/links:$PATH RUNTOOL_ROOT=real RUNTOOL_DIRECTORY=/tmp "
		 "RUNTOOL_ENV=PATH=/usr/bin:/bin RUNTOOL_COLOUR=always TERM=xterm "
		 "make -j2 2>&1 | tr '\\033' E | grep -c 'E.*error'; rm -r links Makefile bad.c",
		0, "1\n", ""},
	    /* Output of what is left running arrives. */
	    {REAL "--colour sh -c '{ sleep 0.2; echo late; } & echo soon'", 0, "soon\nlate\n", ""},
	};
	struct server s;
	size_t i;

	start(&s, "5");
	for (i = 0; i < LENGTH(promises); i++)
		script_keeps(&s, &promises[i]);
	server_stop(&s);
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------ */

Suite *
terminal_suite(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tc = tcase_create("colour");
	bool can = (harness_can(MODE_NAMED) || harness_can(MODE_ROOTLESS_NAMED)) &&
		   access("/usr/bin/gcc", X_OK) == 0;
	const char *need = "gcc, and root with CAP_SYS_ADMIN, or user namespaces";

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_tool_may_write_to_terminals);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, an_older_server_runs_it_without);
	harness_add_modes(tc, no_byte_is_changed, 1);
	tcase_add_test(tc, auto_is_for_a_terminal);
	testing_add_if(tc, compilers_use_colours, 0, 1, can, need);
	suite_add_tcase(suite, tc);
	return (suite);
}
