#include <string.h>
#include <sys/random.h>

#include "host.h"
#include "info.h"
#include "rpc.h"

static uint8_t unique[RPC_UNIQUE_SIZE];

int
info_init(void)
{
	return (getentropy(unique, sizeof(unique)));
}

void
info_reply(struct buf *out, const struct settings *s, int32_t proc, int32_t version,
    struct queue_load load)
{
	struct rpc_info info = {
	    .sysname = s->sysname,
	    .release = s->release,
	    .version = s->version,
	    .machine = s->machine,
	    .cpus = s->cpus,
	    .cpu_mhz = s->cpu_mhz,
	    .mem_kb = s->mem_kb,
	    .max_tools = s->max_threads,
	    .cur_tools = (int32_t)load.running,
	    .load = host_load(),
	    .cur_pending = (int32_t)load.waiting,
	    .max_pending = s->max_pending,
	};

	if (version < RPC_HAS_LOAD)
		info.cur_tools += info.cur_pending;
	memcpy(info.unique, unique, sizeof(unique));
	rpc_put_info(out, proc, version, &info);
}
