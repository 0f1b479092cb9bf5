/* rpc.h: the calls of the RunTool interface, made of SRPC items; for clients and the server. */
#ifndef RPC_H
#define RPC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "fields.h"
#include "srpc.h"

#define RPC_VERSION 4 /* the newest by which the server connects back; version 5: rpc5.h */

enum rpc_proc { RPC_RUN_DEFAULT = -1, RPC_RUN = 1, RPC_INFO_OLD = 3, RPC_INFO = 4 };

/* The interface versions from which on a field is there. */
enum { RPC_HAS_LOAD = 3, RPC_HAS_CORE = 4 };

#define RPC_HANDLE_SIZE 32
#define RPC_UNIQUE_SIZE 16

/* A client's soft limits that lower those of its tool. Never those that a server's user shares. */
#define RPC_LIMITS(X) \
	X(CORE, core) X(CPU, cpu) X(DATA, data) X(FSIZE, fsize) X(STACK, stack) X(AS, as)

#define RPC_LIMIT(NAME, name) RPC_LIMIT_##NAME,
enum rpc_limit { RPC_LIMITS(RPC_LIMIT) RPC_NLIMITS };
#undef RPC_LIMIT

/* Arguments of a run call. Decoded, `env` and `argv` point into the received bytes. */
struct rpc_run {
	char *stdin_file;  /* a full path name on the server; "" is /dev/null */
	char *directory;   /* relative to the root */
	const char **env;  /* NULL-terminated */
	const char **argv; /* NULL-terminated; at least the tool, once decoded */

	/* Up to version 4: where the server connects to for stdout and stderr; 0:0 is /dev/null. */
	struct sockaddr_in out, err;
	struct sockaddr_in files; /* the file system server; the launch does not use it */
	uint8_t handle[RPC_HANDLE_SIZE];

	/* From version 5 on. */
	uint32_t root;	       /* index of a volatile root; 0: it has a name */
	char *root_name;       /* NULL: it has an index */
	int stream_stdin;      /* the client sends the input; stdin_file is "" */
	int merge;	       /* stderr goes into stdout */
	int32_t time_limit_ms; /* 0: none */
	int32_t keep_alive_ms;
	int32_t queue_ms; /* refuse it when its turn did not come by then; 0: never */
	int32_t check;	  /* 1: say what the tool would find, run nothing */
	char *label;	  /* NULL: none */
	struct field_number umask;
	struct field_number limits[RPC_NLIMITS]; /* in bytes or seconds */
	int32_t closed; /* of the client's descriptors 0 to 2: a bit each, the lowest for 0 */
	char *own;	/* the client's own directory, in place of the default one; NULL: none */
	int32_t tty;	/* 1: it has a terminal: stdin, stdout and stderr */
	int32_t colour; /* 1: stdout and stderr are terminals, which change no byte */
	int32_t rows, columns; /* of the client's terminal; 0: not known */
};

struct rpc_run_result {
	int32_t status; /* exit status; 0 if signalled */
	int32_t signal; /* 0 if it exited */
	bool core;
};

struct rpc_info {
	char *sysname, *release, *version, *machine;
	int32_t cpus, cpu_mhz, mem_kb;
	int32_t max_tools, cur_tools;
	float load; /* of the last minute */
	int32_t cur_pending, max_pending;
	uint8_t unique[RPC_UNIQUE_SIZE];

	/* From version 5 on. */
	int loaded;	   /* more requests in flight than `loaded_at` */
	int32_t in_flight; /* run calls waiting or running */
	int32_t interface; /* the newest version it speaks */
	char *area, *software;
	int64_t started;			      /* seconds since 1970 */
	int64_t runs, failures, refused, connections; /* since then */
};

/*
 * Decodes a call's arguments as they arrive. `*step` is 0 at first, and kept between calls. SRPC_OK
 * once the call is complete (the reader is behind its end_call), SRPC_MORE, or -1. `proc` must be
 * one that rpc_known() accepts.
 */
int rpc_scan_call(struct srpc_reader *, int32_t proc, unsigned int *step, struct srpc_error *);
bool rpc_known(int32_t proc);

/* The same for any items: their codes, the last of which is end_call. */
int rpc_scan_items(
    struct srpc_reader *, const uint8_t *items, unsigned int *step, struct srpc_error *);

/* The strings of a chars_seq as a NULL-terminated list, which the caller frees; NULL: no memory. */
const char **rpc_strings(const struct srpc_item *);

/*
 * Decodes the arguments of a run call that rpc_scan_call() found complete, from the reader's
 * position on. 0, or -1 with *err. The bytes must outlive *run; rpc_run_free() frees the rest, also
 * after -1.
 */
int rpc_get_run(struct srpc_reader *, struct rpc_run *run, struct srpc_error *);
void rpc_run_free(struct rpc_run *);

/* For the client: start_call, arguments, end_call; no hello. */
void rpc_put_run(struct buf *, int32_t version, const struct rpc_run *);
void rpc_put_info_call(struct buf *, int32_t version);

/* Results with their end_call: put for the server, get for the client. SRPC_OK, SRPC_MORE or -1. */
void rpc_put_run_result(struct buf *, int32_t version, const struct rpc_run_result *);
int rpc_get_run_result(
    struct srpc_reader *, int32_t version, struct rpc_run_result *, struct srpc_error *);
void rpc_put_info(struct buf *, int32_t proc, int32_t version, const struct rpc_info *);
int rpc_get_info(struct srpc_reader *, int32_t version, struct rpc_info *, struct srpc_error *);
void rpc_info_free(struct rpc_info *); /* what rpc_get_info() allocated */

/*
 * The index in a root's handle. 0, or -1 when there is none (all zero, nothing after the two bytes
 * of the kind, another kind than a volatile directory's), or when it has more than 32 bits.
 */
int rpc_handle_index(const uint8_t handle[RPC_HANDLE_SIZE], uint32_t *index);
void rpc_handle_make(uint8_t handle[RPC_HANDLE_SIZE], uint32_t index);

#endif
