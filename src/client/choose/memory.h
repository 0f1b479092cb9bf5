/*
 * memory.h: who did not answer, remembered between the runs of a user: servers, and of those with
 * several addresses each address. They stand in the file `hosts` of $XDG_RUNTIME_DIR/runtool, or else
 * of /tmp/runtool-UID. A file or directory that others own or may use is ignored, and so is what
 * cannot be understood. Nothing here fails or waits: where the file cannot be read or written, or
 * another process is writing it, nothing is remembered. Thread-safe. Moments are those of memory_now().
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_MAX	 64	 /* of more servers the ones asked last are remembered */
#define MEMORY_KEEP_MS	 3600000 /* since it was asked last, then it is forgotten */
#define MEMORY_ASK_MS	 10000	 /* how often one runtool asks a silent one beside its run */
#define MEMORY_AWAIT_MS	 40000	 /* and how often one waits for its answer for a while */
#define MEMORY_LEAVE_MS	 60000	 /* never is one left alone for longer than that */
#define MEMORY_NAME_SIZE 256	 /* a longer one is not remembered */
#define MEMORY_WHY_SIZE	 512

struct memory_entry {
	char server[MEMORY_NAME_SIZE]; /* or address; as endpoint_name() writes it */
	int64_t since;		       /* it does not answer */
	int64_t asked, awaited;	       /* the last time, by anybody */
	bool silent;		       /* to find that out took time: it is not asked in each run */
	char why[MEMORY_WHY_SIZE];
};

struct memory {
	size_t n;
	struct memory_entry list[MEMORY_MAX];
};

void memory_read(struct memory *);

/* NULL: nothing is known against this server. */
struct memory_entry *memory_find(struct memory *, const char *server);

/* It did not answer, for this reason. It answered. */
void memory_note(const char *server, const char *why, bool silent);
void memory_forget(const char *server);

/*
 * What is to be done with a silent server in this run: leave it alone; or ask it, beside or as if
 * nothing was known, which no other run will do then for a while.
 */
enum memory_advice { MEMORY_LEAVE, MEMORY_ASK_BESIDE, MEMORY_AWAIT };
enum memory_advice memory_claim(const struct memory_entry *);

/* Milliseconds since this host was started, also while it slept. */
int64_t memory_now(void);

#endif
