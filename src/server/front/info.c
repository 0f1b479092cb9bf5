#include <string.h>

#include "paths.h"
#include "lib/rpc5.h"
#include "server/base/host.h"
#include "server/base/identity.h"
#include "server/base/stats.h"
#include "info.h"

void
info_reply(
    struct buf *out, const struct settings *s, struct queue_load now, int32_t proc, int32_t version)
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
	    .cur_tools = (int32_t)now.running,
	    .load = host_load(),
	    .cur_pending = (int32_t)now.waiting,
	    .max_pending = s->max_pending,
	    .loaded = now.told.loaded,
	    .in_flight = now.told.in_flight,
	    .interface = s->max_version,
	    .area = s->fleet.area,
	    .software = software,
	    .started = identity_started(),
	    .runs = stats_get(STATS_RUNS),
	    .failures = stats_get(STATS_FAILURES),
	    .refused = stats_get(STATS_REFUSED),
	    .connections = stats_get(STATS_CONNECTIONS),
	};

	memcpy(info.unique, identity_unique(), sizeof(info.unique));
	if (version >= RPC5_VERSION) {
		rpc5_put_info(out, &info);
		return;
	}
	if (version < RPC_HAS_LOAD)
		info.cur_tools += info.cur_pending;
	rpc_put_info(out, proc, version, &info);
}

void
info_ping(struct buf *out, struct rpc5_load load)
{
	struct rpc5_ping ping = {.load = load};

	memcpy(ping.unique, identity_unique(), sizeof(ping.unique));
	rpc5_put_ping(out, &ping);
}
