#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "lib/error.h"

/* Below version 5 the errno is only in the words. */
static int
exec_errno_in(const char *words)
{
	static const char before[] = "(errno = ";
	const char *at;

	if (strstr(words, "Execve failure") == NULL || (at = strstr(words, before)) == NULL)
		return (0);
	return ((int)strtol(at + sizeof(before) - 1, NULL, 10));
}

/* The server uses these words for every refusal, and for nothing else. */
static bool
is_refusal(int32_t code, const char *words)
{
	return (code == RUNTOOL_CLIENT && strstr(words, "request denied: ") != NULL);
}

/* This code is our own: a server must not use it. */
static int
code_of(int32_t code)
{
	return (code == RUNTOOL_CANCELLED ? RUNTOOL_PROTOCOL_VIOLATION : code);
}

int
failure_reply(struct runtool_error *err, const struct srpc_error *why)
{
	static const char prefix[] = "[from other end] ";
	const char *words = why->message;

	if (why->from_peer) {
		error_set(err, code_of(why->code), "%s", words);
		if (why->code == RUNTOOL_CLIENT)
			err->exec_errno = exec_errno_in(words);
		err->refused = is_refusal(why->code, words) && err->exec_errno == 0;
		return (-1);
	}
	/* The codec's words are for the other side; here we read them ourselves. */
	if (strncmp(words, prefix, sizeof(prefix) - 1) == 0)
		words += sizeof(prefix) - 1;
	return (error_set(err, why->code, "not an answer of a RunToolServer: %s", words));
}

int
failure_result(struct runtool_error *err, const struct rpc5_failure *failure)
{
	error_set(err, code_of(failure->code), "%s",
	    failure->words != NULL ? failure->words : "the server does not say why");
	err->exec_errno = failure->error;
	err->refused = is_refusal(failure->code, err->message) && failure->error == 0;
	err->loaded = failure->load.loaded != 0;
	err->in_flight = failure->load.in_flight;
	return (-1);
}
