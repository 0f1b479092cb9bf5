/* calls.h: what the bytes of a connection say: hello, calls, end_acks. Only the loop's thread. */
#ifndef CALLS_H
#define CALLS_H

struct conn;
struct srpc_error;

/* Reads on as far as the received bytes allow: runs go to the queue, other calls are answered. */
void calls_process(struct conn *);

/* The call ends here, and with it the connection; what is in its `out` is not sent yet. */
void calls_fail(struct conn *, const struct srpc_error *);

#endif
