#include <stdio.h>
#include <string.h>

#include "check.h"
#include "report.h"

/* What can be done here; the lines before have what can be done there. */
static void
print_remedies(const struct cmdline *cmd, int wrong)
{
	const struct directory *d = &cmd->directory;

	if ((wrong & RUNTOOL_NO_DIRECTORY) != 0 && d->here)
		printf(
		    "  directory: where the root has %s by another path, say -w here:/FROM=/TO\n",
		    d->own);
	if ((wrong & RUNTOOL_NO_DIRECTORY) != 0 && !d->here)
		puts("  directory: -w says which it is; -w here is the current one");
	if ((wrong & RUNTOOL_NO_COMMAND) != 0 && strchr(cmd->request.argv[0], '/') == NULL)
		puts("  command: -e sets its variables, as -e PATH or -e PATH=/usr/bin:/bin");
}

/* The server could not look at all; why is on stderr. */
static void
print_remedy_for(const struct runtool_error *e)
{
	if (e->code == RUNTOOL_TRANSPORT || e->code == RUNTOOL_TIMEOUT)
		puts("  a RunToolServer has to run there, and to admit this host: see DIAGNOSTICS "
		     "in "
		     "runtool(1)");
	else if (e->code == RUNTOOL_NOT_IMPLEMENTED)
		puts("  that server is older than --check");
	else if (strstr(e->message, "no such root") != NULL ||
		 strstr(e->message, "nor is it a `handle`") != NULL)
		puts("  -r says which root it is: a name, or a number; default: 1");
	else
		puts("  see DIAGNOSTICS in runtool(1) and RunToolServer(1)");
}

int
check_report(const struct cmdline *cmd, const struct remote_result *o)
{
	char server[ENDPOINT_NAME_SIZE];

	if (!o->ran) {
		report_words(cmd, o);
		print_remedy_for(&o->error);
		return (1);
	}
	print_remedies(cmd, o->result.status);
	if (o->result.status == 0 && o->result.signal == 0)
		printf("ok: %s answers\n", endpoint_name(&cmd->server, server));
	return (o->result.status != 0 || o->result.signal != 0);
}
