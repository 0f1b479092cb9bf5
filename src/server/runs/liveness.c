#include <netinet/in.h>
#include <netinet/tcp.h>

#include "liveness.h"

#define MUTE_MS 60000 /* a client that acknowledges nothing for so long is gone */

int
liveness_interval(const struct request *r)
{
	return (r->run.keep_alive_ms < LIVENESS_LOOK_MS ? r->run.keep_alive_ms : LIVENESS_LOOK_MS);
}

bool
liveness_is_mute(const struct request *r)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return (getsockopt(r->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
		(info.tcpi_retransmits > 0 || info.tcpi_probes > 1) &&
		info.tcpi_last_ack_recv >= MUTE_MS);
}

void
liveness_say_queued(const struct request *r)
{
	static const uint8_t queued = RPC5_QUEUED;

	/* A single byte is sent whole or not at all. */
	if (r->reply.len == 0)
		(void)!send(r->fd, &queued, sizeof(queued), MSG_DONTWAIT | MSG_NOSIGNAL);
}
