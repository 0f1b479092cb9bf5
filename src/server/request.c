#include <stdlib.h>

#include "request.h"

struct request *
request_new(void)
{
	struct request *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return (NULL);
	r->fd = -1;
	r->life = -1;
	return (r);
}

void
request_free(struct request *r)
{
	if (r == NULL)
		return;
	rpc_run_free(&r->run);
	buf_free(&r->raw);
	buf_free(&r->reply);
	free(r);
}

void
request_fail(struct request *r, const struct srpc_error *err)
{
	srpc_put_failure(&r->reply, err->code, err->message);
	r->failed = true;
}
