#include <stdlib.h>
#include <string.h>

#include "rpc.h"

/* The argument items of each procedure, up to their end_call; the enum names those of a run. */
enum run_item {
	RUN_STDIN,
	RUN_OUT,
	RUN_ERR,
	RUN_FILES,
	RUN_HANDLE,
	RUN_DIRECTORY,
	RUN_ENV,
	RUN_ARGV,
	RUN_END,
	RUN_ITEMS
};

static const uint8_t run_items[RUN_ITEMS] = {
    [RUN_STDIN] = SRPC_TEXT,
    [RUN_OUT] = SRPC_SOCKET,
    [RUN_ERR] = SRPC_SOCKET,
    [RUN_FILES] = SRPC_SOCKET,
    [RUN_HANDLE] = SRPC_BYTES,
    [RUN_DIRECTORY] = SRPC_TEXT,
    [RUN_ENV] = SRPC_CHARS_SEQ,
    [RUN_ARGV] = SRPC_CHARS_SEQ,
    [RUN_END] = SRPC_END_CALL,
};

static const uint8_t info_items[] = {SRPC_END_CALL};

static const uint8_t *
items_of(int32_t proc)
{
	switch (proc) {
	case RPC_RUN_DEFAULT:
	case RPC_RUN:
		return (run_items);
	case RPC_INFO_OLD:
	case RPC_INFO:
		return (info_items);
	default:
		return (NULL);
	}
}

bool
rpc_known(int32_t proc)
{
	return (items_of(proc) != NULL);
}

int
rpc_scan_items(
    struct srpc_reader *r, const uint8_t *items, unsigned int *step, struct srpc_error *err)
{
	struct srpc_item item;
	int rc;

	do {
		if ((rc = srpc_next(r, items[*step], &item, err)) != SRPC_OK)
			return (rc);
	} while (items[(*step)++] != SRPC_END_CALL);
	return (SRPC_OK);
}

int
rpc_scan_call(struct srpc_reader *r, int32_t proc, unsigned int *step, struct srpc_error *err)
{
	return (rpc_scan_items(r, items_of(proc), step, err));
}

static int
no_memory(struct srpc_error *err)
{
	return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Out of memory"));
}

/* A text item as a string of its own. */
static char *
text_of(const struct srpc_item *item)
{
	return (strndup((const char *)item->bytes, item->length));
}

const char **
rpc_strings(const struct srpc_item *item)
{
	const char **strings;
	int32_t i;

	if ((strings = calloc((size_t)item->number + 1, sizeof(*strings))) == NULL)
		return (NULL);
	for (i = 0; i < item->number; i++)
		strings[i] = srpc_string(item, i);
	return (strings);
}

static int
check_run(const struct srpc_item *items, struct srpc_error *err)
{
	if (items[RUN_HANDLE].length < RPC_HANDLE_SIZE)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Invalid fsroot"));
	if (items[RUN_HANDLE].length > RPC_HANDLE_SIZE)
		return (srpc_fail(err, SRPC_BUFFER_TOO_SMALL, "[from other end] Buffer too small"));
	if (items[RUN_ARGV].number == 0)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Null command"));
	return (0);
}

int
rpc_get_run(struct srpc_reader *r, struct rpc_run *run, struct srpc_error *err)
{
	struct srpc_item items[RUN_ITEMS];
	int i, rc;

	*run = (struct rpc_run){0};
	for (i = 0; i < RUN_ITEMS; i++) {
		if ((rc = srpc_next(r, run_items[i], &items[i], err)) == SRPC_MORE)
			return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Incomplete call"));
		if (rc == -1)
			return (-1);
	}
	if (check_run(items, err) == -1)
		return (-1);
	run->out = srpc_socket(&items[RUN_OUT]);
	run->err = srpc_socket(&items[RUN_ERR]);
	run->files = srpc_socket(&items[RUN_FILES]);
	memcpy(run->handle, items[RUN_HANDLE].bytes, RPC_HANDLE_SIZE);
	if ((run->stdin_file = text_of(&items[RUN_STDIN])) == NULL ||
	    (run->directory = text_of(&items[RUN_DIRECTORY])) == NULL ||
	    (run->env = rpc_strings(&items[RUN_ENV])) == NULL ||
	    (run->argv = rpc_strings(&items[RUN_ARGV])) == NULL)
		return (no_memory(err));
	return (0);
}

void
rpc_run_free(struct rpc_run *run)
{
	free(run->stdin_file);
	free(run->directory);
	free(run->root_name);
	free(run->label);
	free(run->own);
	free(run->env);
	free(run->argv);
	*run = (struct rpc_run){0};
}

void
rpc_put_run(struct buf *b, int32_t version, const struct rpc_run *run)
{
	srpc_put_start_call(b, RPC_RUN, version);
	srpc_put_text(b, run->stdin_file);
	srpc_put_socket(b, &run->out);
	srpc_put_socket(b, &run->err);
	srpc_put_socket(b, &run->files);
	srpc_put_bytes(b, run->handle, sizeof(run->handle));
	srpc_put_text(b, run->directory);
	srpc_put_chars_seq(b, run->env);
	srpc_put_chars_seq(b, run->argv);
	srpc_put_code(b, SRPC_END_CALL);
}

void
rpc_put_info_call(struct buf *b, int32_t version)
{
	srpc_put_start_call(b, RPC_INFO, version);
	srpc_put_code(b, SRPC_END_CALL);
}

void
rpc_put_run_result(struct buf *b, int32_t version, const struct rpc_run_result *result)
{
	srpc_put_int32(b, result->status);
	srpc_put_int32(b, result->signal);
	if (version >= RPC_HAS_CORE)
		srpc_put_bool(b, result->core);
	srpc_put_code(b, SRPC_END_CALL);
}

void
rpc_put_info(struct buf *b, int32_t proc, int32_t version, const struct rpc_info *info)
{
	srpc_put_text(b, info->sysname);
	srpc_put_text(b, info->release);
	srpc_put_text(b, info->version);
	srpc_put_text(b, info->machine);
	srpc_put_int32(b, info->cpus);
	srpc_put_int32(b, info->cpu_mhz);
	srpc_put_int32(b, info->mem_kb);
	srpc_put_int32(b, info->max_tools);
	srpc_put_int32(b, info->cur_tools);
	if (version >= RPC_HAS_LOAD) {
		srpc_put_float(b, info->load);
		srpc_put_int32(b, info->cur_pending);
		srpc_put_int32(b, info->max_pending);
	}
	if (proc == RPC_INFO)
		srpc_put_bytes(b, info->unique, sizeof(info->unique));
	srpc_put_code(b, SRPC_END_CALL);
}

/*
 * Results are small: when more has come, they are decoded from their start again. After an error
 * `rc` is -1, and the rest of the decoding does nothing.
 */
struct results {
	struct srpc_reader *r;
	struct srpc_error *err;
	int rc;
};

static bool
next(struct results *in, uint8_t code, struct srpc_item *item)
{
	if (in->rc == SRPC_OK)
		in->rc = srpc_next(in->r, code, item, in->err);
	return (in->rc == SRPC_OK);
}

static void
next_int32(struct results *in, int32_t *out)
{
	struct srpc_item item;

	if (next(in, SRPC_INT32, &item))
		*out = item.number;
}

static void
next_text(struct results *in, char **out)
{
	struct srpc_item item;

	if (next(in, SRPC_TEXT, &item) && (*out = text_of(&item)) == NULL)
		in->rc = no_memory(in->err);
}

static void
next_unique(struct results *in, uint8_t unique[RPC_UNIQUE_SIZE])
{
	struct srpc_item item;

	if (!next(in, SRPC_BYTES, &item))
		return;
	if (item.length != RPC_UNIQUE_SIZE)
		in->rc = srpc_fail(in->err, SRPC_PROTOCOL_VIOLATION,
		    "The server's identifier has %zu bytes, not %d", item.length, RPC_UNIQUE_SIZE);
	else
		memcpy(unique, item.bytes, RPC_UNIQUE_SIZE);
}

/* Takes the end_call; if something is still missing, goes back to the results' start. */
static int
end_results(struct results *in, size_t start)
{
	struct srpc_item item;

	next(in, SRPC_END_CALL, &item);
	if (in->rc == SRPC_MORE)
		in->r->pos = start;
	return (in->rc);
}

int
rpc_get_run_result(
    struct srpc_reader *r, int32_t version, struct rpc_run_result *result, struct srpc_error *err)
{
	struct results in = {.r = r, .err = err, .rc = SRPC_OK};
	struct srpc_item item;
	size_t start = r->pos;

	*result = (struct rpc_run_result){0};
	next_int32(&in, &result->status);
	next_int32(&in, &result->signal);
	if (version >= RPC_HAS_CORE && next(&in, SRPC_TRUE, &item))
		result->core = item.code == SRPC_TRUE;
	return (end_results(&in, start));
}

int
rpc_get_info(struct srpc_reader *r, int32_t version, struct rpc_info *info, struct srpc_error *err)
{
	struct results in = {.r = r, .err = err, .rc = SRPC_OK};
	struct srpc_item item;
	size_t start = r->pos;

	*info = (struct rpc_info){0};
	next_text(&in, &info->sysname);
	next_text(&in, &info->release);
	next_text(&in, &info->version);
	next_text(&in, &info->machine);
	next_int32(&in, &info->cpus);
	next_int32(&in, &info->cpu_mhz);
	next_int32(&in, &info->mem_kb);
	next_int32(&in, &info->max_tools);
	next_int32(&in, &info->cur_tools);
	if (version >= RPC_HAS_LOAD) {
		if (next(&in, SRPC_INT32, &item))
			info->load = srpc_float(&item);
		next_int32(&in, &info->cur_pending);
		next_int32(&in, &info->max_pending);
	}
	next_unique(&in, info->unique);
	if (end_results(&in, start) != SRPC_OK)
		rpc_info_free(info);
	return (in.rc);
}

void
rpc_info_free(struct rpc_info *info)
{
	free(info->sysname);
	free(info->release);
	free(info->version);
	free(info->machine);
	free(info->area);
	free(info->software);
	*info = (struct rpc_info){0};
}

/* A handle begins with two bytes for its kind; a number is stored in groups of seven bits. */
static const uint8_t volatile_kind[] = {0x00, 0x02};

#define GROUP_BITS 7
#define GROUP_MASK 0x7f
#define GROUP_MORE 0x80

int
rpc_handle_index(const uint8_t handle[RPC_HANDLE_SIZE], uint32_t *index)
{
	uint64_t n;
	size_t i;

	if (memcmp(handle, volatile_kind, sizeof(volatile_kind)) != 0)
		return (-1);
	for (i = RPC_HANDLE_SIZE - 1; handle[i] == 0;)
		i--;
	if (i < sizeof(volatile_kind))
		return (-1);
	/* The most significant group is the last one; the kind's last byte ends the walk. */
	for (n = handle[i] & GROUP_MASK; (handle[--i] & GROUP_MORE) != 0;)
		if ((n = n << GROUP_BITS | (handle[i] & GROUP_MASK)) > UINT32_MAX)
			return (-1);
	*index = (uint32_t)n;
	return (0);
}

void
rpc_handle_make(uint8_t handle[RPC_HANDLE_SIZE], uint32_t index)
{
	size_t i = sizeof(volatile_kind);

	memset(handle, 0, RPC_HANDLE_SIZE);
	memcpy(handle, volatile_kind, sizeof(volatile_kind));
	for (; index > GROUP_MASK; index >>= GROUP_BITS)
		handle[i++] = (uint8_t)(index & GROUP_MASK) | GROUP_MORE;
	handle[i] = (uint8_t)index;
}
