/*
 * runtool.h: ask a RunToolServer to run a tool, or about its host; see runtool(3). Link with
 * -lruntool (pkg-config runtool).
 *
 * The library installs no signal handlers and raises no signals, prints nothing, never exits, and
 * keeps no state outside its objects but a file of hosts that did not answer. Different objects
 * may be used by different threads at the same time, one object by one thread at a time. But
 * runtool_signal() and runtool_cancel() are for any thread, and for signal handlers.
 */
#ifndef RUNTOOL_H
#define RUNTOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RUNTOOL_API __attribute__((visibility("default")))

/* Of this header: 10000 * major + 100 * minor + patch. Within a major version only more is added. */
#define RUNTOOL_VERSION 100

#define RUNTOOL_DEFAULT_PORT "21776"

/*
 * Structs that a caller makes begin with their size, by which the library knows the caller's version
 * of them; they grow at their end:
 *
 *	struct runtool_error error = {.size = sizeof(error)};
 *
 * The library touches nothing beyond that size. What a caller does not know yet is not told, and
 * counts as 0 in what it asks for; what a library does not know yet must be 0 there. A size that no
 * version had, as one that was forgotten, is RUNTOOL_INVALID.
 */

/* Failure codes that a caller may want to tell apart: the interface's, and one of our own. */
enum runtool_code {
	RUNTOOL_VERSION_SKEW = -3, /* the server does not know the call */
	RUNTOOL_PROTOCOL_VIOLATION = -4,
	RUNTOOL_TRANSPORT = -6, /* could not connect, or the connection broke; `message` has why */
	RUNTOOL_INTERNAL = -7,
	RUNTOOL_INVALID = -8, /* an argument of this call is wrong */
	RUNTOOL_NOT_IMPLEMENTED = -10,
	RUNTOOL_TIMEOUT = -11, /* the server is silent */
	RUNTOOL_CLIENT = 10,   /* the request cannot be served: busy, or the tool not executed */
	RUNTOOL_CONFIGURATION = 11, /* the server's installation is at fault */
	RUNTOOL_CANCELLED = 100,    /* by runtool_cancel(), or a signal before the tool started */
};

/* Why a call failed. */
struct runtool_error {
	size_t size;	 /* of this struct */
	int code;	 /* enum runtool_code, or another code that the server sent */
	int exec_errno;	 /* RUNTOOL_CLIENT: why the tool could not be executed; 0: something else */
	bool refused;	 /* the server took no request, mostly for lack of room: another may */
	int retry_ms;	 /* refused: there may be room after this time; 0: not known */
	bool loaded;	 /* as in a result */
	int in_flight;	 /* as in a result; -1: the server did not say */
	bool lost;	 /* a request was sent, but no result came: the tool may run, or have run */
	bool unanswered; /* lost, and the server said nothing: it may not have read the request */
	bool input_read; /* some of stdin_fd is gone: another call will not find it there */
	int lost_before; /* runs of the tool that were lost before this one */
	char message[1024];
};

/*
 * A server, with a connection that is kept from call to call. It is made again if the server closed
 * it between two calls, or a call failed. Or several servers, of which one is chosen for each run.
 */
struct runtool;

/*
 * Connects to `host` (name or address, IPv4 or IPv6) and `port` (number or service; NULL: the
 * default). `timeout_ms` bounds each connecting, once the name is looked up, and each call but
 * runtool_run(); 0: no bound. NULL with *err.
 */
RUNTOOL_API struct runtool *runtool_connect(
    const char *host, const char *port, int timeout_ms, struct runtool_error *err);

/*
 * Who is to run tools: just one of host, platform and area. Strings are copied. Functions are called
 * in the thread that has a tool run, and in runtool_open(); NULL: nobody is told.
 */
struct runtool_servers {
	size_t size; /* of this struct */
	const char *host;
	const char *port;     /* of the host; NULL: as vesta.cfg says, else the default */
	const char *platform; /* a section of vesta.cfg: the best of its hosts */
	const char *area;     /* the best server of this area of the fleet */
	const char *config;   /* the vesta.cfg; NULL: the one that is found */
	bool start;	      /* have the first server of an area started, as vesta.cfg says */
	bool verbose;	      /* remarks also tell what is no trouble */
	int timeout_ms;	      /* as for runtool_connect() */
	int wait_ms;	      /* so long a run waits for a server where there is none */
	int retries;	      /* so often a run is repeated that is lost */

	/* A line for people, without a newline: what is in the way, or is done about it. */
	void (*remark)(void *arg, const char *line);

	/* What is waited for, once a second or more often, and how long so far; and the end of it,
	 * perhaps also without a wait. */
	void (*waiting)(void *arg, const char *line, int64_t seconds);
	void (*waited)(void *arg);

	/* What the command says that starts a server, in pieces as they come. */
	void (*output)(void *arg, const void *data, size_t len);
	void *arg;
};

/*
 * Connects to nobody yet: runtool_run() chooses a server, for each run anew, and asks another one
 * where that has no room, or is lost. Calls but runtool_run() go to the last one. Who does not answer
 * is remembered between programs, in a file of the user's (see runtool(1)). NULL with *err.
 */
RUNTOOL_API struct runtool *runtool_open(const struct runtool_servers *, struct runtool_error *err);

/* The server of the last call; NULL: none was found. They belong to the object until the next one. */
RUNTOOL_API const char *runtool_host(const struct runtool *);
RUNTOOL_API const char *runtool_port(const struct runtool *);

RUNTOOL_API void runtool_close(struct runtool *);

/* The server's host and how busy it is. Strings belong to the object until its next call. */
struct runtool_info {
	size_t size; /* of this struct */
	const char *sysname, *release, *version, *machine;
	int cpus, cpu_mhz, mem_kb;
	int max_tools, cur_tools;
	int cur_pending, max_pending;
	double load;	    /* load average of the last minute */
	uint8_t unique[16]; /* of this server process */
	int interface;	    /* the newest version that it and this library speak */

	/* Below version 5: in_flight is cur_tools + cur_pending, and the rest is empty or 0. */
	bool loaded;   /* it has more requests in flight than its `loaded_at` */
	int in_flight; /* run calls waiting or running */
	const char *area, *software;
	int64_t started;			      /* seconds since 1970 */
	int64_t runs, failures, refused, connections; /* since then */
};

/* 0, or -1 with *err. */
RUNTOOL_API int runtool_info(struct runtool *, struct runtool_info *, struct runtool_error *err);

/* Whether the server is there, and how busy: the cheapest call. */
struct runtool_ping {
	size_t size; /* of this struct */
	uint8_t unique[16];
	bool loaded;
	int in_flight;
};
RUNTOOL_API int runtool_ping(struct runtool *, struct runtool_ping *, struct runtool_error *err);

/*
 * Makes the server drain: finish what runs, refuse the rest, exit. Only from its own host; version
 * 5. 0 with the number of run calls it still has, or -1 with *err.
 */
RUNTOOL_API int runtool_stop(struct runtool *, int *in_flight, struct runtool_error *err);

/*
 * What the server did since its start, by call of any version. Only ended calls count. Version 5.
 * The counts never grow.
 */
struct runtool_counts {
	int64_t count;
	int64_t errors; /* of these; a tool's exit status is no error */
	double total_s, longest_s;
};
struct runtool_stats {
	size_t size;		   /* of this struct */
	struct runtool_counts run; /* from the complete request to its reply, waiting included */
	struct runtool_counts info, ping, stop, stats;
};
RUNTOOL_API int runtool_stats(struct runtool *, struct runtool_stats *, struct runtool_error *err);

/*
 * Receives output as it comes: `len` > 0 bytes of the tool's stdout (stream 1) or stderr (2), each
 * in order. Return 0; or RUNTOOL_CLOSE_STREAM to get no more of this stream: then the tool's next
 * write to it is a broken pipe. Any other value ends the call, and with it the tool.
 */
#define RUNTOOL_CLOSE_STREAM 1
typedef int runtool_output_fn(void *arg, int stream, const void *data, size_t len);

/*
 * Reads input in place of read(2) from stdin_fd, when that is readable: up to `size` > 0 bytes. Returns
 * how many; 0: that was the end; -1: none now, but later.
 */
typedef ptrdiff_t runtool_input_fn(void *arg, void *data, size_t size);

/* Soft limits of setrlimit(2) that can be lowered for a tool. There is room for more of them. */
#define RUNTOOL_LIMITS_MAX 16
enum runtool_limit {
	RUNTOOL_LIMIT_CORE,
	RUNTOOL_LIMIT_CPU,
	RUNTOOL_LIMIT_DATA,
	RUNTOOL_LIMIT_FSIZE,
	RUNTOOL_LIMIT_STACK,
	RUNTOOL_LIMIT_AS,
	RUNTOOL_LIMITS
};

/* A number that can also not be given: zero-initialised it is not. Never grows. */
struct runtool_number {
	bool given;
	uint64_t n;
};

/* Bits of `closed`. */
enum { RUNTOOL_CLOSED_STDIN = 1, RUNTOOL_CLOSED_STDOUT = 2, RUNTOOL_CLOSED_STDERR = 4 };

/* Members that are not named are 0, and those that are added later mean "as before" then. */
struct runtool_request {
	size_t size;		   /* of this struct */
	uint32_t root;		   /* index of a volatile root; 0: by name */
	const char *root_name;	   /* of a root in the server's tool_launcher.conf; version 5 */
	const char *directory;	   /* working directory below the root; NULL: ".WD" */
	const char *const *env;	   /* NAME=value, NULL-terminated; NULL: empty */
	const char *const *argv;   /* the tool and its arguments, NULL-terminated */
	const char *stdin_file;	   /* full path name on the server; NULL: no input, or streamed */
	bool stream_stdin;	   /* the tool's input is read from stdin_fd here; version 5 */
	int stdin_fd;		   /* read ahead of the tool; see runtool(3). Stays open */
	bool merge_stderr;	   /* stderr goes into stdout, in the order written; version 5 */
	bool best_effort;	   /* version 4: run it without input and merging if need be */
	runtool_output_fn *output; /* NULL: output is discarded */
	void *arg;
	int time_limit_ms;    /* from its start (version 4: from the request); 0: none */
	int keep_alive_ms;    /* silence between a server's signs of life; 0: 20 s; version 5 */
	int busy_timeout_ms;  /* while there is no room, ask so long; 0: for ever; -1: never */
	const char *label;    /* for the server's log, at most 128 bytes; NULL: none */
	int queue_timeout_ms; /* refuse it if it waits longer; 0: never; version 5 */
	bool check;	      /* run nothing: stdout says what the tool would find; version 5 */

	/* Servers that do not know these yet, as those of version 4, run it without. */
	struct runtool_number umask; /* the tool's, 0 to 0777; not given: 022 */
	struct runtool_number limits[RUNTOOL_LIMITS_MAX]; /* the tool's own, if these are lower */
	unsigned int closed;	   /* descriptors that the tool finds as if they were closed */
	const char *own_directory; /* instead, in a root with `directory here`; NULL: none */

	/* Of terminals; for the same servers. */
	bool colour; /* stdout and stderr are terminals, which change no byte: tools use colours */
	int rows, columns; /* of the terminal here, up to 32767; 0: not known */
	bool tty; /* stdin, stdout and stderr are one terminal; needs stream_stdin; version 5 */
	runtool_input_fn *input;    /* NULL: read(2) */
	void (*started)(void *arg); /* called when the tool with a terminal runs; or NULL */
};

/* After a check the status is the sum of these, which are wrong; 0: nothing is. */
enum runtool_wrong {
	RUNTOOL_NO_DIRECTORY = 1, /* the working directory is not in the root, or not for it */
	RUNTOOL_READ_ONLY = 2,	  /* the tool cannot write there */
	RUNTOOL_NO_COMMAND = 4	  /* the tool could not be executed */
};

/* Why a tool ended. */
enum runtool_why {
	RUNTOOL_ENDED,
	RUNTOOL_TIME_LIMIT,
	RUNTOOL_CLIENT_SIGNAL, /* by runtool_signal() */
	RUNTOOL_SERVER_SHUTDOWN,
};

struct runtool_result {
	size_t size; /* of this struct */
	int status;  /* exit status; 0 if a signal ended the tool */
	int signal;  /* 0 if it exited */
	bool core;   /* it dumped core */
	enum runtool_why why;
	int interface;	/* version by which it ran; below 5 only wall_s and refusals are known */
	double wall_s;	/* from the tool's start to its end (version 4: from the request) */
	double queue_s; /* from the request to the tool's start, attempts without room included */
	double user_s, system_s; /* of the tool and the descendants that were waited for */
	int64_t max_rss_kb;	 /* the largest of these */
	bool loaded;		 /* it has more in flight than its `loaded_at`: prefer another */
	int in_flight;		 /* run calls waiting or running there; -1: it does not say */
	int refusals;		 /* refusals before this, for lack of room; also below version 5 */
	bool input_read;	 /* some of stdin_fd is gone: another call will not find it there */
	double linger_s; /* after the tool's end, for output of what it left running; or 0 */
	int lost_before; /* runs of the tool that were lost before this one */
};

/*
 * Runs a tool and waits for its end and the end of its output. 0 with *result. -1 with *err when
 * the server could not run it, or was silent for three times keep_alive_ms, or the connection
 * broke: then the server ends the tool.
 *
 * Version 5 of the interface needs this one connection. An older server is asked by version 4. That
 * has no streamed input, no named roots and no merging (RUNTOOL_INVALID). It sends the output over
 * two connections that it makes to this host, to any port, over IPv4.
 */
RUNTOOL_API int runtool_run(struct runtool *, const struct runtool_request *,
    struct runtool_result *result, struct runtool_error *err);

/*
 * The same for programs with an event loop. runtool_start() begins a run, and returns: a thread of the
 * library does the rest, with all signals blocked. When poll(2) reports runtool_events() for
 * runtool_fd(), which are the same from then on, runtool_process() is to be called. It never waits: it
 * calls the functions of request and servers for what has come, in its caller's thread. 1: the run
 * goes on; 0 with *result or -1 with *err: it is over.
 *
 * Until then what the request points to must stay, and only these functions, runtool_signal(),
 * runtool_resize(), runtool_cancel() and runtool_close(), which ends the run and its thread, may be
 * called for the object. `input` and `started` are for runtool_run(). Output that nobody fetches is
 * kept up to a bound; then the tool waits. After fork(2) the run is the parent's: a child must leave
 * the object alone.
 */
RUNTOOL_API int runtool_start(
    struct runtool *, const struct runtool_request *, struct runtool_error *err);
RUNTOOL_API int runtool_fd(const struct runtool *); /* -1: no run was ever started */
RUNTOOL_API short runtool_events(const struct runtool *);
RUNTOOL_API int runtool_process(
    struct runtool *, struct runtool_result *result, struct runtool_error *err);

/*
 * For any thread and for signal handlers. runtool_signal() sends a signal (1 to 64) to the tool's
 * whole tree. While the request waits for its turn, INT, TERM, HUP, QUIT and KILL cancel it; with a
 * server of version 4 they end the tool. 0, or -1 with errno: EINVAL; ESRCH when no run is under way.
 * runtool_cancel() ends the run at once with RUNTOOL_CANCELLED: the server ends the tool. When none
 * is under way, it ends the object's next one, which asks no server then; one that ended at the same
 * moment may have used it up.
 */
RUNTOOL_API int runtool_signal(struct runtool *, int signal);

/*
 * The same: tells the tool with a terminal what size that has now, 0 to 32767. 0, or -1 with errno:
 * EINVAL; ESRCH when no runtool_run() is under way.
 */
RUNTOOL_API int runtool_resize(struct runtool *, int rows, int columns);
RUNTOOL_API void runtool_cancel(struct runtool *);

#ifdef __cplusplus
}
#endif

#endif
