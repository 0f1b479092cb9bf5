/* probe.h: what RunToolProbe asks servers, and what they say, as JSON. */
#ifndef PROBE_H
#define PROBE_H

#include "client/choose/ask.h"
#include "client/choose/endpoint.h"
#include "lib/jsontext.h"

struct record;

enum probe_call { PROBE_INFO, PROBE_PING, PROBE_STATS, PROBE_STOP };

struct probe {
	enum probe_call call;
	int timeout_ms;
	struct asked asked; /* for probe.c alone */
	struct endpoint server;

	/* The server's, from the directory of its area: another one at its place is not asked. */
	const struct record *record;

	/*
	 * What is known already, and what it says, in the order in which it is shown; or
	 * "error": {"code": ..., "message": ...}. With an error before it is asked, it is not.
	 */
	json_t *answer;
};

/* Asks all of them at once. */
void probe_all(struct probe *, size_t n);

/* There is no answer, for this reason. */
void probe_fail(struct probe *, const struct runtool_error *);

/* Seconds since 1970, in ISO 8601. */
json_t *probe_time(int64_t seconds);

#endif
