#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "host.h"
#include "info.h"
#include "paths.h"
#include "lib/rpc5.h"
#include "stats.h"

static const struct settings *settings;
static struct queue *queue;
static uint8_t unique[RPC_UNIQUE_SIZE];
static time_t started;

int
info_init(const struct settings *s, struct queue *q)
{
	settings = s;
	queue = q;
	started = time(NULL);
	return (getentropy(unique, sizeof(unique)));
}

const uint8_t *
info_unique(void)
{
	return (unique);
}

static struct rpc5_load
rate(struct queue_load now)
{
	int32_t in_flight = (int32_t)(now.running + now.waiting);

	return ((struct rpc5_load){
	    .loaded = now.closed || in_flight > settings->fleet.loaded_at, .in_flight = in_flight});
}

struct rpc5_load
info_load(void)
{
	return (rate(queue_load(queue)));
}

void
info_reply(struct buf *out, int32_t proc, int32_t version)
{
	static char software[] = "RunToolServer " VERSION;
	const struct settings *s = settings;
	struct queue_load now = queue_load(queue);
	struct rpc5_load load = rate(now);
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
	    .loaded = load.loaded,
	    .in_flight = load.in_flight,
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
info_ping(struct buf *out)
{
	struct rpc5_ping ping = {.load = info_load()};

	memcpy(ping.unique, unique, sizeof(unique));
	rpc5_put_ping(out, &ping);
}
