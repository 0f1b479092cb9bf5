#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cmdline.h"
#include "inherit.h"
#include "lib/record.h"
#include "links.h"
#include "paths.h"
#include "terminal.h"

#define DEFAULT_SERVER	  "localhost"
#define DEFAULT_ROOT	  "1"
#define DEFAULT_DIRECTORY ".WD"
#define LABEL_MAX	  128
#define KEEP_ALIVE_MIN_MS 100
#define KEEP_ALIVE_MAX_MS 600000
#define MAX_RETRIES	  1000
#define MAX_WAIT_MS	  86400000

/* Long options without a letter. */
enum {
	JSON = UCHAR_MAX + 1,
	KEEP_ALIVE,
	RETRY,
	WAIT,
	FALLBACK,
	LOG,
	SHOW,
	CHECK,
	LINKS,
	COLOUR,
	TTY
};

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
    {JSON, "json", "FILE", "write the result as JSON; default: to stderr"},
    {COLOUR, "colour", "WHEN",
	"let it use colours: always, never, or auto: if stdout and\n"
	"                                 stderr are a terminal; default: never, and always\n"
	"                                 without WHEN"},
    {TTY, "tty", NULL, "give it a terminal, as this one"},
    {KEEP_ALIVE, "keep-alive", "SECONDS", "longest silence of the server; default: 20"},
    {RETRY, "retry", "N", "run it again where a run is lost, N times at most; default: 0"},
    {WAIT, "wait", "SECONDS", "wait so long for a server that is not there; default: 0"},
    {FALLBACK, "fallback", "local|none", "run it here if there is no server; default: none"},
    {'c', "config", "FILE", "the vesta.cfg that names port and platforms"},
    {LOG, "log", "FILE|syslog", "where to write what was wrong while a server was found"},
    {SHOW, "show", NULL, "show what is in force, and where it comes from"},
    {CHECK, "check", NULL, "run nothing: say what is not right for COMMAND there"},
    {LINKS, "links", "DIR NAME...",
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
    [PREFER_WAIT] = {WAIT, "--wait "},
    [PREFER_RETRY] = {RETRY, "--retry "},
    [PREFER_FALLBACK] = {FALLBACK, "--fallback "},
    [PREFER_LOG] = {LOG, "--log "},
    [PREFER_COLOUR] = {COLOUR, "--colour="},
};

/* Whether the option's argument may be left out. */
static bool
may_be_alone(int letter)
{
	return (letter == JSON || letter == COLOUR);
}

static void
help(void)
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

_Noreturn static void
try_help(void)
{
	fputs("try 'runtool --help'\n", stderr);
	exit(EXIT_TROUBLE);
}

__attribute__((format(printf, 1, 2))) _Noreturn static void
refuse(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vwarnx(fmt, ap);
	va_end(ap);
	try_help();
}

/* Whether a text has only these characters, and at least one. */
static bool
consists_of(const char *text, const char *characters)
{
	return (*text != '\0' && text[strspn(text, characters)] == '\0');
}

/* A root's number, decimal or hexadecimal after 0x, or its name. */
static void
take_root(struct cmdline *cmd, const char *text)
{
	struct runtool_request *request = &cmd->request;
	bool hex = strncasecmp(text, "0x", 2) == 0;
	unsigned long long n;

	request->root = 0;
	request->root_name = NULL;
	if (*text == '\0' || strchr(text, '/') != NULL)
		refuse("%s%s: must be a root's number or its name", cmd->what, text);
	if (!consists_of(text + (hex ? 2 : 0), hex ? "0123456789abcdefABCDEF" : "0123456789")) {
		request->root_name = text;
		return;
	}
	n = strtoull(text, NULL, hex ? 16 : 10);
	if (n == 0 || n > UINT32_MAX)
		refuse("%s%s: must be from 1 to 0xffffffff", cmd->what, text);
	/* 0803 may be meant as the directory 00000803, which is 0x803. */
	if (!hex && *text == '0' && text[1] != '\0')
		refuse("%s%s: has leading zeros: say %s, or 0x%s if it is hexadecimal", cmd->what,
		    text, text + strspn(text, "0"), text + strspn(text, "0"));
	request->root = (uint32_t)n;
}

/* Seconds with a decimal fraction, in milliseconds, rounded up. */
static int
take_seconds(const char *option, const char *text, int min_ms, int max_ms)
{
	const char *dot = strchr(text, '.');
	double ms;

	ms = strtod(text, NULL) * 1000;
	if (!consists_of(text, "0123456789.") || strcmp(text, ".") == 0 ||
	    (dot != NULL && strchr(dot + 1, '.') != NULL) || ms < min_ms || ms > max_ms)
		refuse("%s%s: must be a number of seconds from %g to %.10g", option, text,
		    min_ms / 1000.0, max_ms / 1000.0);
	ms += 0.999999;
	return (ms < max_ms ? (int)ms : max_ms);
}

static int
take_count(const char *option, const char *text, int max)
{
	const char *wrong;
	int n = (int)strtonum(text, 0, max, &wrong);

	if (wrong != NULL)
		refuse("%s%s: must be a number from 0 to %d", option, text, max);
	return (n);
}

static void
take_variable(struct cmdline *cmd, const char *text)
{
	const char *why;

	if (environment_take(&cmd->env, text, &why) == -1)
		refuse("%s%s: %s", cmd->what, text, why);
}

/* Those of a preference are separated by blanks. */
static void
take_variables(struct cmdline *cmd, const char *text)
{
	char *rest, *word;

	if ((rest = cmd->words = strdup(text)) == NULL)
		err(EXIT_TROUBLE, "environment");
	while ((word = strsep(&rest, " \t")) != NULL)
		if (*word != '\0')
			take_variable(cmd, word);
}

static void
take_input(struct runtool_request *request, const char *text)
{
	request->closed &= ~(unsigned int)RUNTOOL_CLOSED_STDIN;
	request->stream_stdin = strcmp(text, "-") == 0;
	request->stdin_file = NULL;
	if (request->stream_stdin || strcmp(text, "/dev/null") == 0)
		return;
	if (*text != '/')
		refuse("-i %s: must be a full path name on the server, or - for this stdin", text);
	request->stdin_file = text;
}

static void
take_colour(struct cmdline *cmd, const char *text)
{
	cmd->request.colour = terminal_wants_colour(text);
	if (strcmp(text, "always") != 0 && strcmp(text, "auto") != 0 && strcmp(text, "never") != 0)
		refuse("%s%s: must be always, auto or never", cmd->what, text);
}

static void
take_server(struct cmdline *cmd, const char *text)
{
	if (endpoint_parse(&cmd->server, text) == -1)
		refuse("%s%s: must be HOST, HOST:PORT or [ADDRESS]:PORT", cmd->what, text);
}

static void
take_area(struct cmdline *cmd, const char *text)
{
	if (!record_area_ok(text))
		refuse("%s%s: must be letters, digits, `.`, `_` and `-`", cmd->what, text);
	cmd->area = text;
}

static void
take(struct cmdline *cmd, int letter, const char *text)
{
	switch (letter) {
	case 's':
		take_server(cmd, text);
		break;
	case 'p':
		cmd->platform = text;
		break;
	case 'a':
		take_area(cmd, text);
		break;
	case 'r':
		take_root(cmd, text);
		break;
	case 'w':
		cmd->directory.asked = text;
		break;
	case 'e':
		take_variable(cmd, text);
		break;
	case 'i':
		cmd->request.best_effort = false;
		take_input(&cmd->request, text);
		break;
	case 't':
		cmd->request.time_limit_ms = take_seconds("-t ", text, 0, INT_MAX);
		break;
	case 'l':
		if (strlen(text) > LABEL_MAX)
			refuse("-l: must be at most %d bytes long", LABEL_MAX);
		cmd->request.label = *text == '\0' ? NULL : text;
		break;
	case 'v':
		cmd->verbose = true;
		break;
	case 'q':
		cmd->quiet = true;
		break;
	case JSON:
		cmd->json = true;
		cmd->json_file = text;
		break;
	case KEEP_ALIVE:
		cmd->request.keep_alive_ms =
		    take_seconds("--keep-alive ", text, KEEP_ALIVE_MIN_MS, KEEP_ALIVE_MAX_MS);
		break;
	case RETRY:
		cmd->retries = take_count(cmd->what, text, MAX_RETRIES);
		break;
	case WAIT:
		cmd->wait_ms = take_seconds(cmd->what, text, 0, MAX_WAIT_MS);
		break;
	case FALLBACK:
		cmd->fallback = strcmp(text, "local") == 0;
		if (!cmd->fallback && strcmp(text, "none") != 0)
			refuse("%s%s: must be local or none", cmd->what, text);
		break;
	case LOG:
		cmd->log = text;
		break;
	case COLOUR:
		take_colour(cmd, text);
		break;
	case TTY:
		cmd->request.tty = true;
		break;
	case SHOW:
		cmd->show = true;
		break;
	case CHECK:
		cmd->request.check = true;
		break;
	case LINKS:
		cmd->links = text;
		break;
	case 'c':
		cmd->config = text;
		break;
	case 'h':
		help();
		exit(EXIT_SUCCESS);
	case 'V':
		puts("runtool " VERSION);
		exit(EXIT_SUCCESS);
	default:
		try_help();
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

/* Whether to stream our stdin: not from a terminal, nor from /dev/null, which is empty. */
static bool
has_input(void)
{
	struct stat st;

	return (fstat(STDIN_FILENO, &st) == 0 && !isatty(STDIN_FILENO) &&
		!(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)));
}

static void
check_choice(const struct cmdline *cmd)
{
	if ((cmd->server.host[0] != '\0') + (cmd->platform != NULL) + (cmd->area != NULL) > 1)
		refuse("-s, -p or -a: only one of them");
	if (cmd->platform != NULL && *cmd->platform == '\0')
		refuse("-p: must be the name of a section of vesta.cfg");
}

/* ---- what is in force --------------------------------------------------------------------- */

static void
note(struct cmdline *cmd, enum preference i, const char *text)
{
	if (in_force_note(&cmd->in_force, i, cmd->what, text) == -1)
		err(EXIT_TROUBLE, "settings");
}

/* Takes an option, and notes it if it is one that there are preferences for. */
static void
take_option(struct cmdline *cmd, int letter, const char *text)
{
	enum preference i = 0;

	while (i < PREFERENCES && options_of[i].letter != letter)
		i++;
	if (letter == COLOUR && text == NULL)
		text = "always";
	if (i == PREFERENCES) {
		take(cmd, letter, text);
		return;
	}
	cmd->what = options_of[i].what;
	take(cmd, letter, text);
	if (i != PREFER_ENV) {
		free(cmd->in_force.texts[i]);
		cmd->in_force.texts[i] = NULL;
	}
	note(cmd, i, text);
}

static bool
has_server(const struct cmdline *cmd)
{
	return (cmd->server.host[0] != '\0' || cmd->platform != NULL || cmd->area != NULL);
}

static void
take_preference(struct cmdline *cmd, enum preference i)
{
	const char *value = cmd->preferences.list[i].value;

	cmd->what = cmd->preferences.list[i].from;
	if (i == PREFER_ENV)
		take_variables(cmd, value);
	else
		take(cmd, options_of[i].letter, value);
	note(cmd, i, value);
}

/* Takes the preferences of which the command line says nothing. */
static void
take_preferences(struct cmdline *cmd)
{
	bool server = has_server(cmd);
	char why[PATH_MAX + 256];
	enum preference i;

	if (preferences_read(&cmd->preferences, cmd->config, why, sizeof(why)) == -1)
		errx(EXIT_TROUBLE, "%s", why);
	for (i = 0; i < PREFERENCES; i++)
		if (cmd->preferences.list[i].value != NULL && cmd->in_force.texts[i] == NULL &&
		    !(i <= PREFER_AREA && server))
			take_preference(cmd, i);
}

/* What nothing says. */
static void
take_defaults(struct cmdline *cmd)
{
	cmd->what = "default";
	if (!has_server(cmd)) {
		take_server(cmd, DEFAULT_SERVER);
		note(cmd, PREFER_SERVER, DEFAULT_SERVER);
	}
	if (cmd->in_force.texts[PREFER_ROOT] == NULL)
		note(cmd, PREFER_ROOT, DEFAULT_ROOT);
	if (cmd->in_force.texts[PREFER_DIRECTORY] == NULL)
		note(cmd, PREFER_DIRECTORY, DEFAULT_DIRECTORY);
}

/* TERM is offered before all -e, and withdrawn here unless there is a terminal or -e took it. */
static void
find_terminal(struct cmdline *cmd)
{
	struct runtool_request *request = &cmd->request;

	request->tty &= !request->check;
	request->colour &= !request->check && !request->tty;
	if (request->tty) {
		request->stream_stdin = true;
		request->closed = 0;
		request->input = terminal_read;
		request->started = terminal_started;
		cmd->retries = 0;
	}
	if (request->colour || request->tty)
		terminal_size(&request->rows, &request->columns);
	else
		environment_withdraw(&cmd->env, cmd->term);
}

static void
offer_term(struct cmdline *cmd)
{
	const char *term = getenv("TERM");

	if (term != NULL && asprintf(&cmd->term, "TERM=%s", term) == -1)
		err(EXIT_TROUBLE, "environment");
	if (cmd->term != NULL)
		take_variable(cmd, cmd->term);
}

static void
find_directory(struct cmdline *cmd)
{
	const char *asked = cmd->directory.asked;
	char why[PATH_MAX + 128];

	if (directory_find(&cmd->directory, asked, why, sizeof(why)) == -1)
		refuse("%s%s: %s", cmd->in_force.from[PREFER_DIRECTORY], asked, why);
	cmd->request.directory = directory_name(&cmd->directory);
	if (asked == NULL && cmd->directory.own[0] != '\0')
		cmd->request.own_directory = cmd->directory.own;
}

_Noreturn static void
show(const struct cmdline *cmd)
{
	in_force_print(&cmd->in_force, &cmd->preferences,
	    cmd->directory.here ? cmd->directory.path : NULL, cmd->config);
	if (fflush(stdout) == EOF)
		err(EXIT_TROUBLE, "stdout");
	exit(EXIT_SUCCESS);
}

/* The command and its arguments, behind all options. */
static char **
take_options(struct cmdline *cmd, int argc, char *argv[])
{
	static char nothing[] = "", *none[] = {nothing, NULL};
	struct option names[CHOICES + 1];
	char letters[2 * CHOICES + 2];
	int letter;

	describe(letters, names);
	while ((letter = getopt_long(argc, argv, letters, names, NULL)) != -1)
		take_option(cmd, letter, optarg);
	if (cmd->links != NULL && optind == argc)
		refuse("--links %s: names no command", cmd->links);
	if (cmd->links != NULL)
		exit(links_make(cmd->links, argv + optind) == 0 ? EXIT_SUCCESS : EXIT_TROUBLE);
	if (optind == argc && !cmd->show && !cmd->request.check)
		refuse("no command");
	if (cmd->request.tty && !cmd->request.best_effort)
		refuse("--tty: not together with -i: its input is this terminal");
	if (cmd->request.check && cmd->json)
		refuse("--check: not together with --json");
	check_choice(cmd);
	return (optind == argc ? none : argv + optind);
}

/* What a link runs: no option is ours. What we say is not what that program says. */
static char **
take_link(struct cmdline *cmd, const char *command, char *argv[])
{
	setprogname("runtool");
	if ((cmd->guard = links_guard(command)) == NULL && errno == ELOOP)
		errx(EXIT_TROUBLE,
		    "%s leads to itself: a run of the link %s has started it; see LINKS in "
		    "runtool(1)",
		    links_path(), command);
	if (cmd->guard == NULL)
		err(EXIT_TROUBLE, "%s", command);
	argv[0] += strlen(argv[0]) - strlen(command);
	return (argv);
}

void
cmdline_parse(struct cmdline *cmd, int argc, char *argv[])
{
	const char *command = links_command(argv[0]);

	*cmd = (struct cmdline){.request = {.size = sizeof(cmd->request),
				    .root = 1,
				    .best_effort = true,
				    .stream_stdin = has_input(),
				    .stdin_fd = STDIN_FILENO}};
	inherit(&cmd->request);
	offer_term(cmd);
	argv = command == NULL ? take_options(cmd, argc, argv) : take_link(cmd, command, argv);
	take_preferences(cmd);
	take_defaults(cmd);
	if (cmd->guard != NULL)
		take_variable(cmd, cmd->guard);
	cmd->request.argv = (const char *const *)argv;
	cmd->request.stream_stdin &= !cmd->request.check;
	find_directory(cmd);
	find_terminal(cmd);
	cmd->request.env = cmd->env.list;
	if (cmd->show)
		show(cmd);
}

void
cmdline_free(struct cmdline *cmd)
{
	environment_free(&cmd->env);
	in_force_free(&cmd->in_force);
	preferences_free(&cmd->preferences);
	free(cmd->words);
	free(cmd->guard);
	free(cmd->term);
}
