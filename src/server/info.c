#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "host.h"
#include "info.h"
#include "paths.h"
#include "rpc5.h"
#include "stats.h"

static uint8_t unique[RPC_UNIQUE_SIZE];
static time_t started;

int
info_init(void)
{
	started = time(NULL);
	return (getentropy(unique, sizeof(unique)));
}

const uint8_t *
info_unique(void)
{
	return (unique);
}

bool
info_loaded(const struct settings *s, struct queue_load load)
{
	return (load.closed || load.running + load.waiting > (unsigned int)s->fleet.loaded_at);
}

void
info_reply(struct buf *out, const struct settings *s, int32_t proc, int32_t version,
    struct queue_load load)
{
	static char software[] = "RunToolServer " VERSION;
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
	    .loaded = info_loaded(s, load),
	    .in_flight = (int32_t)(load.running + load.waiting),
	    .interface = s->max_version,
	    .area = s->fleet.area,
	    .software = software,
	    .started = started,
	    .runs = stats_get(STATS_RUNS),
	    .failures = stats_get(STATS_FAILURES),
	    .refused = stats_get(STATS_REFUSED),
	    .connections = stats_get(STATS_CONNECTIONS),
	};

	memcpy(info.unique, unique, sizeof(unique));
	if (version >= RPC5_VERSION) {
		rpc5_put_info(out, &info);
		return;
	}
	if (version < RPC_HAS_LOAD)
		info.cur_tools += info.cur_pending;
	rpc_put_info(out, proc, version, &info);
}

void
info_ping(struct buf *out, const struct settings *s, struct queue_load load)
{
	struct rpc5_ping ping = {
	    .loaded = info_loaded(s, load),
	    .in_flight = (int32_t)(load.running + load.waiting),
	};

	memcpy(ping.unique, unique, sizeof(unique));
	rpc5_put_ping(out, &ping);
}
