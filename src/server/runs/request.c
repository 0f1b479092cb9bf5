#include <stdio.h>
#include <stdlib.h>
#include <bsd/string.h>

#include "lib/log.h"
#include "lib/rpc5.h"
#include "request.h"

#define SHOWN 512 /* bytes of what a client sent, in the log */

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
	buf_free(&r->in);
	buf_free(&r->reply);
	free(r);
}

int
request_decode(struct request *r, size_t start, struct srpc_error *err)
{
	struct srpc_reader in = {
	    .data = r->raw.data, .len = r->raw.len, .pos = start, .limit = r->raw.len};

	if (r->version >= RPC5_VERSION)
		return (rpc5_get_run(&in, &r->run, err));
	if (rpc_get_run(&in, &r->run, err) == -1)
		return (-1);
	if (rpc_handle_index(r->run.handle, &r->run.root) == -1)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Invalid fsroot"));
	return (0);
}

void
request_fail(struct request *r, const struct srpc_error *err, struct rpc5_load load)
{
	if (r->version >= RPC5_VERSION) {
		rpc5_put_failure(&r->reply, err, load);
		return;
	}
	srpc_put_failure(&r->reply, err->code, err->message);
	r->failed = true;
}

void
request_send(struct request *r)
{
	ssize_t n;

	if (r->reply.failed || r->reply.len == 0)
		return;
	n = send(r->fd, r->reply.data, r->reply.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		buf_consume(&r->reply, (size_t)n);
}

const char *
request_words(const struct request *r, char text[REQUEST_WORDS])
{
	char number[16], root[SHOWN], tool[SHOWN], words[SHOWN], label[SHOWN + 8] = "";

	snprintf(number, sizeof(number), "%08x", r->run.root);
	if (r->run.label != NULL)
		snprintf(label, sizeof(label), " label=%s",
		    log_quote(words, sizeof(words), r->run.label));
	snprintf(text, REQUEST_WORDS, "id=%llu client=%s%s root=%s tool=%s",
	    (unsigned long long)r->id, r->client_text, label,
	    log_quote(root, sizeof(root), r->run.root_name != NULL ? r->run.root_name : number),
	    log_quote(tool, sizeof(tool), r->run.argv[0]));
	return (text);
}
