/*
 * Version 5 on the wire: what encoders and decoders say is what is written down in
 * tests/wire/v5-*.txt, and in the worked example of runtool-srpc(7).
 */
#include <string.h>

#include "unit/dump.h"
#include "lib/rpc5.h"
#include "unit/suites.h"
#include "unit/wire.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT	  4194304
#define MANUAL	  "man/runtool-srpc.7"
#define EXAMPLE	  ".Sh EXAMPLES"
#define RUN	  "tests/wire/v5-run.txt"
#define INFO	  "tests/wire/v5-info.txt"
#define PING	  "tests/wire/v5-ping.txt"
#define STOP	  "tests/wire/v5-stop.txt"
#define STATS	  "tests/wire/v5-stats.txt"
#define REFUSED	  "tests/wire/v5-refused.txt"

static struct srpc_error err;

static struct srpc_reader
reader(const struct buf *b)
{
	return ((struct srpc_reader){
	    .data = wire_received(b->data, b->len), .len = b->len, .limit = LIMIT});
}

static struct srpc_item
next(struct srpc_reader *r, uint8_t code)
{
	struct srpc_item item;

	ck_assert_msg(
	    srpc_next(r, code, &item, &err) == SRPC_OK, "at %zu: %s", r->pos, err.message);
	return (item);
}

static void
same_bytes(const struct buf *got, const struct buf *expected)
{
	ck_assert(!got->failed);
	ck_assert_uint_eq(got->len, expected->len);
	ck_assert_mem_eq(got->data, expected->data, expected->len);
}

static void
same_text(const char *got, const char *expected)
{
	ck_assert_int_eq(got == NULL, expected == NULL);
	if (got != NULL)
		ck_assert_str_eq(got, expected);
}

static void
same_strings(const char *const *got, const char *const *expected)
{
	for (; *expected != NULL; got++, expected++)
		ck_assert_str_eq(*got, *expected);
	ck_assert_ptr_null(*got);
}

/* ---- what the exchanges are about --------------------------------------------------------- */

static char wd[] = ".WD", here[] = "", elsewhere[] = "work/a b", nothing[] = "";
static char hostname[] = "/etc/hostname", root_name[] = "host", label[] = "a=b, c";

static const char *none[] = {NULL};
static const char *echo_argv[] = {"/bin/echo", "hi", NULL};
static const char *nothing_argv[] = {"/bin/nothing", NULL}, *cat_argv[] = {"/bin/cat", NULL};
static const char *all_env[] = {"PATH=/bin", "EMPTY=", "=", "no equals sign", "", NULL};
static const char *all_argv[] = {"sh", "-c", "cat >&2", "", NULL};

/* Of keep_alive_ms 0 is "not given" for the encoder; the decoder has the default then. */
static const struct rpc_run echo_run = {
    .root = 2051, .directory = wd, .stdin_file = nothing, .env = none, .argv = echo_argv};
static const struct rpc_run nothing_run = {
    .root = 1, .directory = wd, .stdin_file = nothing, .env = none, .argv = nothing_argv};
static const struct rpc_run all_run = {.root = UINT32_MAX,
    .directory = here,
    .stdin_file = nothing,
    .stream_stdin = 1,
    .time_limit_ms = INT32_MAX,
    .keep_alive_ms = 100,
    .label = label,
    .env = all_env,
    .argv = all_argv};
static const struct rpc_run named_run = {.root_name = root_name,
    .directory = elsewhere,
    .stdin_file = hostname,
    .merge = 1,
    .env = none,
    .argv = cat_argv};

static const struct rpc5_result echo_result = {.user_us = 412,
    .system_us = 655,
    .max_rss_kb = 1792,
    .wall_us = 1204,
    .queue_us = 96,
    .load = {0, 2}};
static const struct rpc5_result named_result = {
    .status = 255, .why = RPC5_TIME_LIMIT, .wall_us = 2000000, .load = {0, 2}};
static const struct rpc5_result all_result = {.signal = 15,
    .core = 1,
    .why = RPC5_CLIENT_SIGNAL,
    .user_us = 1LL << 53,
    .max_rss_kb = 1LL << 53,
    .wall_us = 1LL << 53,
    .queue_us = 1LL << 53,
    .load = {1, 21}};

static const struct srpc_error no_room = {
    .code = 10, .message = "request denied: server too busy", .retry_ms = 900};
static const struct srpc_error not_executed = {.code = 10,
    .message = "/bin/nothing: Execve failure, No such file or directory (errno = 2)",
    .exec_errno = 2};
static const struct srpc_error not_here = {
    .code = -8, .message = "stop: only from the server's own host"};

#define UNIQUE                                                                                \
	{                                                                                     \
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, \
		    0xdd, 0xee, 0xff                                                          \
	}

static char sysname[] = "Linux", release[] = "6.1.0-28-amd64", version[] = "#1 SMP";
static char machine[] = "x86_64", area[] = "default", software[] = "RunToolServer 0.1.0";
static const struct rpc_info info = {.sysname = sysname,
    .release = release,
    .version = version,
    .machine = machine,
    .cpus = 2,
    .cpu_mhz = 2300,
    .mem_kb = 24684096,
    .max_tools = 4,
    .cur_tools = 4,
    .load = 2.42F,
    .cur_pending = 7,
    .max_pending = 32,
    .unique = UNIQUE,
    .loaded = 1,
    .in_flight = 11,
    .interface = 5,
    .area = area,
    .software = software,
    .started = 1795363200,
    .runs = 123456789012,
    .failures = 7,
    .connections = 42};
static const struct rpc5_ping ping = {.unique = UNIQUE};
static const struct rpc5_stats stats = {
    {
	[RPC5_CALL_RUN] = {123456, 7, 9876543210123, 3600000000},
	[RPC5_CALL_INFO] = {42, 0, 2100, 96},
	[RPC5_CALL_PING] = {1LL << 53, 1LL << 53, 1LL << 53, 1LL << 53},
	[RPC5_CALL_STATS] = {1, 0, 25, 25},
    },
    {0, 2}};

/* What one side says between a run call and its results; code 0 is the end. */
struct said {
	uint8_t code;
	int32_t number;
	const char *bytes;
	size_t length;
};

static const struct said silence[] = {{0}};
static const struct said echo_output[] = {{RPC5_STDOUT, 0, "hi\n", 3}, {0}};
static const struct said named_output[] = {{RPC5_STDOUT, 0, "vm\n", 3}, {0}};
static const struct said all_server[] = {{RPC5_QUEUED, 0, NULL, 0}, {RPC5_QUEUED, 0, NULL, 0},
    {RPC5_RUNNING, 0, NULL, 0}, {SRPC_INT32, 262144, NULL, 0}, {RPC5_STDERR, 0, "in\0put", 6},
    {RPC5_RUNNING, 0, NULL, 0}, {0}};
static const struct said all_client[] = {{SRPC_BYTES, 0, "in\0put", 6}, {SRPC_BYTES, 0, "", 0},
    {SRPC_INT32, 10, NULL, 0}, {SRPC_INT32, RPC5_NO_STDOUT, NULL, 0},
    {SRPC_INT32, RPC5_NO_STDERR, NULL, 0}, {SRPC_INT32, 15, NULL, 0}, {0}};

static const struct exchange {
	const char *file, *section;
	bool hello; /* the first call of the connection */
	int32_t proc;
	const struct rpc_run *run;
	const struct said *client, *server;
	const struct rpc5_result *result;
	const struct srpc_error *failure; /* instead */
	struct rpc5_load load;		  /* of a failure or a stop */
} exchanges[] = {
    {RUN, "## echo", true, RPC5_RUN, &echo_run, silence, echo_output, &echo_result, NULL, {0}},
    {RUN, "## everything", true, RPC5_RUN, &all_run, all_client, all_server, &all_result, NULL,
	{0}},
    {RUN, "## named root", false, RPC5_RUN, &named_run, silence, named_output, &named_result, NULL,
	{0}},
    {RUN, "## no room", true, RPC5_RUN, &nothing_run, silence, silence, NULL, &no_room, {1, 32}},
    {RUN, "## not executed", true, RPC5_RUN, &nothing_run, silence, silence, NULL, &not_executed,
	{0, 3}},
    {INFO, "## information", true, RPC5_INFO, NULL, silence, silence, NULL, NULL, {0}},
    {PING, "## ping", true, RPC5_PING, NULL, silence, silence, NULL, NULL, {0}},
    {STOP, "## stop", true, RPC5_STOP, NULL, silence, silence, NULL, NULL, {0, 3}},
    {STOP, "## stop from another host", true, RPC5_STOP, NULL, silence, silence, NULL, &not_here,
	{0, 3}},
    {STATS, "## statistics", true, RPC5_STATS, NULL, silence, silence, NULL, NULL, {0}},
    {MANUAL, EXAMPLE, true, RPC5_RUN, &echo_run, silence, echo_output, &echo_result, NULL, {0}},
};

/* ---- encoders ----------------------------------------------------------------------------- */

static void
put_said(struct buf *b, const struct said *said)
{
	size_t head;

	for (; said->code != 0; said++) {
		head = b->len;
		if (said->bytes != NULL) {
			srpc_put_bytes(b, said->bytes, said->length);
			b->data[head] = said->code;
		} else if (said->code == SRPC_INT32) {
			srpc_put_int32(b, said->number);
		} else {
			srpc_put_code(b, said->code);
		}
	}
}

static void
put_client(struct buf *b, const struct exchange *x)
{
	if (x->hello)
		srpc_put_hello(b);
	if (x->run != NULL)
		rpc5_put_run(b, x->run);
	else
		rpc5_put_call(b, x->proc);
	put_said(b, x->client);
	srpc_put_code(b, SRPC_END_ACK);
}

static void
put_server(struct buf *b, const struct exchange *x)
{
	if (x->hello)
		srpc_put_hello(b);
	put_said(b, x->server);
	if (x->failure != NULL)
		rpc5_put_failure(b, x->failure, x->load);
	else if (x->proc == RPC5_RUN)
		rpc5_put_result(b, x->result);
	else if (x->proc == RPC5_INFO)
		rpc5_put_info(b, &info);
	else if (x->proc == RPC5_PING)
		rpc5_put_ping(b, &ping);
	else if (x->proc == RPC5_STATS)
		rpc5_put_stats(b, &stats);
	else
		rpc5_put_stop(b, x->load);
}

START_TEST(a_client_sends_these_bytes)
{
	const struct exchange *x = &exchanges[_i];
	struct buf expected = dump_read(x->file, x->section, "client"), got = {0};

	put_client(&got, x);
	same_bytes(&got, &expected);
	buf_free(&got);
	buf_free(&expected);
}
END_TEST

START_TEST(a_server_sends_these_bytes)
{
	const struct exchange *x = &exchanges[_i];
	struct buf expected = dump_read(x->file, x->section, "server"), got = {0};

	put_server(&got, x);
	same_bytes(&got, &expected);
	buf_free(&got);
	buf_free(&expected);
}
END_TEST

/* ---- decoders ----------------------------------------------------------------------------- */

static void
check_hello(struct srpc_reader *r)
{
	struct srpc_item item = next(r, SRPC_HELLO);

	ck_assert_uint_eq(item.length, sizeof(SRPC_VERSION));
	ck_assert_mem_eq(item.bytes, SRPC_VERSION, sizeof(SRPC_VERSION));
}

static void
check_said(struct srpc_reader *r, const struct said *said)
{
	struct srpc_item item;

	for (; said->code != 0; said++) {
		item = next(r, said->code == SRPC_FALSE ? SRPC_TRUE : said->code);
		ck_assert_int_eq(item.code, said->code);
		ck_assert_int_eq(item.number, said->number);
		ck_assert_uint_eq(item.length, said->length);
		if (said->length > 0)
			ck_assert_mem_eq(item.bytes, said->bytes, said->length);
	}
}

/* The reader stands at the arguments; the call is complete as soon as its end_call is there. */
static void
check_complete(const struct srpc_reader *at, int32_t proc, size_t end)
{
	struct srpc_reader r = *at;
	unsigned int step = 0;

	for (r.len = r.pos; r.len < end; r.len++)
		ck_assert_int_eq(rpc5_scan_call(&r, proc, &step, &err), SRPC_MORE);
	ck_assert_int_eq(rpc5_scan_call(&r, proc, &step, &err), SRPC_OK);
	ck_assert_uint_eq(r.pos, end);
}

static void
check_run(struct srpc_reader *r, const struct rpc_run *expected)
{
	struct rpc_run run;

	ck_assert_msg(rpc5_get_run(r, &run, &err) == 0, "%s", err.message);
	ck_assert_uint_eq(run.root, expected->root);
	same_text(run.root_name, expected->root_name);
	same_text(run.directory, expected->directory);
	same_text(run.stdin_file, expected->stdin_file);
	same_text(run.label, expected->label);
	ck_assert_int_eq(run.stream_stdin, expected->stream_stdin);
	ck_assert_int_eq(run.merge, expected->merge);
	ck_assert_int_eq(run.time_limit_ms, expected->time_limit_ms);
	ck_assert_int_eq(
	    run.keep_alive_ms, expected->keep_alive_ms == 0 ? 20000 : expected->keep_alive_ms);
	same_strings(run.env, expected->env);
	same_strings(run.argv, expected->argv);
	rpc_run_free(&run);
}

START_TEST(these_bytes_are_the_clients_call)
{
	const struct exchange *x = &exchanges[_i];
	struct buf sent = dump_read(x->file, x->section, "client");
	struct srpc_reader r = reader(&sent), arguments;
	struct srpc_item item;

	if (x->hello)
		check_hello(&r);
	item = next(&r, SRPC_START_CALL);
	ck_assert_int_eq(item.number, x->proc);
	ck_assert_int_eq(item.version, RPC5_VERSION);
	ck_assert(rpc5_known(item.number));
	arguments = r;
	if (x->run != NULL)
		check_run(&r, x->run);
	else
		ck_assert_int_eq(rpc5_get_options(&r, &err), 0);
	check_complete(&arguments, x->proc, r.pos);
	check_said(&r, x->client);
	next(&r, SRPC_END_ACK);
	ck_assert_uint_eq(r.pos, r.len);
	buf_free(&sent);
}
END_TEST

static void
same_load(struct rpc5_load got, struct rpc5_load expected)
{
	ck_assert_int_eq(got.loaded, expected.loaded);
	ck_assert_int_eq(got.in_flight, expected.in_flight);
}

static void
check_result(const struct rpc5_result *got, const struct rpc5_result *expected)
{
	ck_assert_int_eq(got->status, expected->status);
	ck_assert_int_eq(got->signal, expected->signal);
	ck_assert_int_eq(got->core, expected->core);
	ck_assert_int_eq(got->why, expected->why);
	ck_assert_int_eq(got->user_us, expected->user_us);
	ck_assert_int_eq(got->system_us, expected->system_us);
	ck_assert_int_eq(got->max_rss_kb, expected->max_rss_kb);
	ck_assert_int_eq(got->wall_us, expected->wall_us);
	ck_assert_int_eq(got->queue_us, expected->queue_us);
	same_load(got->load, expected->load);
}

static void
check_info(const struct rpc_info *got)
{
	same_text(got->sysname, info.sysname);
	same_text(got->release, info.release);
	same_text(got->version, info.version);
	same_text(got->machine, info.machine);
	ck_assert_int_eq(got->cpus, info.cpus);
	ck_assert_int_eq(got->cpu_mhz, info.cpu_mhz);
	ck_assert_int_eq(got->mem_kb, info.mem_kb);
	ck_assert_int_eq(got->max_tools, info.max_tools);
	ck_assert_int_eq(got->cur_tools, info.cur_tools);
	ck_assert_float_eq_tol(got->load, info.load, 1e-6F);
	ck_assert_int_eq(got->cur_pending, info.cur_pending);
	ck_assert_int_eq(got->max_pending, info.max_pending);
	ck_assert_mem_eq(got->unique, info.unique, RPC_UNIQUE_SIZE);
	ck_assert_int_eq(got->loaded, info.loaded);
	ck_assert_int_eq(got->in_flight, info.in_flight);
	ck_assert_int_eq(got->interface, info.interface);
	same_text(got->area, info.area);
	same_text(got->software, info.software);
	ck_assert_int_eq(got->started, info.started);
	ck_assert_int_eq(got->runs, info.runs);
	ck_assert_int_eq(got->failures, info.failures);
	ck_assert_int_eq(got->refused, info.refused);
	ck_assert_int_eq(got->connections, info.connections);
}

static void
check_failure(const struct rpc5_failure *got, const struct srpc_error *expected)
{
	ck_assert_int_eq(got->code, expected->code);
	same_text(got->words, expected->message);
	ck_assert_int_eq(got->error, expected->exec_errno);
	ck_assert_int_eq(got->retry_ms, expected->retry_ms);
}

/* What decodes results of any call. */
struct results {
	struct rpc5_result result;
	struct rpc_info info;
	struct rpc5_ping ping;
	struct rpc5_stats stats;
	struct rpc5_load load;
	struct rpc5_failure failure;
};

static int
get_results(struct srpc_reader *r, int32_t proc, struct results *got)
{
	switch (proc) {
	case RPC5_RUN:
		return (rpc5_get_result(r, &got->result, &got->failure, &err));
	case RPC5_INFO:
		return (rpc5_get_info(r, &got->info, &got->failure, &err));
	case RPC5_PING:
		return (rpc5_get_ping(r, &got->ping, &got->failure, &err));
	case RPC5_STATS:
		return (rpc5_get_stats(r, &got->stats, &got->failure, &err));
	default:
		return (rpc5_get_stop(r, &got->load, &got->failure, &err));
	}
}

static void
check_results(const struct results *got, const struct exchange *x)
{
	if (x->failure != NULL) {
		check_failure(&got->failure, x->failure);
		same_load(got->failure.load, x->load);
		return;
	}
	ck_assert_int_eq(got->failure.code, 0);
	if (x->proc == RPC5_RUN) {
		check_result(&got->result, x->result);
	} else if (x->proc == RPC5_INFO) {
		check_info(&got->info);
	} else if (x->proc == RPC5_PING) {
		ck_assert_mem_eq(got->ping.unique, ping.unique, RPC_UNIQUE_SIZE);
		same_load(got->ping.load, ping.load);
	} else if (x->proc == RPC5_STATS) {
		ck_assert_mem_eq(&got->stats, &stats, sizeof(stats));
	} else {
		same_load(got->load, x->load);
	}
}

START_TEST(these_bytes_are_the_servers_results)
{
	const struct exchange *x = &exchanges[_i];
	struct buf sent = dump_read(x->file, x->section, "server");
	struct srpc_reader r = reader(&sent);
	struct results got = {0};
	size_t start;

	if (x->hello)
		check_hello(&r);
	check_said(&r, x->server);
	start = r.pos;
	for (r.len = start; r.len < sent.len; r.len++) {
		ck_assert_int_eq(get_results(&r, x->proc, &got), SRPC_MORE);
		ck_assert_uint_eq(r.pos, start);
	}
	ck_assert_msg(get_results(&r, x->proc, &got) == SRPC_OK, "%s", err.message);
	ck_assert_uint_eq(r.pos, sent.len);
	check_results(&got, x);
	rpc_info_free(&got.info);
	rpc5_failure_free(&got.failure);
	buf_free(&sent);
}
END_TEST

/* ---- refusals ----------------------------------------------------------------------------- */

START_TEST(an_option_that_a_server_does_not_know_is_refused_in_these_bytes)
{
	static const char section[] = "## an option that it must understand";
	struct buf sent = dump_read(REFUSED, section, "client");
	struct buf answer = dump_read(REFUSED, section, "server"), got = {0};
	struct srpc_reader r = reader(&sent);
	struct rpc_run run;

	check_hello(&r);
	next(&r, SRPC_START_CALL);
	ck_assert_int_eq(rpc5_get_run(&r, &run, &err), -1);
	rpc_run_free(&run);
	srpc_put_hello(&got);
	rpc5_put_failure(&got, &err, (struct rpc5_load){.in_flight = 2});
	same_bytes(&got, &answer);
	buf_free(&got);
	buf_free(&answer);
	buf_free(&sent);
}
END_TEST

START_TEST(a_version_that_a_server_does_not_know_is_refused_in_these_bytes)
{
	static const char *const sections[] = {
	    "## version 6", "## version 5, by a server of version 4"};
	static const char *const words[] = {
	    "RunToolServer: Unsupported interface version 6: this server speaks 5 and older",
	    "RunToolServer: Unsupported interface version 5: this server speaks 4 and older "
	    "(max_interface_version)"};
	struct buf sent = dump_read(REFUSED, sections[_i], "client");
	struct buf answer = dump_read(REFUSED, sections[_i], "server"), got = {0};
	struct srpc_reader r = reader(&sent);
	struct srpc_item item;

	check_hello(&r);
	item = next(&r, SRPC_START_CALL);
	ck_assert_int_eq(item.version, _i == 0 ? 6 : 5);
	srpc_put_hello(&got);
	srpc_put_failure(&got, SRPC_VERSION_SKEW, words[_i]);
	same_bytes(&got, &answer);

	r = reader(&answer);
	check_hello(&r);
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), -1);
	ck_assert(err.from_peer);
	ck_assert_int_eq(err.code, SRPC_VERSION_SKEW);
	buf_free(&got);
	buf_free(&answer);
	buf_free(&sent);
}
END_TEST

Suite *
wire5_suite(void)
{
	Suite *suite = suite_create("wire5");
	TCase *tc = tcase_create("exchanges");

	tcase_add_loop_test(tc, a_client_sends_these_bytes, 0, LENGTH(exchanges));
	tcase_add_loop_test(tc, a_server_sends_these_bytes, 0, LENGTH(exchanges));
	tcase_add_loop_test(tc, these_bytes_are_the_clients_call, 0, LENGTH(exchanges));
	tcase_add_loop_test(tc, these_bytes_are_the_servers_results, 0, LENGTH(exchanges));
	tcase_add_test(tc, an_option_that_a_server_does_not_know_is_refused_in_these_bytes);
	tcase_add_loop_test(
	    tc, a_version_that_a_server_does_not_know_is_refused_in_these_bytes, 0, 2);
	suite_add_tcase(suite, tc);
	return (suite);
}
