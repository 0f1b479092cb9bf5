/*
 * fuzz_srpc: whatever arrives, and however it is split, decodes to the same result and touches no
 * byte that was not received. The input's first bytes choose what is decoded, the interface version
 * and where the rest is split.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc.h"

#define LIMIT		65536
#define HEADER		4  /* bytes of the input that choose */
#define START_CALL_SIZE 9  /* a call's first item, which is decoded elsewhere */
#define SAMPLE_ODDS	64 /* one mutation in so many starts from a good message */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
size_t LLVMFuzzerMutate(uint8_t *, size_t, size_t);
size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned int);

enum target { RUN_CALL, INFO_CALL, RUN_RESULT, INFO, TARGETS };

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
	default:
		if ((rc = rpc_get_info(r, version, &info, err)) == SRPC_OK)
			rpc_info_free(&info);
		return (rc);
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

static void
put_sample(struct buf *b, enum target target)
{
	static char in[] = "/in", wd[] = ".WD", x[] = "x";
	const char *env[] = {"A=1", "B=", NULL}, *argv[] = {"/bin/cc", "-c", NULL};
	const struct rpc_run run = {
	    .stdin_file = in, .handle = {0, 2, 1}, .directory = wd, .env = env, .argv = argv};
	const struct rpc_run_result result = {.status = 1};
	const struct rpc_info info = {.sysname = x, .release = x, .version = x, .machine = x};

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
	default:
		rpc_put_info(b, RPC_INFO, RPC_VERSION, &info);
	}
}

/* Takes the place of a corpus: good messages are out of reach of mutations from nothing. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	enum target target = seed / SAMPLE_ODDS % TARGETS;
	const uint8_t header[HEADER] = {(uint8_t)target, RPC_VERSION + 1};
	struct buf b = {0};

	if (seed % SAMPLE_ODDS == 0) {
		buf_append(&b, header, sizeof(header));
		put_sample(&b, target);
		if (!b.failed && b.len <= max_size) {
			size = b.len;
			memcpy(data, b.data, size);
		}
		buf_free(&b);
	}
	return (LLVMFuzzerMutate(data, size, max_size));
}
