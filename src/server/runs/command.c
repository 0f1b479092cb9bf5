#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/log.h"
#include "lib/rpc5.h"
#include "command.h"
#include "pause.h"
#include "trace.h"

#define OWN_WORDS 48 /* at most, beside helper_switches, environment and command */
#define BLANKS	  " \t"

/* Soft limits of the tools. One pair, since limits are the process's. */
static unsigned long nofile, stack;

void
command_keep_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("limit of descriptors: %s", strerror(errno));
	nofile = r.rlim_cur;
	if (getrlimit(RLIMIT_STACK, &r) == -1)
		fatal("limit of the stack: %s", strerror(errno));
	stack = r.rlim_cur;
}

static void
add(struct command *c, const char *word)
{
	c->argv[c->argc++] = word;
}

static void
add_number(struct command *c, const char *name, char text[COMMAND_NUMBER], unsigned long n)
{
	snprintf(text, COMMAND_NUMBER, "%lu", n);
	add(c, name);
	add(c, text);
}

static size_t
count(const char *const *strings)
{
	size_t n = 0;

	while (strings[n] != NULL)
		n++;
	return (n);
}

/* What all command lines begin with; `extra` words follow. 0, or -1 with errno. */
static int
begin(struct command *c, const struct settings *s, int err, size_t extra)
{
	char *word, *rest;
	int i;

	*c = (struct command){0};
	c->switches = strdup(s->helper_switches);
	c->argv =
	    calloc(OWN_WORDS + (size_t)2 * SETTINGS_MAX_SWITCHES + extra + 1, sizeof(*c->argv));
	if (c->switches == NULL || c->argv == NULL)
		return (-1);
	add(c, s->helper);
	/* First, so that the launcher can report a wrong switch. */
	add_number(c, "-err", c->err, (unsigned long)err);
	word = strtok_r(c->switches, BLANKS, &rest);
	for (; word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
		if (strcmp(word, "-d") != 0)
			add(c, word);
		else if (trace_fd() != -1)
			add_number(c, "-dbg", c->dbg, (unsigned long)trace_fd());
	}
	for (i = 0; i < SETTINGS_ISOLATIONS; i++) {
		if ((s->isolate & 1U << i) == 0)
			continue;
		add(c, "-isolate");
		add(c, settings_isolations[i]);
	}
	return (0);
}

void
command_free(struct command *c)
{
	free(c->switches);
	free(c->argv);
}

/* What the client has for itself: its umask, and soft limits that lower the tool's. */
static void
add_inherited(struct command *c, const struct rpc_run *run)
{
#define NAME(NAME, name) #name,
	static const char *const names[RPC_NLIMITS] = {RPC_LIMITS(NAME)};
#undef NAME
	int i;

	if (run->umask.given) {
		snprintf(c->mask, COMMAND_NUMBER, "%#o", (unsigned int)run->umask.n);
		add(c, "-umask");
		add(c, c->mask);
	}
	for (i = 0; i < RPC_NLIMITS; i++) {
		if (!run->limits[i].given)
			continue;
		snprintf(
		    c->limits[i], COMMAND_NUMBER, "%s=%lld", names[i], (long long)run->limits[i].n);
		add(c, "-limit");
		add(c, c->limits[i]);
	}
}

int
command_for_run(struct command *c, const struct settings *s, const struct rpc_run *run,
    int32_t version, const char *root, int err, int life)
{
	const char *const *env = run->env, *const *arg = run->argv;
	size_t nenv = count(env);

	if (begin(c, s, err, nenv + count(arg)) == -1)
		return (-1);
	add_number(c, "-life", c->life, (unsigned long)life);
	add_number(c, "-nofile", c->nofile, nofile);
	add_number(c, "-stack", c->stack, stack);
	/* What the end of a session leaves running has no terminal any more. */
	add_number(c, "-linger", c->linger, run->tty != 0 ? 0 : (unsigned long)s->linger);
	if (run->tty != 0)
		add(c, "-tty");
	add(c, "-root");
	add(c, root);
	if (pause_wanted())
		add(c, "-hold");
	/* Up to version 4 the working directory comes first, as in the original. */
	if (version >= RPC5_VERSION) {
		add(c, "-path");
		add_inherited(c, run);
	}
	if (run->check != 0)
		add(c, "-look");
	add(c, "-wd");
	add(c, run->directory);
	if (run->own != NULL) {
		add(c, "-own");
		add(c, run->own);
	}
	add_number(c, "-envc", c->nenv, nenv);
	while (*env != NULL)
		add(c, *env++);
	add(c, "-cmd");
	while (*arg != NULL)
		add(c, *arg++);
	return (0);
}

int
command_for_nothing(struct command *c, const struct settings *s, int err, int life)
{
	*c = (struct command){0};
	if ((c->argv = calloc(OWN_WORDS, sizeof(*c->argv))) == NULL)
		return (-1);
	add(c, s->helper);
	add_number(c, "-err", c->err, (unsigned long)err);
	add_number(c, "-life", c->life, (unsigned long)life);
	return (0);
}

int
command_for_check(struct command *c, const struct settings *s, int err)
{
	if (begin(c, s, err, 0) == -1)
		return (-1);
	add(c, "-root");
	add(c, s->volatile_root);
	add(c, "-check");
	return (0);
}
