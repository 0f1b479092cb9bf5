/* identity.h: which server this is; a process has one identity. For any thread. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdint.h>
#include <time.h>

/* Once, before any thread: makes the identifier; the server starts now. 0, or -1 with errno. */
int identity_init(void);

/* The identifier, unlike any other server's: RPC_UNIQUE_SIZE bytes. */
const uint8_t *identity_unique(void);

/* When it started: seconds since 1970. */
time_t identity_started(void);

#endif
