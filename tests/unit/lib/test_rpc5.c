/* The calls of version 5 by their rules: what is taken, ignored, refused, and in which words. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fields.h"
#include "lib/rpc5.h"
#include "unit/suites.h"
#include "unit/wire.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT	  ((size_t)16 << 20)
#define MANUAL	  "man/runtool-srpc.7"
#define MAX_PAGE  131072

static struct srpc_error err;

static const char *const nothing[] = {NULL};
static const char *const true_argv[] = {"/bin/true", NULL};
static const char *const root_1[] = {"root=1", NULL};

static struct srpc_reader
received(struct buf *b)
{
	struct srpc_reader r = {
	    .data = wire_received(b->data, b->len), .len = b->len, .limit = LIMIT};

	ck_assert(!b->failed);
	buf_free(b);
	return (r);
}

static void
refused(int rc, int32_t code, const char *words)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_str_eq(err.message, words);
	ck_assert_int_eq(err.code, code);
	ck_assert(!err.from_peer);
}

/* ---- run calls ---------------------------------------------------------------------------- */

static int
get_run_of(const char *const *must, const char *const *may, const char *const *env,
    const char *const *argv, struct rpc_run *run)
{
	struct srpc_reader r;
	struct buf b = {0};
	int rc;

	srpc_put_chars_seq(&b, must);
	srpc_put_chars_seq(&b, may);
	srpc_put_chars_seq(&b, env);
	srpc_put_chars_seq(&b, argv);
	srpc_put_code(&b, SRPC_END_CALL);
	r = received(&b);
	memset(&err, 0xff, sizeof(err));
	memset(run, 0xff, sizeof(*run));
	rc = rpc5_get_run(&r, run, &err);
	if (rc == 0)
		ck_assert_uint_eq(r.pos, r.len);
	return (rc);
}

static int
get_run(const char *const *must, const char *const *may, struct rpc_run *run)
{
	return (get_run_of(must, may, nothing, true_argv, run));
}

static void
refuses_run(const char *const *must, const char *const *may, int32_t code, const char *words)
{
	struct rpc_run run;

	refused(get_run(must, may, &run), code, words);
	rpc_run_free(&run);
}

START_TEST(a_run_has_these_defaults)
{
	struct rpc_run run;
	size_t i;

	ck_assert_int_eq(get_run(root_1, nothing, &run), 0);
	ck_assert_uint_eq(run.root, 1);
	ck_assert_ptr_null(run.root_name);
	ck_assert_str_eq(run.directory, ".WD");
	ck_assert_str_eq(run.stdin_file, "");
	ck_assert_int_eq(run.stream_stdin, 0);
	ck_assert_int_eq(run.merge, 0);
	ck_assert_int_eq(run.time_limit_ms, 0);
	ck_assert_int_eq(run.keep_alive_ms, 20000);
	ck_assert_ptr_null(run.label);
	ck_assert_int_eq(run.queue_ms, 0);
	ck_assert(!run.umask.given);
	for (i = 0; i < RPC_NLIMITS; i++)
		ck_assert(!run.limits[i].given);
	ck_assert_int_eq(run.closed, 0);
	ck_assert_int_eq(run.check, 0);
	ck_assert_int_eq(run.tty, 0);
	ck_assert_int_eq(run.colour, 0);
	ck_assert_int_eq(run.rows, 0);
	ck_assert_int_eq(run.columns, 0);
	ck_assert_ptr_null(run.own);
	ck_assert_ptr_null(run.env[0]);
	ck_assert_str_eq(run.argv[0], "/bin/true");
	ck_assert_ptr_null(run.argv[1]);
	rpc_run_free(&run);
	ck_assert_ptr_null(run.directory);
}
END_TEST

/* The same in either list. */
START_TEST(an_option_may_stand_in_either_list)
{
	static const char *const options[] = {"root=4294967295", "directory=", "stdin=none",
	    "stdin_file=/a=b", "stderr=stdout", "time_limit_ms=1", "keep_alive_ms=600000",
	    "label=\xff\n", "queue_ms=1", "check=1", "own_directory=/a b", "umask=0",
	    "limit_core=0", "limit_cpu=9007199254740992", "limit_as=4096", "closed=2", "colour=1",
	    "rows=1", "columns=32767", NULL};
	struct rpc_run run;

	ck_assert_int_eq(
	    get_run(_i == 0 ? options : nothing, _i == 0 ? nothing : options, &run), 0);
	ck_assert_uint_eq(run.root, UINT32_MAX);
	ck_assert_str_eq(run.directory, "");
	ck_assert_int_eq(run.stream_stdin, 0);
	ck_assert_str_eq(run.stdin_file, "/a=b");
	ck_assert_int_eq(run.merge, 1);
	ck_assert_int_eq(run.time_limit_ms, 1);
	ck_assert_int_eq(run.keep_alive_ms, 600000);
	ck_assert_str_eq(run.label, "\xff\n");
	ck_assert_int_eq(run.queue_ms, 1);
	ck_assert(run.umask.given && run.umask.n == 0);
	ck_assert(run.limits[RPC_LIMIT_CORE].given && run.limits[RPC_LIMIT_CORE].n == 0);
	ck_assert_int_eq(run.limits[RPC_LIMIT_CPU].n, 9007199254740992);
	ck_assert_int_eq(run.limits[RPC_LIMIT_AS].n, 4096);
	ck_assert(!run.limits[RPC_LIMIT_STACK].given);
	ck_assert_int_eq(run.closed, 2);
	ck_assert_int_eq(run.check, 1);
	ck_assert_int_eq(run.colour, 1);
	ck_assert_int_eq(run.rows, 1);
	ck_assert_int_eq(run.columns, 32767);
	ck_assert_str_eq(run.own, "/a b");
	rpc_run_free(&run);
}
END_TEST

START_TEST(what_must_be_understood_prevails)
{
	static const char *const must[] = {
	    "root=2", "label=must", "directory=must", "stdin=none", NULL};
	static const char *const may[] = {
	    "stdin=stream", "label=may", "root=1", "directory=may", "time_limit_ms=7", NULL};
	struct rpc_run run;

	ck_assert_int_eq(get_run(must, may, &run), 0);
	ck_assert_uint_eq(run.root, 2);
	ck_assert_str_eq(run.label, "must");
	ck_assert_str_eq(run.directory, "must");
	ck_assert_int_eq(run.stream_stdin, 0);
	ck_assert_int_eq(run.time_limit_ms, 7);
	rpc_run_free(&run);
}
END_TEST

START_TEST(an_unknown_option_is_ignored_where_it_may_be)
{
	static const char *const may[] = {"roots=2", "label=x", "flavour=", "time_limit=x", NULL};
	struct rpc_run run;

	ck_assert_int_eq(get_run(root_1, may, &run), 0);
	ck_assert_uint_eq(run.root, 1);
	ck_assert_str_eq(run.label, "x");
	ck_assert_int_eq(run.time_limit_ms, 0);
	rpc_run_free(&run);
}
END_TEST

START_TEST(an_unknown_option_is_refused_where_it_must_be_understood)
{
	static const char *const first[] = {"flavour=", "root=1", NULL};
	static const char *const prefix[] = {"root=1", "roo=1", "time_limit_ms_=1", NULL};

	refuses_run(first, nothing, SRPC_NOT_IMPLEMENTED,
	    "option flavour=: this server does not know flavour");
	refuses_run(
	    prefix, nothing, SRPC_NOT_IMPLEMENTED, "option roo=1: this server does not know roo");
	refuses_run(nothing, nothing, SRPC_INVALID_PARAMETER,
	    "exactly one of the options root and root_name must be given");
}
END_TEST

#define NAME_50	 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"
#define NAME_250 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50

static const struct {
	const char *option, *words;
} wrong[] = {
    {"root=0", "option root=0: must be a number from 1 to 4294967295"},
    {"root=4294967296", "option root=4294967296: must be a number from 1 to 4294967295"},
    {"root=0x803", "option root=0x803: must be a number from 1 to 4294967295"},
    {"root=", "option root=: must be a number from 1 to 4294967295"},
    {"root=-1", "option root=-1: must be a number from 1 to 4294967295"},
    {"root_name=", "option root_name: must have 1 to 255 bytes"},
    {"root_name=" NAME_250 "123456", "option root_name: must have 1 to 255 bytes"},
    {"stdin=file", "option stdin=file: must be none or stream"},
    {"stdin=", "option stdin=: must be none or stream"},
    {"stdin_file=", "option stdin_file: must have 1 to 65536 bytes"},
    {"stderr=merge", "option stderr=merge: must be separate or stdout"},
    {"time_limit_ms=0", "option time_limit_ms=0: must be a number from 1 to 2147483647"},
    {"time_limit_ms=2147483648",
	"option time_limit_ms=2147483648: must be a number from 1 to 2147483647"},
    {"time_limit_ms=1.5", "option time_limit_ms=1.5: must be a number from 1 to 2147483647"},
    {"keep_alive_ms=99", "option keep_alive_ms=99: must be a number from 100 to 600000"},
    {"keep_alive_ms=600001", "option keep_alive_ms=600001: must be a number from 100 to 600000"},
    {"queue_ms=0", "option queue_ms=0: must be a number from 1 to 2147483647"},
    {"umask=512", "option umask=512: must be a number from 0 to 511"},
    {"umask=-1", "option umask=-1: must be a number from 0 to 511"},
    {"umask=", "option umask=: must be a number from 0 to 511"},
    {"limit_data=9007199254740993",
	"option limit_data=9007199254740993: must be a number from 0 to 9007199254740992"},
    {"limit_fsize=-1", "option limit_fsize=-1: must be a number from 0 to 9007199254740992"},
    {"limit_stack=unlimited",
	"option limit_stack=unlimited: must be a number from 0 to 9007199254740992"},
    {"closed=0", "option closed=0: must be a number from 1 to 7"},
    {"closed=8", "option closed=8: must be a number from 1 to 7"},
    {"tty=0", "option tty=0: must be a number from 1 to 1"},
    {"colour=2", "option colour=2: must be a number from 1 to 1"},
    {"rows=0", "option rows=0: must be a number from 1 to 32767"},
    {"columns=32768", "option columns=32768: must be a number from 1 to 32767"},
    {"check=2", "option check=2: must be a number from 1 to 1"},
    {"label=", "option label: must have 1 to 128 bytes"},
    {"label=" NAME_50 NAME_50 NAME_50, "option label: must have 1 to 128 bytes"},
    {"Root=1", "option Root=1: not NAME=VALUE"},
    {"root", "option root: not NAME=VALUE"},
    {"", "option : not NAME=VALUE"},
};

START_TEST(a_wrong_value_is_refused_in_either_list)
{
	const char *const options[] = {wrong[_i].option, NULL};

	refuses_run(options, nothing, SRPC_INVALID_PARAMETER, wrong[_i].words);
	refuses_run(nothing, options, SRPC_INVALID_PARAMETER, wrong[_i].words);
}
END_TEST

START_TEST(values_may_be_as_long_as_their_bounds)
{
	static const char *const options[] = {"root_name=" NAME_250 "12345",
	    "label=" NAME_50 NAME_50 "abcdefghijklmnopqrstuvwxyz12", NULL};
	static char text[65600] = "directory=";
	const char *directory[] = {"root=1", text, NULL};
	struct rpc_run run;

	ck_assert_int_eq(get_run(options, nothing, &run), 0);
	ck_assert_uint_eq(strlen(run.root_name), NAME_MAX);
	ck_assert_uint_eq(strlen(run.label), 128);
	rpc_run_free(&run);

	memset(text + strlen(text), 'd', 65536);
	ck_assert_int_eq(get_run(directory, nothing, &run), 0);
	ck_assert_uint_eq(strlen(run.directory), 65536);
	rpc_run_free(&run);
	text[strlen(text)] = 'd';
	refuses_run(directory, nothing, SRPC_INVALID_PARAMETER,
	    "option directory: must have 0 to 65536 bytes");
}
END_TEST

START_TEST(an_option_may_be_given_once_in_a_list)
{
	static const char *const twice[] = {"root=1", "label=a", "root=1", NULL};

	refuses_run(twice, nothing, SRPC_INVALID_PARAMETER, "option root: given twice");
	refuses_run(root_1, twice, SRPC_INVALID_PARAMETER, "option root: given twice");
}
END_TEST

START_TEST(a_list_has_64_options_at_most)
{
	static char names[PAIRS_MAX + 1][16];
	const char *strings[PAIRS_MAX + 2] = {NULL};
	struct rpc_run run;
	size_t i;

	for (i = 0; i < LENGTH(names); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu=", i);
		strings[i] = names[i];
	}
	refuses_run(root_1, strings, SRPC_INVALID_PARAMETER, "option 65: there may be 64 at most");
	strings[PAIRS_MAX] = NULL;
	ck_assert_int_eq(get_run(root_1, strings, &run), 0);
	rpc_run_free(&run);
}
END_TEST

START_TEST(a_root_has_either_an_index_or_a_name)
{
	static const char *const name[] = {"root_name=host", NULL};
	static const char *const both[] = {"root_name=host", "root=1", NULL};
	static const char words[] = "exactly one of the options root and root_name must be given";
	struct rpc_run run;

	ck_assert_int_eq(get_run(name, nothing, &run), 0);
	ck_assert_uint_eq(run.root, 0);
	ck_assert_str_eq(run.root_name, "host");
	rpc_run_free(&run);
	refuses_run(nothing, nothing, SRPC_INVALID_PARAMETER, words);
	refuses_run(both, nothing, SRPC_INVALID_PARAMETER, words);
	refuses_run(nothing, both, SRPC_INVALID_PARAMETER, words);
	refuses_run(root_1, name, SRPC_INVALID_PARAMETER, words);
}
END_TEST

START_TEST(the_name_of_a_root_is_no_path)
{
	static const char *const names[] = {"root_name=/", "root_name=a/b", "root_name=../x"};
	const char *const options[] = {names[_i], NULL};
	char words[128];

	snprintf(words, sizeof(words), "option %s: a name has no /", names[_i]);
	refuses_run(options, nothing, SRPC_INVALID_PARAMETER, words);
}
END_TEST

START_TEST(input_comes_from_one_place)
{
	static const char *const both[] = {"root=1", "stdin=stream", "stdin_file=/in", NULL};
	static const char *const file[] = {"root=1", "stdin=none", "stdin_file=/in", NULL};
	static const char *const stream[] = {"root=1", "stdin=stream", NULL};
	struct rpc_run run;

	refuses_run(both, nothing, SRPC_INVALID_PARAMETER,
	    "option stdin_file: not together with stdin=stream");
	ck_assert_int_eq(get_run(file, nothing, &run), 0);
	ck_assert_str_eq(run.stdin_file, "/in");
	ck_assert_int_eq(run.stream_stdin, 0);
	rpc_run_free(&run);
	ck_assert_int_eq(get_run(stream, nothing, &run), 0);
	ck_assert_int_eq(run.stream_stdin, 1);
	rpc_run_free(&run);
}
END_TEST

START_TEST(what_is_closed_leads_nowhere_else)
{
	static const struct {
		const char *const options[5];
		const char *words;
	} calls[] = {
	    {{"root=1", "closed=1", "stdin=stream"},
		"option closed=1: has stdin, and there is another option for its input"},
	    {{"root=1", "closed=7", "stdin_file=/in"},
		"option closed=7: has stdin, and there is another option for its input"},
	    {{"root=1", "closed=4", "stderr=stdout"},
		"option closed=4: has stderr, which goes to stdout"},
	    {{"root=1", "tty=1"}, "option tty=1: needs stdin=stream, and nothing closed"},
	    {{"tty=1", "root=1", "closed=2", "stdin=stream"},
		"option tty=1: needs stdin=stream, and nothing closed"},
	    {{"root=1", "tty=1", "stdin=stream"}, NULL},
	    {{"root=1", "closed=6", "stdin=stream"}, NULL},
	    {{"root=1", "closed=3", "stderr=stdout"}, NULL},
	};
	struct rpc_run run;

	if (calls[_i].words != NULL) {
		refuses_run(calls[_i].options, nothing, SRPC_INVALID_PARAMETER, calls[_i].words);
	} else {
		ck_assert_int_eq(get_run(calls[_i].options, nothing, &run), 0);
		rpc_run_free(&run);
	}
}
END_TEST

/* An older server must be able to ignore it. 0 is given, too. */
START_TEST(what_a_client_has_for_itself_goes_round_as_what_may_be_ignored)
{
	static char wd[] = ".WD", none[] = "";
	static const char *argv[] = {"/bin/true", NULL}, *env[] = {NULL};
	static const char *const sent[] = {"closed=5", "umask=0", "limit_core=0", "limit_cpu=1",
	    "limit_data=2", "limit_fsize=3", "limit_stack=4", "limit_as=5"};
	struct rpc_run run = {.root = 1,
	    .directory = wd,
	    .stdin_file = none,
	    .closed = 5,
	    .umask = {.given = true},
	    .env = env,
	    .argv = argv};
	struct srpc_item item;
	struct srpc_reader r;
	struct buf b = {0};
	int32_t i;

	for (i = 0; i < RPC_NLIMITS; i++)
		run.limits[i] = (struct field_number){.given = true, .n = i};
	rpc5_put_run(&b, &run);
	r = received(&b);
	ck_assert_int_eq(srpc_next(&r, SRPC_START_CALL, &item, &err), SRPC_OK);
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), SRPC_OK);
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), SRPC_OK);
	ck_assert_int_eq(item.number, LENGTH(sent));
	for (i = 0; i < item.number; i++)
		ck_assert_str_eq(srpc_string(&item, i), sent[i]);
}
END_TEST

START_TEST(a_command_has_a_tool)
{
	struct rpc_run run;

	refused(get_run_of(root_1, nothing, nothing, nothing, &run), SRPC_INTERNAL_TROUBLE,
	    "Null command");
	rpc_run_free(&run);
}
END_TEST

START_TEST(environment_and_command_are_any_strings)
{
	static const char *const env[] = {"", "=", "A=1", "A=2", "no equals sign", "B==\n", NULL};
	static const char *const argv[] = {"", "-env", "", "\xff\xfe", "root=2", NULL};
	struct rpc_run run;
	size_t i;

	ck_assert_int_eq(get_run_of(root_1, nothing, env, argv, &run), 0);
	for (i = 0; i < LENGTH(env) - 1; i++)
		ck_assert_str_eq(run.env[i], env[i]);
	ck_assert_ptr_null(run.env[i]);
	for (i = 0; i < LENGTH(argv) - 1; i++)
		ck_assert_str_eq(run.argv[i], argv[i]);
	ck_assert_ptr_null(run.argv[i]);
	ck_assert_uint_eq(run.root, 1);
	rpc_run_free(&run);
}
END_TEST

START_TEST(a_call_of_megabytes_goes_round)
{
	enum { STRINGS = 50000 };
	static char strings[STRINGS][64], wd[] = "wd", in[] = "";
	static const char *argv[STRINGS + 1];
	const struct rpc_run sent = {
	    .root = 1, .directory = wd, .stdin_file = in, .env = argv, .argv = argv};
	struct srpc_item start;
	struct srpc_reader r;
	struct rpc_run run;
	struct buf b = {0};
	size_t i;

	for (i = 0; i < STRINGS; i++) {
		snprintf(strings[i], sizeof(strings[i]), "argument %050zu", i);
		argv[i] = strings[i];
	}
	rpc5_put_run(&b, &sent);
	ck_assert_uint_gt(b.len, (size_t)4 << 20);
	r = received(&b);
	ck_assert_int_eq(srpc_next(&r, SRPC_START_CALL, &start, &err), SRPC_OK);
	ck_assert_int_eq(rpc5_get_run(&r, &run, &err), 0);
	for (i = 0; i < STRINGS; i++) {
		ck_assert_str_eq(run.env[i], argv[i]);
		ck_assert_str_eq(run.argv[i], argv[i]);
	}
	ck_assert_ptr_null(run.argv[i]);
	rpc_run_free(&run);
}
END_TEST

/* A client's numbers below their bounds say "not given"; so does a text that is too short. */
START_TEST(what_is_not_given_is_not_sent)
{
	static char wd[] = ".WD", none[] = "", empty_label[] = "";
	static const char *argv[] = {"/bin/true", NULL}, *env[] = {NULL};
	static const char *const sent[] = {
	    "root=1", "directory=.WD", "stdin=none", "stderr=separate"};
	const struct rpc_run run = {.root = 1,
	    .directory = wd,
	    .stdin_file = none,
	    .label = empty_label,
	    .time_limit_ms = -1,
	    .keep_alive_ms = 99,
	    .env = env,
	    .argv = argv};
	struct srpc_item item;
	struct srpc_reader r;
	struct buf b = {0};
	int32_t i;

	rpc5_put_run(&b, &run);
	r = received(&b);
	ck_assert_int_eq(srpc_next(&r, SRPC_START_CALL, &item, &err), SRPC_OK);
	ck_assert_int_eq(item.version, RPC5_VERSION);
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), SRPC_OK);
	ck_assert_int_eq(item.number, LENGTH(sent));
	for (i = 0; i < item.number; i++)
		ck_assert_str_eq(srpc_string(&item, i), sent[i]);
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), SRPC_OK);
	ck_assert_int_eq(item.number, 0);
}
END_TEST

/* ---- any call ----------------------------------------------------------------------------- */

START_TEST(the_procedures_are_1_and_4_to_7)
{
	int32_t proc;

	for (proc = -2; proc < 300; proc++)
		ck_assert_int_eq(rpc5_known(proc), proc == 1 || (proc >= 4 && proc <= 7));
	ck_assert(!rpc5_known(INT32_MIN));
	ck_assert(!rpc5_known(INT32_MAX));
	ck_assert(!rpc5_known(256 + 1));
}
END_TEST

static int
get_options(const char *const *must, const char *const *may)
{
	struct srpc_reader r;
	struct buf b = {0};

	srpc_put_chars_seq(&b, must);
	srpc_put_chars_seq(&b, may);
	srpc_put_code(&b, SRPC_END_CALL);
	r = received(&b);
	return (rpc5_get_options(&r, &err));
}

START_TEST(the_other_calls_know_no_options)
{
	static const char *const options[] = {"root=1", "flavour=blue", NULL};
	static const char *const bad[] = {"flavour", NULL};

	ck_assert_int_eq(get_options(nothing, nothing), 0);
	ck_assert_int_eq(get_options(nothing, options), 0);
	refused(get_options(options, nothing), SRPC_NOT_IMPLEMENTED,
	    "option root=1: this server does not know root");
	refused(
	    get_options(nothing, bad), SRPC_INVALID_PARAMETER, "option flavour: not NAME=VALUE");
	refused(
	    get_options(bad, nothing), SRPC_INVALID_PARAMETER, "option flavour: not NAME=VALUE");
}
END_TEST

/* The items of a run, each of which may be missing. */
static void
put_part(struct buf *b, int part)
{
	static const char *const *const lists[] = {root_1, nothing, nothing, true_argv};

	if (part < 4)
		srpc_put_chars_seq(b, lists[part]);
	else
		srpc_put_code(b, SRPC_END_CALL);
}

START_TEST(a_call_without_one_of_its_items_is_a_mix_up)
{
	unsigned int step = 0;
	struct srpc_reader r;
	struct buf b = {0};
	struct rpc_run run;
	char words[128];
	int i;

	for (i = 0; i < 5; i++)
		if (i != _i)
			put_part(&b, i);
	srpc_put_code(&b, SRPC_END_ACK);
	snprintf(words, sizeof(words), "[from other end] Mix-up: expected item code %d, got %d",
	    _i < 4 ? SRPC_CHARS_SEQ : SRPC_END_CALL, _i < 4 ? SRPC_END_CALL : SRPC_END_ACK);
	r = received(&b);
	refused(rpc5_scan_call(&r, RPC5_RUN, &step, &err), SRPC_PROTOCOL_VIOLATION, words);
	r.pos = 0;
	refused(rpc5_get_run(&r, &run, &err), SRPC_PROTOCOL_VIOLATION, words);
	rpc_run_free(&run);
}
END_TEST

START_TEST(a_part_of_a_call_asks_for_more)
{
	unsigned int step = 0;
	struct srpc_reader r;
	struct buf b = {0};
	struct rpc_run run;
	size_t len, n;
	int i;

	for (i = 0; i < 5; i++)
		put_part(&b, i);
	len = b.len;
	r = received(&b);
	for (n = 0; n < len; n++) {
		struct srpc_reader again = {.data = r.data, .len = n, .limit = LIMIT};

		r.len = n;
		ck_assert_int_eq(rpc5_scan_call(&r, RPC5_RUN, &step, &err), SRPC_MORE);
		refused(rpc5_get_run(&again, &run, &err), SRPC_INTERNAL_TROUBLE, "Incomplete call");
		rpc_run_free(&run);
	}
	r.len = len;
	ck_assert_int_eq(rpc5_scan_call(&r, RPC5_RUN, &step, &err), SRPC_OK);
	ck_assert_uint_eq(r.pos, len);
}
END_TEST

START_TEST(a_failure_in_place_of_an_item_is_the_peers)
{
	unsigned int step = 0;
	struct srpc_reader r;
	struct buf b = {0};
	int i;

	for (i = 0; i < _i; i++)
		put_part(&b, i);
	srpc_put_failure(&b, -9, "I am leaving");
	r = received(&b);
	ck_assert_int_eq(rpc5_scan_call(&r, RPC5_RUN, &step, &err), -1);
	ck_assert(err.from_peer);
	ck_assert_int_eq(err.code, -9);
	ck_assert_str_eq(err.message, "I am leaving");
}
END_TEST

/* ---- results ------------------------------------------------------------------------------ */

/* Every kind of results, by one struct. */
struct results {
	struct rpc5_result result;
	struct rpc_info info;
	struct rpc5_ping ping;
	struct rpc5_stats stats;
	struct rpc5_load load;
	struct rpc5_failure failure;
};

static int
get(struct srpc_reader *r, int32_t proc, struct results *to)
{
	memset(to, 0xff, sizeof(*to));
	to->info = (struct rpc_info){0};
	switch (proc) {
	case RPC5_RUN:
		return (rpc5_get_result(r, &to->result, &to->failure, &err));
	case RPC5_INFO:
		return (rpc5_get_info(r, &to->info, &to->failure, &err));
	case RPC5_PING:
		return (rpc5_get_ping(r, &to->ping, &to->failure, &err));
	case RPC5_STATS:
		return (rpc5_get_stats(r, &to->stats, &to->failure, &err));
	default:
		return (rpc5_get_stop(r, &to->load, &to->failure, &err));
	}
}

static int
get_strings(const char *const *strings, int32_t proc, struct results *to)
{
	struct srpc_reader r;
	struct buf b = {0};
	int rc;

	srpc_put_chars_seq(&b, strings);
	srpc_put_code(&b, SRPC_END_CALL);
	srpc_put_code(&b, SRPC_END_ACK); /* is not theirs */
	r = received(&b);
	memset(&err, 0xff, sizeof(err));
	rc = get(&r, proc, to);
	if (rc == SRPC_OK)
		ck_assert_uint_eq(r.pos, r.len - 1);
	return (rc);
}

/* Nothing is left to be freed then. */
static void
malformed(const char *const *strings, int32_t proc, const char *what)
{
	static const struct rpc_info no_info = {0};
	struct results got;
	char words[256];

	snprintf(words, sizeof(words), "[from other end] Malformed results: %s", what);
	refused(get_strings(strings, proc, &got), SRPC_PROTOCOL_VIOLATION, words);
	ck_assert_ptr_null(got.failure.words);
	ck_assert_mem_eq(&got.info, &no_info, sizeof(no_info));
}

static const char *const good_result[] = {"status=3", "signal=0", NULL};
static const char *const good_info[] = {"sysname=a", "release=b", "version=c", "machine=d",
    "cpus=1", "cpu_mhz=2", "mem_kb=3", "max_tools=4", "cur_tools=5", "load_percent=6",
    "cur_pending=7", "max_pending=8", "unique_id=00112233445566778899aabbccddeeff", NULL};
static const char *const good_ping[] = {
    "id=00112233445566778899aabbccddeeff", "state=loaded", "in_flight=9", NULL};
static const char *const good_stop[] = {"in_flight=9", NULL};
static const char *const good_stats[] = {"run_count=1", "run_errors=2", "run_total_us=3",
    "run_longest_us=4", "info_count=1", "info_errors=2", "info_total_us=3", "info_longest_us=4",
    "ping_count=1", "ping_errors=2", "ping_total_us=3", "ping_longest_us=4", "stop_count=1",
    "stop_errors=2", "stop_total_us=3", "stop_longest_us=4", "stats_count=1", "stats_errors=2",
    "stats_total_us=3", "stats_longest_us=4", NULL};

static const struct kind {
	int32_t proc;
	const char *const *good; /* what must be there */
} kinds[] = {
    {RPC5_RUN, good_result},
    {RPC5_INFO, good_info},
    {RPC5_PING, good_ping},
    {RPC5_STOP, good_stop},
    {RPC5_STATS, good_stats},
};

/* As by a server from before it was told. */
static void
not_said(struct rpc5_load load)
{
	ck_assert_int_eq(load.loaded, 0);
	ck_assert_int_eq(load.in_flight, -1);
}

START_TEST(what_results_need_not_have_is_zero)
{
	struct results got;

	ck_assert_int_eq(get_strings(good_result, RPC5_RUN, &got), SRPC_OK);
	ck_assert_int_eq(got.failure.code, 0);
	ck_assert_int_eq(got.result.status, 3);
	ck_assert_int_eq(got.result.signal, 0);
	ck_assert_int_eq(got.result.core, 0);
	ck_assert_int_eq(got.result.why, RPC5_ENDED);
	ck_assert_int_eq(got.result.user_us, 0);
	ck_assert_int_eq(got.result.queue_us, 0);
	ck_assert(!got.result.stdin_read.given);
	ck_assert(!got.result.linger_us.given);
	not_said(got.result.load);

	ck_assert_int_eq(get_strings(good_info, RPC5_INFO, &got), SRPC_OK);
	ck_assert_str_eq(got.info.machine, "d");
	ck_assert_int_eq(got.info.max_pending, 8);
	ck_assert_ptr_null(got.info.area);
	ck_assert_int_eq(got.info.interface, 0);
	ck_assert_int_eq(got.info.connections, 0);
	rpc_info_free(&got.info);

	ck_assert_int_eq(get_strings(good_stats, RPC5_STATS, &got), SRPC_OK);
	not_said(got.stats.load);

	ck_assert_int_eq(get_strings(good_stop, RPC5_STOP, &got), SRPC_OK);
	ck_assert_int_eq(got.load.loaded, 0);
	ck_assert_int_eq(got.load.in_flight, 9);
}
END_TEST

static int
count(const char *const *strings)
{
	int n;

	for (n = 0; strings[n] != NULL; n++)
		;
	return (n);
}

START_TEST(results_without_what_they_need_are_malformed)
{
	const struct kind *k = &kinds[_i];
	const char *strings[PAIRS_MAX];
	int n = count(k->good), missing, i;
	char words[64];

	for (missing = 0; missing < n; missing++) {
		for (i = 0; i < n; i++)
			strings[i] = k->good[i];
		strings[missing] = "other=1";
		strings[n] = NULL;
		snprintf(words, sizeof(words), "%.*s: is missing",
		    (int)strcspn(k->good[missing], "="), k->good[missing]);
		malformed(strings, k->proc, words);
	}
}
END_TEST

START_TEST(unknown_results_are_ignored_wherever_they_stand)
{
	const struct kind *k = &kinds[_i];
	const char *strings[PAIRS_MAX];
	int n = count(k->good), at, i;
	struct results got;

	for (at = 0; at <= n; at++) {
		for (i = 0; i < n; i++)
			strings[i < at ? i : i + 1] = k->good[i];
		strings[at] = "status_of_the_union=\xff=";
		strings[n + 1] = NULL;
		ck_assert_int_eq(get_strings(strings, k->proc, &got), SRPC_OK);
		ck_assert_int_eq(got.failure.code, 0);
		rpc_info_free(&got.info);
	}
}
END_TEST

/* Behind what must be there; a name that is there already takes its place. */
static void
with(const char *const *good, const char *pair, const char **strings)
{
	size_t name = strcspn(pair, "=") + 1;
	int n = 0;

	for (; *good != NULL; good++)
		if (strncmp(*good, pair, name) != 0)
			strings[n++] = *good;
	strings[n++] = pair;
	strings[n] = NULL;
}

#define COUNTS " must be a number from 0 to 9007199254740992"
#define INTS   " must be a number from 0 to 2147483647"

static const struct {
	int kind;
	const char *pair, *words;
} wrong_results[] = {
    {0, "status=-1", "status=-1: must be a number from 0 to 255"},
    {0, "status=256", "status=256: must be a number from 0 to 255"},
    {0, "status=4294967296", "status=4294967296: must be a number from 0 to 255"},
    {0, "status=", "status=: must be a number from 0 to 255"},
    {0, "signal=-1", "signal=-1: must be a number from 0 to 64"},
    {0, "signal=65", "signal=65: must be a number from 0 to 64"},
    {0, "core=2", "core=2: must be a number from 0 to 1"},
    {0, "core=true", "core=true: must be a number from 0 to 1"},
    {0, "why=bored", "why=bored: must be ended or time-limit or client-signal or server-shutdown"},
    {0, "user_us=-1", "user_us=-1:" COUNTS},
    {0, "user_us=9007199254740993", "user_us=9007199254740993:" COUNTS},
    {0, "system_us=9223372036854775807", "system_us=9223372036854775807:" COUNTS},
    {0, "max_rss_kb=1.0", "max_rss_kb=1.0:" COUNTS},
    {0, "wall_us= 1", "wall_us= 1:" COUNTS},
    {0, "queue_us=+1", "queue_us=+1:" COUNTS},
    {0, "stdin_read=-1", "stdin_read=-1:" COUNTS},
    {0, "linger_us=-1", "linger_us=-1:" COUNTS},
    {0, "state=busy", "state=busy: must be ok or loaded"},
    {0, "in_flight=-1", "in_flight=-1:" INTS},
    {0, "Status=1", "Status=1: not NAME=VALUE"},
    {1, "cpus=-1", "cpus=-1:" INTS},
    {1, "mem_kb=2147483648", "mem_kb=2147483648:" INTS},
    {1, "load_percent=2.42", "load_percent=2.42:" INTS},
    {1, "load_percent=nan", "load_percent=nan:" INTS},
    {1, "unique_id=00", "unique_id=00: must be 32 hexadecimal digits"},
    {1, "started=-1", "started=-1:" COUNTS},
    {1, "runs=9007199254740993", "runs=9007199254740993:" COUNTS},
    {1, "interface=99999999999", "interface=99999999999:" INTS},
    {2, "id=", "id=: must be 32 hexadecimal digits"},
    {2, "state=", "state=: must be ok or loaded"},
    {2, "in_flight=2147483648", "in_flight=2147483648:" INTS},
    {4, "run_count=-1", "run_count=-1:" COUNTS},
    {4, "stats_longest_us=9007199254740993", "stats_longest_us=9007199254740993:" COUNTS},
    {4, "state=0", "state=0: must be ok or loaded"},
    {3, "in_flight=-1", "in_flight=-1:" INTS},
    {3, "state=ending", "state=ending: must be ok or loaded"},
};

START_TEST(a_result_out_of_its_bounds_is_malformed)
{
	const struct kind *k = &kinds[wrong_results[_i].kind];
	const char *strings[PAIRS_MAX];

	with(k->good, wrong_results[_i].pair, strings);
	malformed(strings, k->proc, wrong_results[_i].words);
}
END_TEST

START_TEST(results_are_at_most_64_and_given_once)
{
	static const char *const twice[] = {"status=0", "signal=0", "status=0", NULL};
	static char names[PAIRS_MAX - 1][16];
	const char *strings[PAIRS_MAX + 2] = {"status=0", "signal=0"};
	struct results got;
	size_t i;

	malformed(twice, RPC5_RUN, "status: given twice");
	for (i = 0; i < LENGTH(names); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu=", i);
		strings[2 + i] = names[i];
	}
	malformed(strings, RPC5_RUN, "65: there may be 64 at most");
	strings[PAIRS_MAX] = NULL;
	ck_assert_int_eq(get_strings(strings, RPC5_RUN, &got), SRPC_OK);
}
END_TEST

START_TEST(a_failure_stands_in_place_of_any_results)
{
	static const char *const failure[] = {"state=loaded", "retry_ms=3600000",
	    "errno=2147483647", "words=no = no", "failure=-2147483648", "status=x",
	    "in_flight=2147483647", NULL};
	static const char *const bare[] = {"failure=1", NULL};
	struct results got;

	ck_assert_int_eq(get_strings(failure, kinds[_i].proc, &got), SRPC_OK);
	ck_assert_int_eq(got.failure.code, INT32_MIN);
	ck_assert_str_eq(got.failure.words, "no = no");
	ck_assert_int_eq(got.failure.error, INT32_MAX);
	ck_assert_int_eq(got.failure.retry_ms, 3600000);
	ck_assert_int_eq(got.failure.load.loaded, 1);
	ck_assert_int_eq(got.failure.load.in_flight, INT32_MAX);
	rpc5_failure_free(&got.failure);
	ck_assert_ptr_null(got.failure.words);
	rpc_info_free(&got.info);

	ck_assert_int_eq(get_strings(bare, kinds[_i].proc, &got), SRPC_OK);
	ck_assert_int_eq(got.failure.code, 1);
	ck_assert_ptr_null(got.failure.words);
	ck_assert_int_eq(got.failure.error, 0);
	ck_assert_int_eq(got.failure.retry_ms, 0);
	not_said(got.failure.load);
}
END_TEST

static const struct {
	const char *pair, *words;
} wrong_failures[] = {
    {"failure=0", "failure=0: is no failure"},
    {"failure=-0", "failure=0: is no failure"},
    {"failure=", "failure=: must be a number from -2147483648 to 2147483647"},
    {"failure=2147483648", "failure=2147483648: must be a number from -2147483648 to 2147483647"},
    {"words=", "words: must have 1 to 65536 bytes"},
    {"errno=0", "errno=0: must be a number from 1 to 2147483647"},
    {"errno=-2", "errno=-2: must be a number from 1 to 2147483647"},
    {"retry_ms=0", "retry_ms=0: must be a number from 1 to 3600000"},
    {"retry_ms=3600001", "retry_ms=3600001: must be a number from 1 to 3600000"},
    {"state=", "state=: must be ok or loaded"},
    {"in_flight=-1", "in_flight=-1:" INTS},
};

/* Above all nothing that says "failure" is taken for success. */
START_TEST(a_malformed_failure_is_malformed)
{
	static const char *const good[] = {"words=why", "failure=10", "status=0", "signal=0", NULL};
	const char *strings[PAIRS_MAX];

	with(good, wrong_failures[_i].pair, strings);
	malformed(strings, RPC5_RUN, wrong_failures[_i].words);
}
END_TEST

START_TEST(a_failure_goes_round)
{
	const struct srpc_error why[] = {
	    {.code = 10, .message = "no room", .retry_ms = 5000},
	    {.code = 10, .message = "no tool", .exec_errno = 2},
	    {.code = -8, .message = "\n\"=\xff"},
	    {.code = -7, .message = ""},
	};
	struct srpc_reader r;
	struct results got;
	struct buf b = {0};
	size_t i;

	for (i = 0; i < LENGTH(why); i++) {
		rpc5_put_failure(&b, &why[i], (struct rpc5_load){1, 7});
		r = received(&b);
		ck_assert_int_eq(get(&r, kinds[_i].proc, &got), SRPC_OK);
		ck_assert_uint_eq(r.pos, r.len);
		ck_assert_int_eq(got.failure.code, why[i].code);
		if (*why[i].message == '\0')
			ck_assert_ptr_null(got.failure.words);
		else
			ck_assert_str_eq(got.failure.words, why[i].message);
		ck_assert_int_eq(got.failure.error, why[i].exec_errno);
		ck_assert_int_eq(got.failure.retry_ms, why[i].retry_ms);
		ck_assert_int_eq(got.failure.load.loaded, 1);
		ck_assert_int_eq(got.failure.load.in_flight, 7);
		rpc5_failure_free(&got.failure);
	}
}
END_TEST

START_TEST(a_part_of_the_results_asks_for_more_and_moves_nothing)
{
	const struct kind *k = &kinds[_i];
	struct srpc_reader r;
	struct results got;
	struct buf b = {0};
	size_t len;

	srpc_put_code(&b, SRPC_TRUE); /* is taken already */
	srpc_put_chars_seq(&b, k->good);
	srpc_put_code(&b, SRPC_END_CALL);
	len = b.len;
	r = received(&b);
	r.pos = 1;
	for (r.len = 1; r.len < len; r.len++) {
		ck_assert_int_eq(get(&r, k->proc, &got), SRPC_MORE);
		ck_assert_uint_eq(r.pos, 1);
		ck_assert_int_eq(got.failure.code, 0);
	}
	ck_assert_int_eq(get(&r, k->proc, &got), SRPC_OK);
	rpc_info_free(&got.info);
}
END_TEST

START_TEST(a_failure_item_in_place_of_results_is_the_servers)
{
	struct srpc_reader r;
	struct results got;
	struct buf b = {0};
	int behind;

	for (behind = 0; behind < 2; behind++) {
		if (behind)
			srpc_put_chars_seq(&b, kinds[_i].good);
		srpc_put_failure(&b, SRPC_READ_TIMEOUT, "too slow");
		r = received(&b);
		ck_assert_int_eq(get(&r, kinds[_i].proc, &got), -1);
		ck_assert(err.from_peer);
		ck_assert_int_eq(err.code, SRPC_READ_TIMEOUT);
		ck_assert_str_eq(err.message, "too slow");
		ck_assert_int_eq(got.failure.code, 0);
	}
}
END_TEST

START_TEST(another_item_in_place_of_results_is_a_mix_up)
{
	struct srpc_reader r;
	struct results got;
	struct buf b = {0};

	srpc_put_int32(&b, 0);
	r = received(&b);
	refused(get(&r, kinds[_i].proc, &got), SRPC_PROTOCOL_VIOLATION,
	    "[from other end] Mix-up: expected item code 33, got 30");
	srpc_put_chars_seq(&b, kinds[_i].good);
	srpc_put_code(&b, SRPC_END_ACK);
	r = received(&b);
	refused(get(&r, kinds[_i].proc, &got), SRPC_PROTOCOL_VIOLATION,
	    "[from other end] Mix-up: expected item code 12, got 13");
}
END_TEST

/* ---- the manual --------------------------------------------------------------------------- */

/* Every name in a list of pairs has its item on the page. */
static void
check_told(const char *page, struct srpc_reader *r)
{
	struct srpc_item list;
	char item[128];
	int32_t i;

	ck_assert_int_eq(srpc_next(r, SRPC_CHARS_SEQ, &list, &err), SRPC_OK);
	ck_assert_int_gt(list.number, 0);
	for (i = 0; i < list.number; i++) {
		const char *pair = srpc_string(&list, i);

		snprintf(item, sizeof(item), "\n.It Cm %.*s\n", (int)strcspn(pair, "="), pair);
		ck_assert_msg(strstr(page, item) != NULL, "%s does not tell:%s", MANUAL, item);
	}
}

START_TEST(the_manual_tells_every_option_and_result)
{
	static char page[MAX_PAGE], text[] = "x", in[] = "/x";
	static const char *strings[] = {"x", NULL};
	const struct rpc_run run = {.root = 1,
	    .root_name = text,
	    .directory = text,
	    .stdin_file = in,
	    .time_limit_ms = 1,
	    .keep_alive_ms = 100,
	    .label = text,
	    .queue_ms = 1,
	    .closed = 2,
	    .umask = {.given = true},
	    .limits = {{.given = true}, {.given = true}, {.given = true}, {.given = true},
		{.given = true}, {.given = true}},
	    .env = strings,
	    .argv = strings};
	const struct srpc_error why = {.code = 1, .message = "x", .exec_errno = 1, .retry_ms = 1};
	const struct rpc_info info = {.sysname = text,
	    .release = text,
	    .version = text,
	    .machine = text,
	    .area = text,
	    .software = text};
	const struct rpc5_result result = {
	    .stdin_read = {.given = true}, .linger_us = {.given = true}};
	const struct rpc5_ping ping = {0};
	const struct rpc5_stats stats = {0};
	struct srpc_item start;
	struct srpc_reader r;
	struct buf b = {0};
	FILE *f = fopen(MANUAL, "re");

	ck_assert_msg(f != NULL, "%s: run the tests at the top of the tree", MANUAL);
	ck_assert_uint_lt(fread(page, 1, sizeof(page), f), sizeof(page));
	fclose(f);
	rpc5_put_run(&b, &run);
	r = received(&b);
	ck_assert_int_eq(srpc_next(&r, SRPC_START_CALL, &start, &err), SRPC_OK);
	check_told(page, &r);
	check_told(page, &r);
	rpc5_put_result(&b, &result);
	r = received(&b);
	check_told(page, &r);
	rpc5_put_failure(&b, &why, result.load);
	r = received(&b);
	check_told(page, &r);
	rpc5_put_info(&b, &info);
	r = received(&b);
	check_told(page, &r);
	rpc5_put_ping(&b, &ping);
	r = received(&b);
	check_told(page, &r);
	rpc5_put_stop(&b, result.load);
	r = received(&b);
	check_told(page, &r);
	rpc5_put_stats(&b, &stats);
	r = received(&b);
	check_told(page, &r);
}
END_TEST

Suite *
rpc5_suite(void)
{
	Suite *suite = suite_create("rpc5");
	TCase *tc = tcase_create("runs");

	tcase_add_test(tc, a_run_has_these_defaults);
	tcase_add_loop_test(tc, an_option_may_stand_in_either_list, 0, 2);
	tcase_add_test(tc, what_must_be_understood_prevails);
	tcase_add_test(tc, an_unknown_option_is_ignored_where_it_may_be);
	tcase_add_test(tc, an_unknown_option_is_refused_where_it_must_be_understood);
	tcase_add_loop_test(tc, a_wrong_value_is_refused_in_either_list, 0, LENGTH(wrong));
	tcase_add_test(tc, values_may_be_as_long_as_their_bounds);
	tcase_add_test(tc, an_option_may_be_given_once_in_a_list);
	tcase_add_test(tc, a_list_has_64_options_at_most);
	tcase_add_test(tc, a_root_has_either_an_index_or_a_name);
	tcase_add_loop_test(tc, the_name_of_a_root_is_no_path, 0, 3);
	tcase_add_test(tc, input_comes_from_one_place);
	tcase_add_loop_test(tc, what_is_closed_leads_nowhere_else, 0, 8);
	tcase_add_test(tc, what_a_client_has_for_itself_goes_round_as_what_may_be_ignored);
	tcase_add_test(tc, a_command_has_a_tool);
	tcase_add_test(tc, environment_and_command_are_any_strings);
	tcase_add_test(tc, a_call_of_megabytes_goes_round);
	tcase_add_test(tc, what_is_not_given_is_not_sent);
	suite_add_tcase(suite, tc);

	tc = tcase_create("calls");
	tcase_add_test(tc, the_procedures_are_1_and_4_to_7);
	tcase_add_test(tc, the_other_calls_know_no_options);
	tcase_add_loop_test(tc, a_call_without_one_of_its_items_is_a_mix_up, 0, 5);
	tcase_add_test(tc, a_part_of_a_call_asks_for_more);
	tcase_add_loop_test(tc, a_failure_in_place_of_an_item_is_the_peers, 0, 5);
	suite_add_tcase(suite, tc);

	tc = tcase_create("results");
	tcase_add_test(tc, what_results_need_not_have_is_zero);
	tcase_add_loop_test(tc, results_without_what_they_need_are_malformed, 0, LENGTH(kinds));
	tcase_add_loop_test(tc, unknown_results_are_ignored_wherever_they_stand, 0, LENGTH(kinds));
	tcase_add_loop_test(tc, a_result_out_of_its_bounds_is_malformed, 0, LENGTH(wrong_results));
	tcase_add_test(tc, results_are_at_most_64_and_given_once);
	tcase_add_loop_test(tc, a_failure_stands_in_place_of_any_results, 0, LENGTH(kinds));
	tcase_add_loop_test(tc, a_malformed_failure_is_malformed, 0, LENGTH(wrong_failures));
	tcase_add_loop_test(tc, a_failure_goes_round, 0, LENGTH(kinds));
	tcase_add_loop_test(
	    tc, a_part_of_the_results_asks_for_more_and_moves_nothing, 0, LENGTH(kinds));
	tcase_add_loop_test(
	    tc, a_failure_item_in_place_of_results_is_the_servers, 0, LENGTH(kinds));
	tcase_add_loop_test(tc, another_item_in_place_of_results_is_a_mix_up, 0, LENGTH(kinds));
	suite_add_tcase(suite, tc);

	tc = tcase_create("manual");
	tcase_add_test(tc, the_manual_tells_every_option_and_result);
	suite_add_tcase(suite, tc);
	return (suite);
}
