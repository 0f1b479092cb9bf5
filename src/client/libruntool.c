#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call.h"
#include "connect.h"
#include "deadline.h"
#include "error.h"

struct runtool *
runtool_connect(const char *host, const char *port, int timeout_ms, struct runtool_error *err)
{
	struct runtool *c;
	int on = 1;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		error_set(err, RUNTOOL_INTERNAL, "out of memory");
		return (NULL);
	}
	c->listeners[0].fd = c->listeners[1].fd = -1;
	c->timeout_ms = timeout_ms;
	c->fd = connect_open(
	    host, port == NULL ? RUNTOOL_DEFAULT_PORT : port, deadline_in(timeout_ms), err);
	if (c->fd == -1) {
		free(c);
		return (NULL);
	}
	connect_keep_alive(c->fd);
	/* An end_ack with a call behind it must not wait for the ack of a segment. */
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->ipv4 = connect_ipv4(c->fd, &c->local, &c->peer);
	return (c);
}

void
runtool_close(struct runtool *c)
{
	int i;

	if (c == NULL)
		return;
	call_hang_up(c);
	for (i = 0; i < CALL_STREAMS; i++)
		if (c->listeners[i].fd != -1)
			close(c->listeners[i].fd);
	rpc_info_free(&c->info);
	free(c);
}

static int
read_info(struct runtool *c, struct srpc_error *why)
{
	struct srpc_reader r;
	int rc;

	if ((rc = call_open_reply(c, &r, why)) == SRPC_OK &&
	    (rc = rpc_get_info(&r, RPC_VERSION, &c->info, why)) == SRPC_OK)
		call_close_reply(c, &r);
	return (rc);
}

static int
ask_info(struct runtool *c, struct runtool_error *err)
{
	int64_t deadline = deadline_in(c->timeout_ms);
	struct srpc_error why;
	struct pollfd pfd;
	int n, rc;

	rpc_put_info_call(&c->out, RPC_VERSION);
	if (c->out.failed)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	call_send(c);
	while ((rc = read_info(c, &why)) == SRPC_MORE) {
		pfd = call_awaits(c);
		if ((n = deadline_poll(&pfd, 1, deadline)) == -1)
			return (error_set(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
		if (n == 0)
			return (error_set(
			    err, RUNTOOL_TIMEOUT, "no answer within %d ms", c->timeout_ms));
		if (call_go_on(c, err) == -1)
			return (-1);
	}
	return (rc == -1 ? error_reply(err, &why) : 0);
}

int
runtool_info(struct runtool *c, struct runtool_info *info, struct runtool_error *err)
{
	if (call_begin(c, err) == -1)
		return (-1);
	if (ask_info(c, err) == -1) {
		call_hang_up(c);
		return (-1);
	}
	*info = (struct runtool_info){
	    .sysname = c->info.sysname,
	    .release = c->info.release,
	    .version = c->info.version,
	    .machine = c->info.machine,
	    .cpus = c->info.cpus,
	    .cpu_mhz = c->info.cpu_mhz,
	    .mem_kb = c->info.mem_kb,
	    .max_tools = c->info.max_tools,
	    .cur_tools = c->info.cur_tools,
	    .cur_pending = c->info.cur_pending,
	    .max_pending = c->info.max_pending,
	    .load = (double)c->info.load,
	};
	memcpy(info->unique, c->info.unique, sizeof(info->unique));
	return (0);
}
