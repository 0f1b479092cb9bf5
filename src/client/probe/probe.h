/* probe.h: what RunToolProbe asks servers, and what they say, as JSON. */
#ifndef PROBE_H
#define PROBE_H

#include "client/choose/ask.h"
#include "lib/endpoint.h"
#include "lib/jsontext.h"

struct record;

enum probe_call { PROBE_INFO, PROBE_PING, PROBE_STATS, PROBE_STOP };

struct probe {
	enum probe_call call;
	int timeout_ms;
	struct asked asked; /* for probe.c only */
	struct endpoint server;

	/* Its record, if an area has it: another server at its place is not asked. */
	const struct record *record;

	/*
	 * What is known before, and what the server says, in the order in which it is shown; or
	 * "error": {"code": ..., "message": ...}. If it has an error before, the server is not
	 * asked.
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
