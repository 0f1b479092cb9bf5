/*
 * fuzz_srpc: whatever arrives, and however it is split, decodes to the same result and touches no
 * byte that was not received; what version 5 takes is within its bounds, and is the same once it was
 * encoded and decoded again. The input's first bytes choose what is decoded, the interface version
 * and where the rest is split.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rpc5.h"

#define LIMIT		65536
#define HEADER		4  /* bytes of the input that choose */
#define START_CALL_SIZE 9  /* a call's first item, which is decoded elsewhere */
#define SAMPLE_ODDS	64 /* one mutation in so many starts from a good message */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
size_t LLVMFuzzerMutate(uint8_t *, size_t, size_t);
size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned int);

enum target {
	RUN_CALL,
	INFO_CALL,
	RUN_RESULT,
	INFO,
	RUN5_CALL,
	OTHER5_CALL,
	RUN5_ITEMS, /* between the call and the results, either side's */
	RUN5_RESULT,
	INFO5,
	PING5,
	STOP5,
	TARGETS
};

struct outcome {
	int rc;
	size_t pos;
	struct srpc_error err;
};

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_srpc: %s\n", what);
	abort();
}

/* The strings are read to their ends, so that the sanitizer sees a wild one. */
static size_t
length_of(const char *const *strings)
{
	size_t len = 0;

	for (; *strings != NULL; strings++)
		len += strlen(*strings);
	return (len);
}

static void
use_run(struct srpc_reader r)
{
	struct srpc_error err;
	struct rpc_run run;
	uint32_t index;

	r.pos = 0;
	if (rpc_get_run(&r, &run, &err) == 0) {
		must(run.argv[0] != NULL, "a run without a tool was accepted");
		must(length_of(run.env) < SIZE_MAX && length_of(run.argv) < SIZE_MAX, "strings");
		rpc_handle_index(run.handle, &index);
	}
	rpc_run_free(&run);
}

/* ---- version 5 ---------------------------------------------------------------------------- */

static bool
between(int64_t n, int64_t min, int64_t max)
{
	return (min <= n && n <= max);
}

static struct srpc_reader
all_of(const struct buf *b)
{
	must(!b->failed, "what was decoded cannot be encoded");
	return ((struct srpc_reader){.data = b->data, .len = b->len, .limit = SIZE_MAX / 2});
}

/* Both were made of the same. */
static void
same_bytes(struct buf *a, struct buf *b)
{
	must(a->len == b->len && memcmp(a->data, b->data, a->len) == 0,
	    "it is something else once it was encoded and decoded again");
	buf_free(a);
	buf_free(b);
}

static void
check_run5(const struct rpc_run *run)
{
	must(run->argv[0] != NULL, "a run without a tool was accepted");
	must(length_of(run->env) < SIZE_MAX && length_of(run->argv) < SIZE_MAX, "strings");
	must((run->root == 0) != (run->root_name == NULL), "no root, or two");
	must(run->root_name == NULL || (between((int64_t)strlen(run->root_name), 1, 255) &&
					   strchr(run->root_name, '/') == NULL),
	    "root_name");
	must(run->label == NULL || between((int64_t)strlen(run->label), 1, 128), "label");
	must(between(run->merge, 0, 1) && between(run->stream_stdin, 0, 1), "words");
	must(run->stream_stdin == 0 || *run->stdin_file == '\0', "two inputs");
	must(run->time_limit_ms >= 0, "time_limit_ms");
	must(between(run->keep_alive_ms, 100, 600000), "keep_alive_ms");
}

static void
use_run5(struct srpc_reader r)
{
	struct buf once = {0}, again = {0};
	struct srpc_reader encoded;
	struct srpc_error err;
	struct rpc_run run;
	bool good;

	r.pos = 0;
	if ((good = rpc5_get_run(&r, &run, &err) == 0)) {
		check_run5(&run);
		rpc5_put_run(&once, &run);
	} else {
		must(!err.from_peer && err.code != 0 && *err.message != '\0', "no reason");
	}
	rpc_run_free(&run);
	if (!good)
		return;
	encoded = all_of(&once);
	encoded.pos = START_CALL_SIZE;
	must(rpc5_get_run(&encoded, &run, &err) == 0, "what was encoded is refused");
	rpc5_put_run(&again, &run);
	rpc_run_free(&run);
	same_bytes(&once, &again);
}

static void
use_options5(struct srpc_reader r)
{
	struct srpc_error err;
	size_t end = r.pos;

	r.pos = 0;
	must(rpc5_get_options(&r, &err) == -1 || r.pos == end, "the reader went astray");
}

/* Results of any kind, checked and encoded where there are some. */
static int
take_results(struct srpc_reader *r, enum target target, struct buf *out, struct srpc_error *err)
{
	struct rpc5_failure failure;
	struct rpc5_result result;
	struct rpc5_ping ping;
	struct rpc_info info = {0};
	struct rpc5_load load;
	int rc;

	if (target == RUN5_RESULT)
		rc = rpc5_get_result(r, &result, &failure, err);
	else if (target == INFO5)
		rc = rpc5_get_info(r, &info, &failure, err);
	else if (target == PING5)
		rc = rpc5_get_ping(r, &ping, &failure, err);
	else
		rc = rpc5_get_stop(r, &load, &failure, err);
	if (rc != SRPC_OK) {
		must(failure.words == NULL && info.sysname == NULL, "something is left to free");
		return (rc);
	}
	if (failure.code != 0) {
		must(failure.error >= 0 && between(failure.retry_ms, 0, 3600000) &&
			 between(failure.load.loaded, 0, 1) && failure.load.in_flight >= -1,
		    "failure");
	} else if (target == RUN5_RESULT) {
		must(between(result.status, 0, 255) && between(result.signal, 0, 64) &&
			 between(result.core, 0, 1) && between(result.why, 0, RPC5_SHUTDOWN) &&
			 between(result.load.loaded, 0, 1) && result.load.in_flight >= -1 &&
			 between(result.wall_us, 0, 1LL << 53),
		    "a result out of its bounds was accepted");
		rpc5_put_result(out, &result);
	} else if (target == INFO5) {
		must(info.sysname != NULL && info.release != NULL && info.version != NULL &&
			 info.machine != NULL && info.load >= 0 && between(info.loaded, 0, 1),
		    "half an information was accepted");
		/* As a float it may be some hundredths off. */
		info.load = 0;
		rpc5_put_info(out, &info);
	} else if (target == PING5) {
		rpc5_put_ping(out, &ping);
	} else {
		rpc5_put_stop(out, load);
	}
	rpc5_failure_free(&failure);
	rpc_info_free(&info);
	return (rc);
}

static int
use_results5(struct srpc_reader *r, enum target target, struct srpc_error *err)
{
	struct buf once = {0}, again = {0};
	struct srpc_reader encoded;
	struct srpc_error none;
	int rc;

	rc = take_results(r, target, &once, err);
	if (once.len > 0) {
		encoded = all_of(&once);
		must(take_results(&encoded, target, &again, &none) == SRPC_OK,
		    "what was encoded is refused");
		same_bytes(&once, &again);
	}
	return (rc);
}

/* As long as there are items that either side may send. */
static int
decode_items(struct srpc_reader *r, struct srpc_error *err)
{
	static const uint8_t codes[] = {SRPC_BYTES, SRPC_CHARS, SRPC_INT32, SRPC_TRUE, SRPC_FALSE};
	struct srpc_item item;
	uint8_t code;
	int rc;

	do {
		if (r->pos == r->len)
			return (SRPC_MORE);
		code = r->data[r->pos];
		if (memchr(codes, code, sizeof(codes)) == NULL)
			code = SRPC_END_CALL;
		if (code == SRPC_FALSE)
			code = SRPC_TRUE;
		rc = srpc_next(r, code, &item, err);
		if (rc == SRPC_OK && item.length > 0)
			must(item.bytes[0] + item.bytes[item.length - 1] >= 0, "bytes");
	} while (rc == SRPC_OK && item.code != SRPC_END_CALL);
	return (rc);
}

/* ---- all versions ------------------------------------------------------------------------- */

static int
decode(struct srpc_reader *r, enum target target, int32_t version, unsigned int *step,
    struct srpc_error *err)
{
	struct rpc_run_result result;
	struct rpc_info info;
	int rc;

	switch (target) {
	case RUN_CALL:
		if ((rc = rpc_scan_call(r, RPC_RUN, step, err)) == SRPC_OK)
			use_run(*r);
		return (rc);
	case INFO_CALL:
		return (rpc_scan_call(r, RPC_INFO, step, err));
	case RUN_RESULT:
		return (rpc_get_run_result(r, version, &result, err));
	case INFO:
		if ((rc = rpc_get_info(r, version, &info, err)) == SRPC_OK)
			rpc_info_free(&info);
		return (rc);
	case RUN5_CALL:
		if ((rc = rpc5_scan_call(r, RPC5_RUN, step, err)) == SRPC_OK)
			use_run5(*r);
		return (rc);
	case OTHER5_CALL:
		if ((rc = rpc5_scan_call(r, RPC5_PING, step, err)) == SRPC_OK)
			use_options5(*r);
		return (rc);
	case RUN5_ITEMS:
		return (decode_items(r, err));
	default:
		return (use_results5(r, target, err));
	}
}

/* Decodes with `first` bytes there, and with all of them where that asks for more. */
static struct outcome
decode_split(const uint8_t *data, size_t size, size_t first, enum target target, int32_t version)
{
	struct srpc_reader r = {.limit = LIMIT};
	struct outcome out = {.rc = SRPC_MORE};
	const size_t lens[] = {first, size};
	unsigned int step = 0;
	uint8_t *copy;
	size_t i;

	for (i = 0; i < 2 && out.rc == SRPC_MORE; i++) {
		/* Of its exact size, so that the sanitizer sees a byte too far. */
		if ((copy = malloc(lens[i] + (lens[i] == 0))) == NULL)
			abort();
		memcpy(copy, data, lens[i]);
		r.data = copy;
		r.len = lens[i];
		out.rc = decode(&r, target, version, &step, &out.err);
		must(r.pos <= r.len, "the reader moved behind what was received");
		free(copy);
	}
	out.pos = r.pos;
	return (out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, split;
	enum target target;
	int32_t version;
	size_t first;

	if (size < HEADER)
		return (0);
	target = data[0] % TARGETS;
	version = data[1] % (RPC_VERSION + 2) - 1;
	first = (size_t)data[2] << 8 | data[3];
	data += HEADER;
	size -= HEADER;

	whole = decode_split(data, size, size, target, version);
	split = decode_split(data, size, first % (size + 1), target, version);
	must(whole.rc == split.rc && whole.pos == split.pos, "a split changed the result");
	if (whole.rc == -1)
		must(whole.err.code == split.err.code &&
			 whole.err.from_peer == split.err.from_peer &&
			 strcmp(whole.err.message, split.err.message) == 0,
		    "a split changed the failure");
	return (0);
}

static char in[] = "/in", wd[] = ".WD", x[] = "x", nothing[] = "";
static const char *env[] = {"A=1", "B=", NULL}, *argv[] = {"/bin/cc", "-c", NULL};

static const struct rpc_info info_sample = {.sysname = x,
    .release = x,
    .version = x,
    .machine = x,
    .load = 2.42F,
    .in_flight = 1,
    .interface = 5,
    .area = x,
    .software = x,
    .started = 1};

/* Half of the runs have what the others do not. */
static void
put_run5_sample(struct buf *b, unsigned int seed)
{
	const struct rpc_run runs[] = {{.root = 2051,
					   .directory = wd,
					   .stdin_file = nothing,
					   .stream_stdin = 1,
					   .time_limit_ms = 1000,
					   .env = env,
					   .argv = argv},
	    {.root_name = x,
		.directory = wd,
		.stdin_file = in,
		.merge = 1,
		.keep_alive_ms = 100,
		.label = x,
		.env = env,
		.argv = argv}};

	rpc5_put_run(b, &runs[seed % 2]);
	buf_consume(b, START_CALL_SIZE);
}

static void
put_items_sample(struct buf *b)
{
	size_t chars = b->len;

	srpc_put_bytes(b, "hi", 2);
	if (!b->failed)
		b->data[chars] = SRPC_CHARS;
	srpc_put_int32(b, 65536);
	srpc_put_bool(b, false);
	srpc_put_bytes(b, "", 0);
	srpc_put_bool(b, true);
	srpc_put_code(b, SRPC_END_CALL);
}

/* One time in four a failure. */
static void
put_results5_sample(struct buf *b, enum target target, unsigned int seed)
{
	const struct rpc5_load load = {.loaded = 1, .in_flight = 1};
	const struct rpc5_result result = {
	    .status = 1, .why = RPC5_TIME_LIMIT, .wall_us = 1, .load = load};
	const struct srpc_error err = {
	    .code = 10, .message = "busy", .exec_errno = 2, .retry_ms = 100};
	const struct rpc5_ping ping = {.load = load};

	if (seed % 4 == 0)
		rpc5_put_failure(b, &err, load);
	else if (target == RUN5_RESULT)
		rpc5_put_result(b, &result);
	else if (target == INFO5)
		rpc5_put_info(b, &info_sample);
	else if (target == PING5)
		rpc5_put_ping(b, &ping);
	else
		rpc5_put_stop(b, load);
}

static void
put_sample(struct buf *b, enum target target, unsigned int seed)
{
	const struct rpc_run run = {
	    .stdin_file = in, .handle = {0, 2, 1}, .directory = wd, .env = env, .argv = argv};
	const struct rpc_run_result result = {.status = 1};

	switch (target) {
	case RUN_CALL:
		rpc_put_run(b, RPC_VERSION, &run);
		buf_consume(b, START_CALL_SIZE);
		break;
	case INFO_CALL:
		srpc_put_code(b, SRPC_END_CALL);
		break;
	case RUN_RESULT:
		rpc_put_run_result(b, RPC_VERSION, &result);
		break;
	case INFO:
		rpc_put_info(b, RPC_INFO, RPC_VERSION, &info_sample);
		break;
	case RUN5_CALL:
		put_run5_sample(b, seed);
		break;
	case OTHER5_CALL:
		rpc5_put_call(b, RPC5_PING);
		buf_consume(b, START_CALL_SIZE);
		break;
	case RUN5_ITEMS:
		put_items_sample(b);
		break;
	default:
		put_results5_sample(b, target, seed);
	}
}

/* Takes the place of a corpus: good messages are out of reach of mutations from nothing. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	enum target target = seed / SAMPLE_ODDS % TARGETS;
	const uint8_t header[HEADER] = {(uint8_t)target, RPC_VERSION + 1};
	struct buf b = {0}, message = {0};

	if (seed % SAMPLE_ODDS == 0) {
		put_sample(&message, target, seed / SAMPLE_ODDS / TARGETS);
		buf_append(&b, header, sizeof(header));
		buf_append(&b, message.data, message.len);
		if (!b.failed && b.len <= max_size) {
			size = b.len;
			memcpy(data, b.data, size);
		}
		buf_free(&message);
		buf_free(&b);
	}
	return (LLVMFuzzerMutate(data, size, max_size));
}
