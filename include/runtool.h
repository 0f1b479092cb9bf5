/*
 * runtool.h: ask a RunToolServer to run a tool, or about its host. Link with -lruntool.
 *
 * The library opens connections and nothing else: it installs no signal handlers, prints nothing
 * and keeps no state outside its objects. One object may be used by one thread at a time.
 */
#ifndef RUNTOOL_H
#define RUNTOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RUNTOOL_DEFAULT_PORT "21776"

/* Failure codes of the RunTool interface that a caller may want to tell apart. */
enum runtool_code {
	RUNTOOL_VERSION_SKEW = -3,
	RUNTOOL_PROTOCOL_VIOLATION = -4,
	RUNTOOL_TRANSPORT = -6, /* could not connect, or the connection broke; `message` has why */
	RUNTOOL_INTERNAL = -7,
	RUNTOOL_INVALID = -8, /* an argument of this call is wrong */
	RUNTOOL_TIMEOUT = -11,
	RUNTOOL_CLIENT = 10, /* the request cannot be served: busy, or the tool not executed */
	RUNTOOL_CONFIGURATION = 11, /* the server's installation is at fault */
};

/* Why a call failed. */
struct runtool_error {
	int code; /* enum runtool_code, or another code that the server sent */
	char message[1024];
};

/* A connection to a server; it carries any number of calls, one after the other. */
struct runtool;

/*
 * Connects to `host` (name or address, IPv4 or IPv6) and `port` (number or service; NULL: the
 * default). `timeout_ms` bounds the connecting, once the name is looked up, and each information
 * call; 0: no bound. NULL with *err.
 */
struct runtool *runtool_connect(
    const char *host, const char *port, int timeout_ms, struct runtool_error *err);
void runtool_close(struct runtool *);

/* The server's host and how busy it is. Strings belong to the connection until its next call. */
struct runtool_info {
	const char *sysname, *release, *version, *machine;
	int cpus, cpu_mhz, mem_kb;
	int max_tools, cur_tools;
	int cur_pending, max_pending;
	double load;	    /* load average of the last minute */
	uint8_t unique[16]; /* of this server process */
};

/* 0, or -1 with *err; the connection is then of no further use. */
int runtool_info(struct runtool *, struct runtool_info *, struct runtool_error *err);

/*
 * Receives output as it comes: `len` > 0 bytes of the tool's stdout (stream 1) or stderr (2).
 * 0; anything else ends the call, and with it the tool.
 */
typedef int runtool_output_fn(void *arg, int stream, const void *data, size_t len);

struct runtool_request {
	uint32_t root;		   /* index of the tool's root */
	const char *directory;	   /* working directory below the root; NULL: ".WD" */
	const char *stdin_file;	   /* full path name on the server; NULL: no input */
	const char *const *env;	   /* NAME=value, NULL-terminated; NULL: empty */
	const char *const *argv;   /* the tool and its arguments, NULL-terminated */
	runtool_output_fn *output; /* NULL: output is discarded by the server */
	void *arg;
};

struct runtool_result {
	int status; /* exit status; 0 if a signal ended the tool */
	int signal; /* 0 if it exited */
	bool core;  /* it dumped core */
};

/*
 * Runs a tool and waits for its end and the end of its output. 0 with *result; -1 with *err when
 * the server could not run it or the connection broke; the connection is then of no further use.
 *
 * The server sends the output over two connections that it makes to this host, to any port, over
 * IPv4: a firewall must let them in. Where only IPv6 leads to the server there can be no output.
 */
int runtool_run(struct runtool *, const struct runtool_request *, struct runtool_result *result,
    struct runtool_error *err);

#ifdef __cplusplus
}
#endif

#endif
