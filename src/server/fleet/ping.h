/*
 * ping.h: asks the servers of records whether they are there, each in a thread of its own that
 * nobody waits for: a server that is silent, or a name that is not found, holds up nothing. One
 * thread uses it.
 */
#ifndef PING_H
#define PING_H

#include "peers.h"

#define PING_MAX 32 /* at a time */

struct pinger;

/* The answer to one. */
struct ping_answer {
	char name[NAME_MAX + 1]; /* name and id are the record's */
	uint8_t id[RECORD_ID_SIZE];
	enum peers_answer answer;
	char why[256]; /* in words; not for PEERS_ANSWERED */
};

/*
 * `timeout_ms` to connect, and as much for the answer; looking up a name is extra. NULL with errno.
 */
struct pinger *pinger_new(int timeout_ms);

/* Pings under way end by themselves; nobody hears of them. */
void pinger_free(struct pinger *);

/* For poll(2): readable when pinger_take() has something. */
int pinger_fd(const struct pinger *);

/* How many are under way, or not taken yet. */
unsigned int pinger_busy(const struct pinger *);

/*
 * Asks; the answer comes later. Only while less than PING_MAX are under way. 0, or -1 with errno.
 */
int pinger_ask(struct pinger *, const struct record *);

/* Takes the next answer; false when there is none yet. */
bool pinger_take(struct pinger *, struct ping_answer *);

#endif
