#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "rpc5.h"

#define MAX_TEXT 65536

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* The argument items of the calls, up to their end_call; the enum names those of a run. */
enum run_item { RUN_MUST, RUN_MAY, RUN_ENV, RUN_ARGV, RUN_END, RUN_ITEMS };
static const uint8_t run_items[RUN_ITEMS] = {
    SRPC_CHARS_SEQ, SRPC_CHARS_SEQ, SRPC_CHARS_SEQ, SRPC_CHARS_SEQ, SRPC_END_CALL};
static const uint8_t other_items[] = {SRPC_CHARS_SEQ, SRPC_CHARS_SEQ, SRPC_END_CALL};

static const char *const stdin_words[] = {"none", "stream", NULL};
static const char *const stderr_words[] = {"separate", "stdout", NULL};

/* clang-format off */
#define AT(member) offsetof(struct rpc_run, member)
static const struct field run_fields[] = {
	{ "root",		FIELD_UINT,	AT(root),		1, UINT32_MAX, NULL },
	{ "root_name",		FIELD_TEXT,	AT(root_name),		1, NAME_MAX, NULL },
	{ "directory",		FIELD_TEXT,	AT(directory),		0, MAX_TEXT, NULL },
	{ "stdin",		FIELD_CHOICE,	AT(stream_stdin),	0, 0, stdin_words },
	{ "stdin_file",		FIELD_TEXT,	AT(stdin_file),		1, MAX_TEXT, NULL },
	{ "stderr",		FIELD_CHOICE,	AT(merge),		0, 0, stderr_words },
	{ "time_limit_ms",	FIELD_INT,	AT(time_limit_ms),	1, INT32_MAX, NULL },
	{ "keep_alive_ms",	FIELD_INT,	AT(keep_alive_ms),	RPC5_MIN_KEEP_ALIVE, RPC5_MAX_KEEP_ALIVE, NULL },
	{ "label",		FIELD_TEXT,	AT(label),		1, RPC5_MAX_LABEL, NULL },
	{ "check",		FIELD_INT,	AT(check),		1, 1, NULL },
	{ "tty",		FIELD_INT,	AT(tty),		1, 1, NULL },
	/* Those that a server may ignore. */
	{ "queue_ms",		FIELD_INT,	AT(queue_ms),		1, INT32_MAX, NULL },
	{ "own_directory",	FIELD_TEXT,	AT(own),		1, MAX_TEXT, NULL },
	{ "closed",		FIELD_INT,	AT(closed),		1, RPC5_MAX_CLOSED, NULL },
	{ "umask",		FIELD_NUMBER,	AT(umask),		0, RPC5_MAX_UMASK, NULL },
#define LIMIT(NAME, name) \
	{ "limit_" #name,	FIELD_NUMBER,	AT(limits[RPC_LIMIT_##NAME]), 0, RPC5_MAX_LIMIT, NULL },
	RPC_LIMITS(LIMIT)
#undef LIMIT
	{ "colour",		FIELD_INT,	AT(colour),		1, 1, NULL },
	{ "rows",		FIELD_INT,	AT(rows),		1, RPC5_MAX_SIDE, NULL },
	{ "columns",		FIELD_INT,	AT(columns),		1, RPC5_MAX_SIDE, NULL },
};
#define RUN_MAY_FIELDS	(7 + RPC_NLIMITS)
#define RUN_MUST_FIELDS (COUNT(run_fields) - RUN_MAY_FIELDS)
#undef AT
/* clang-format on */

static const uint8_t *
items_of(int32_t proc)
{
	switch (proc) {
	case RPC5_RUN:
		return (run_items);
	case RPC5_INFO:
	case RPC5_PING:
	case RPC5_STOP:
	case RPC5_STATS:
		return (other_items);
	default:
		return (NULL);
	}
}

bool
rpc5_known(int32_t proc)
{
	return (items_of(proc) != NULL);
}

int
rpc5_scan_call(struct srpc_reader *r, int32_t proc, unsigned int *step, struct srpc_error *err)
{
	return (rpc_scan_items(r, items_of(proc), step, err));
}

/* Takes both lists of options. In the first one, all must be in the table. */
static int
get_options(const struct srpc_item *lists, const struct field *known, size_t n, void *to,
    struct srpc_error *err)
{
	const struct srpc_item *must = &lists[RUN_MUST], *may = &lists[RUN_MAY];
	const char *unknown;

	if (pairs_check(must, err) == -1 || pairs_check(may, err) == -1)
		return (pairs_blame("option", SRPC_INVALID_PARAMETER, err));
	if ((unknown = fields_unknown(must, known, n)) != NULL)
		return (srpc_fail(err, SRPC_NOT_IMPLEMENTED,
		    "option %.64s: this server does not know %.*s", unknown,
		    (int)strcspn(unknown, "="), unknown));
	/* What must be understood comes second, so that it prevails. */
	if (fields_get(may, known, n, to, err) == -1 || fields_get(must, known, n, to, err) == -1)
		return (pairs_blame("option", SRPC_INVALID_PARAMETER, err));
	return (0);
}

static int
get_items(
    struct srpc_reader *r, const uint8_t *codes, struct srpc_item *items, struct srpc_error *err)
{
	int rc;

	do {
		if ((rc = srpc_next(r, *codes, items++, err)) == SRPC_MORE)
			return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Incomplete call"));
	} while (rc == SRPC_OK && *codes++ != SRPC_END_CALL);
	return (rc);
}

static int
check_run(const struct rpc_run *run, struct srpc_error *err)
{
	const char *name = run->root_name;

	if ((run->root == 0) == (name == NULL))
		return (srpc_fail(err, SRPC_INVALID_PARAMETER,
		    "exactly one of the options root and root_name must be given"));
	if (name != NULL && strchr(name, '/') != NULL)
		return (srpc_fail(
		    err, SRPC_INVALID_PARAMETER, "option root_name=%.64s: a name has no /", name));
	if (run->stream_stdin != 0 && *run->stdin_file != '\0')
		return (srpc_fail(err, SRPC_INVALID_PARAMETER,
		    "option stdin_file: not together with stdin=stream"));
	if ((run->closed & RPC5_CLOSED(0)) != 0 &&
	    (run->stream_stdin != 0 || *run->stdin_file != '\0'))
		return (srpc_fail(err, SRPC_INVALID_PARAMETER,
		    "option closed=%d: has stdin, and there is another option for its input",
		    run->closed));
	if ((run->closed & RPC5_CLOSED(2)) != 0 && run->merge != 0)
		return (srpc_fail(err, SRPC_INVALID_PARAMETER,
		    "option closed=%d: has stderr, which goes to stdout", run->closed));
	if (run->tty != 0 && (run->stream_stdin == 0 || run->closed != 0))
		return (srpc_fail(err, SRPC_INVALID_PARAMETER,
		    "option tty=1: needs stdin=stream, and nothing closed"));
	if (run->argv[0] == NULL)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Null command"));
	return (0);
}

int
rpc5_get_run(struct srpc_reader *r, struct rpc_run *run, struct srpc_error *err)
{
	struct srpc_item items[RUN_ITEMS];

	*run = (struct rpc_run){.keep_alive_ms = RPC5_DEFAULT_KEEP_ALIVE};
	if (get_items(r, run_items, items, err) == -1)
		return (-1);
	if ((run->stdin_file = strdup("")) == NULL || (run->directory = strdup(".WD")) == NULL ||
	    (run->env = rpc_strings(&items[RUN_ENV])) == NULL ||
	    (run->argv = rpc_strings(&items[RUN_ARGV])) == NULL)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Out of memory"));
	if (get_options(items, run_fields, COUNT(run_fields), run, err) == -1)
		return (-1);
	return (check_run(run, err));
}

int
rpc5_get_options(struct srpc_reader *r, struct srpc_error *err)
{
	struct srpc_item items[COUNT(other_items)];

	if (get_items(r, other_items, items, err) == -1)
		return (-1);
	return (get_options(items, NULL, 0, NULL, err));
}

static void
put_options(struct buf *b, int32_t proc, struct pairs *must, struct pairs *may)
{
	srpc_put_start_call(b, proc, RPC5_VERSION);
	pairs_put(b, must);
	pairs_put(b, may);
}

void
rpc5_put_run(struct buf *b, const struct rpc_run *run)
{
	struct pairs must = {0}, may = {0};

	fields_put(&must, run_fields, RUN_MUST_FIELDS, run);
	fields_put(&may, run_fields + RUN_MUST_FIELDS, RUN_MAY_FIELDS, run);
	put_options(b, RPC5_RUN, &must, &may);
	srpc_put_chars_seq(b, run->env);
	srpc_put_chars_seq(b, run->argv);
	srpc_put_code(b, SRPC_END_CALL);
}

void
rpc5_put_call(struct buf *b, int32_t proc)
{
	struct pairs must = {0}, may = {0};

	put_options(b, proc, &must, &may);
	srpc_put_code(b, SRPC_END_CALL);
}
