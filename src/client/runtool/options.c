#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "options.h"

static const struct choice {
	int letter;
	const char *name, *argument, *help;
} choices[] = {
    {'s', "server", "HOST[:PORT]", "the server; default: $RUNTOOL_SERVER, or -p, -a, localhost"},
    {'p', "platform", "PLATFORM",
	"the best server of this section of vesta.cfg;\n"
	"                                 default: $RUNTOOL_PLATFORM"},
    {'a', "area", "AREA",
	"the best server of this area of the fleet;\n"
	"                                 default: $RUNTOOL_AREA"},
    {'r', "root", "INDEX|NAME", "the tool's root, by number or name; default: 1"},
    {'w', "directory", "DIR|here",
	"working directory below the root; here: the current\n"
	"                                 one, here:/FROM=/TO: with another beginning;\n"
	"                                 default: .WD"},
    {'e', "env", "NAME[=VALUE]",
	"set a variable; without a value: as it is here;\n"
	"                                 also a pattern, as *; after !: leave it out again"},
    {'i', "input", "FILE|-", "stdin: a file on the server, or this stdin"},
    {'t', "time-limit", "SECONDS", "end the tool after this time, with status 124"},
    {'l', "label", "LABEL", "what the server's log calls the run"},
    {'v', "verbose", NULL, "tell about server, times and usage"},
    {'q', "quiet", NULL, "do not tell how the tool ended"},
    {OPTION_JSON, "json", "FILE", "write the result as JSON; default: to stderr"},
    {OPTION_COLOUR, "colour", "WHEN",
	"let it use colours: always, never, or auto: if stdout and\n"
	"                                 stderr are a terminal; default: never, and always\n"
	"                                 without WHEN"},
    {OPTION_TTY, "tty", NULL, "give it a terminal, as this one"},
    {OPTION_KEEP_ALIVE, "keep-alive", "SECONDS", "longest silence of the server; default: 20"},
    {OPTION_RETRY, "retry", "N", "run it again where a run is lost, N times at most; default: 0"},
    {OPTION_WAIT, "wait", "SECONDS", "wait so long for a server that is not there; default: 0"},
    {OPTION_FALLBACK, "fallback", "local|none", "run it here if there is no server; default: none"},
    {'c', "config", "FILE", "the vesta.cfg that names port and platforms"},
    {OPTION_LOG, "log", "FILE|syslog", "where to write what was wrong while a server was found"},
    {OPTION_SHOW, "show", NULL, "show what is in force, and where it comes from"},
    {OPTION_CHECK, "check", NULL, "run nothing: say what is not right for COMMAND there"},
    {OPTION_LINKS, "links", "DIR NAME...",
	"make links in DIR: commands that this runtool runs as\n"
	"                                 the preferences say"},
    {'h', "help", NULL, "show this"},
    {'V', "version", NULL, "show the version"},
};
#define CHOICES (sizeof(choices) / sizeof(choices[0]))

/* The options that preferences stand for, and what stands before their values. */
static const struct {
	int letter;
	const char *what;
} options_of[PREFERENCES] = {
    [PREFER_SERVER] = {'s', "-s "},
    [PREFER_PLATFORM] = {'p', "-p "},
    [PREFER_AREA] = {'a', "-a "},
    [PREFER_ROOT] = {'r', "-r "},
    [PREFER_DIRECTORY] = {'w', "-w "},
    [PREFER_ENV] = {'e', "-e "},
    [PREFER_WAIT] = {OPTION_WAIT, "--wait "},
    [PREFER_RETRY] = {OPTION_RETRY, "--retry "},
    [PREFER_FALLBACK] = {OPTION_FALLBACK, "--fallback "},
    [PREFER_LOG] = {OPTION_LOG, "--log "},
    [PREFER_COLOUR] = {OPTION_COLOUR, "--colour="},
};

/* Whether the option's argument may be left out. */
static bool
may_be_alone(int letter)
{
	return (letter == OPTION_JSON || letter == OPTION_COLOUR);
}

void
options_help(void)
{
	const struct choice *c;
	char form[64];

	puts("usage: runtool [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	     "Runs COMMAND through a RunToolServer as if it ran here; see runtool(1).\n");
	for (c = choices; c < choices + CHOICES; c++) {
		snprintf(form, sizeof(form), may_be_alone(c->letter) ? "--%s[=%s]" : "--%s %s",
		    c->name, c->argument == NULL ? "" : c->argument);
		if (c->letter <= UCHAR_MAX)
			printf("  -%c, %-26s %s\n", c->letter, form, c->help);
		else
			printf("      %-26s %s\n", form, c->help);
	}
}

/* Makes getopt_long()'s arguments. A `+` ends the options at the first other argument. */
static void
describe(char letters[2 * CHOICES + 2], struct option names[CHOICES + 1])
{
	const struct choice *c;

	*letters++ = '+';
	for (c = choices; c < choices + CHOICES; c++) {
		*names++ = (struct option){.name = c->name,
		    .has_arg = may_be_alone(c->letter) ? optional_argument
			       : c->argument == NULL   ? no_argument
						       : required_argument,
		    .val = c->letter};
		if (c->letter > UCHAR_MAX)
			continue;
		*letters++ = (char)c->letter;
		if (c->argument != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	*names = (struct option){0};
}

int
options_next(int argc, char *argv[])
{
	struct option names[CHOICES + 1];
	char letters[2 * CHOICES + 2];

	describe(letters, names);
	return (getopt_long(argc, argv, letters, names, NULL));
}

int
options_letter(enum preference i)
{
	return (options_of[i].letter);
}

const char *
options_words(enum preference i)
{
	return (options_of[i].what);
}

enum preference
options_preference(int letter)
{
	enum preference i = 0;

	while (i < PREFERENCES && options_of[i].letter != letter)
		i++;
	return (i);
}
