#include <sys/random.h>

#include "lib/rpc.h"
#include "identity.h"

static uint8_t unique[RPC_UNIQUE_SIZE];
static time_t started;

int
identity_init(void)
{
	started = time(NULL);
	return (getentropy(unique, sizeof(unique)));
}

const uint8_t *
identity_unique(void)
{
	return (unique);
}

time_t
identity_started(void)
{
	return (started);
}
