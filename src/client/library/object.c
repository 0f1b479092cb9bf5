/* struct runtool of runtool.h: made, closed; and what other threads may ask of its run call. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "lib/error.h"
#include "sizes.h"

static struct runtool *
new_object(const char *host, const char *port, int timeout_ms)
{
	struct runtool *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->fd = c->listeners[0].fd = c->listeners[1].fd = -1;
	c->timeout_ms = timeout_ms;
	c->version = RPC5_VERSION;
	c->host = strdup(host);
	c->port = strdup(port == NULL ? RUNTOOL_DEFAULT_PORT : port);
	if (c->host != NULL && c->port != NULL && control_open(&c->control) == 0)
		return (c);
	free(c->host);
	free(c->port);
	free(c);
	return (NULL);
}

struct runtool *
runtool_connect(const char *host, const char *port, int timeout_ms, struct runtool_error *err)
{
	struct runtool *c = NULL;
	struct runtool_error why;

	if (sizes_check(&sizes_error, err, &why) == 0) {
		if ((c = new_object(host, port, timeout_ms)) == NULL)
			error_set(&why, RUNTOOL_INTERNAL, "out of memory or descriptors");
		else if (call_connect(c, &why) == 0)
			return (c);
	}
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

void
runtool_cancel(struct runtool *c)
{
	control_cancel(&c->control);
}
