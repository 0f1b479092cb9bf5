/* struct runtool of runtool.h: opened, closed; and what other threads may ask of its run call. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "background.h"
#include "call.h"
#include "lib/error.h"
#include "servers.h"
#include "sizes.h"

/* NULL with *err. */
static struct runtool *
new_object(int timeout_ms, struct runtool_error *err)
{
	struct runtool *c;

	if ((c = calloc(1, sizeof(*c))) != NULL && control_open(&c->control) == -1) {
		free(c);
		c = NULL;
	}
	if (c == NULL) {
		error_set(err, RUNTOOL_INTERNAL, "out of memory or descriptors");
		return (NULL);
	}
	c->fd = c->listeners[0].fd = c->listeners[1].fd = -1;
	c->timeout_ms = timeout_ms;
	c->version = RPC5_VERSION;
	return (c);
}

static int
connect_object(struct runtool *c, const char *host, const char *port, struct runtool_error *err)
{
	if (call_change_server(c, host, port == NULL ? RUNTOOL_DEFAULT_PORT : port) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	return (call_connect(c, err));
}

struct runtool *
runtool_connect(const char *host, const char *port, int timeout_ms, struct runtool_error *err)
{
	struct runtool *c = NULL;
	struct runtool_error why;

	if (sizes_check(&sizes_error, err, &why) == 0 &&
	    (c = new_object(timeout_ms, &why)) != NULL && connect_object(c, host, port, &why) == 0)
		return (c);
	runtool_close(c);
	sizes_fail(&why, err);
	return (NULL);
}

struct runtool *
runtool_open(const struct runtool_servers *servers, struct runtool_error *err)
{
	struct runtool *c = NULL;
	struct runtool_servers whole;
	struct runtool_error why;

	if (sizes_check(&sizes_error, err, &why) == 0 &&
	    sizes_take(&sizes_servers, &whole, servers, &why) == 0 &&
	    (c = new_object(whole.timeout_ms, &why)) != NULL && servers_open(c, &whole, &why) == 0)
		return (c);
	runtool_close(c);
	sizes_fail(&why, err);
	return (NULL);
}

void
runtool_close(struct runtool *c)
{
	int i;

	if (c == NULL)
		return;
	background_close(c->background);
	servers_close(c);
	call_hang_up(c);
	for (i = 0; i < CALL_STREAMS; i++)
		if (c->listeners[i].fd != -1)
			close(c->listeners[i].fd);
	control_close(&c->control);
	rpc_info_free(&c->info);
	free(c->host);
	free(c->port);
	free(c);
}

const char *
runtool_host(const struct runtool *c)
{
	return (c->host);
}

const char *
runtool_port(const struct runtool *c)
{
	return (c->port);
}

int
runtool_signal(struct runtool *c, int signal)
{
	if (signal < 1 || signal > RPC5_MAX_SIGNAL) {
		errno = EINVAL;
		return (-1);
	}
	if (control_signal(&c->control, signal))
		return (0);
	errno = ESRCH;
	return (-1);
}

int
runtool_resize(struct runtool *c, int rows, int columns)
{
	if (rows < 0 || rows > RPC5_MAX_SIDE || columns < 0 || columns > RPC5_MAX_SIDE) {
		errno = EINVAL;
		return (-1);
	}
	if (control_resize(&c->control, RPC5_SIZE(rows, columns)))
		return (0);
	errno = ESRCH;
	return (-1);
}

void
runtool_cancel(struct runtool *c)
{
	control_cancel(&c->control);
}
