#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cmdline.h"
#include "inherit.h"
#include "links.h"
#include "options.h"
#include "paths.h"
#include "status.h"
#include "terminal.h"
#include "values.h"

#define DEFAULT_SERVER	  "localhost"
#define DEFAULT_ROOT	  "1"
#define DEFAULT_DIRECTORY ".WD"
#define KEEP_ALIVE_MIN_MS 100
#define KEEP_ALIVE_MAX_MS 600000
#define MAX_RETRIES	  1000
#define MAX_WAIT_MS	  86400000

static void
take(struct cmdline *cmd, int letter, const char *text)
{
	struct runtool_request *request = &cmd->request;

	switch (letter) {
	case 's':
		values_server(cmd->what, text, &cmd->server);
		break;
	case 'p':
		cmd->platform = text;
		break;
	case 'a':
		values_area(cmd->what, text);
		cmd->area = text;
		break;
	case 'r':
		values_root(cmd->what, text, request);
		break;
	case 'w':
		cmd->directory.asked = text;
		break;
	case 'e':
		values_variable(cmd->what, text, &cmd->env);
		break;
	case 'i':
		request->best_effort = false;
		values_input(text, request);
		break;
	case 't':
		request->time_limit_ms = values_ms("-t ", text, 0, INT_MAX);
		break;
	case 'l':
		values_label(text, request);
		break;
	case 'v':
		cmd->verbose = true;
		break;
	case 'q':
		cmd->quiet = true;
		break;
	case OPTION_JSON:
		cmd->json = true;
		cmd->json_file = text;
		break;
	case OPTION_KEEP_ALIVE:
		request->keep_alive_ms =
		    values_ms("--keep-alive ", text, KEEP_ALIVE_MIN_MS, KEEP_ALIVE_MAX_MS);
		break;
	case OPTION_RETRY:
		cmd->retries = values_count(cmd->what, text, MAX_RETRIES);
		break;
	case OPTION_WAIT:
		cmd->wait_ms = values_ms(cmd->what, text, 0, MAX_WAIT_MS);
		break;
	case OPTION_FALLBACK:
		cmd->fallback = values_either(cmd->what, text, "local", "none");
		break;
	case OPTION_LOG:
		cmd->log = text;
		break;
	case OPTION_COLOUR:
		request->colour = values_colour(cmd->what, text);
		break;
	case OPTION_TTY:
		request->tty = true;
		break;
	case OPTION_SHOW:
		cmd->show = true;
		break;
	case OPTION_CHECK:
		request->check = true;
		break;
	case OPTION_LINKS:
		cmd->links = text;
		break;
	case 'c':
		cmd->config = text;
		break;
	case 'h':
		options_help();
		exit(EXIT_SUCCESS);
	case 'V':
		puts("runtool " VERSION);
		exit(EXIT_SUCCESS);
	default:
		values_try_help();
	}
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
		values_refuse("-s, -p or -a: only one of them");
	if (cmd->platform != NULL && *cmd->platform == '\0')
		values_refuse("-p: must be the name of a section of vesta.cfg");
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
	enum preference i = options_preference(letter);

	if (letter == OPTION_COLOUR && text == NULL)
		text = "always";
	if (i == PREFERENCES) {
		take(cmd, letter, text);
		return;
	}
	cmd->what = options_words(i);
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
	if (i == PREFER_ENV) {
		if ((cmd->words = strdup(value)) == NULL)
			err(EXIT_TROUBLE, "environment");
		values_variables(cmd->what, cmd->words, &cmd->env);
	} else {
		take(cmd, options_letter(i), value);
	}
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
		values_server(cmd->what, DEFAULT_SERVER, &cmd->server);
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
		values_variable(cmd->what, cmd->term, &cmd->env);
}

static void
find_directory(struct cmdline *cmd)
{
	const char *asked = cmd->directory.asked;
	char why[PATH_MAX + 128];

	if (directory_find(&cmd->directory, asked, why, sizeof(why)) == -1)
		values_refuse("%s%s: %s", cmd->in_force.from[PREFER_DIRECTORY], asked, why);
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
	int letter;

	while ((letter = options_next(argc, argv)) != -1)
		take_option(cmd, letter, optarg);
	if (cmd->links != NULL && optind == argc)
		values_refuse("--links %s: names no command", cmd->links);
	if (cmd->links != NULL)
		exit(links_make(cmd->links, argv + optind) == 0 ? EXIT_SUCCESS : EXIT_TROUBLE);
	if (optind == argc && !cmd->show && !cmd->request.check)
		values_refuse("no command");
	if (cmd->request.tty && !cmd->request.best_effort)
		values_refuse("--tty: not together with -i: its input is this terminal");
	if (cmd->request.check && cmd->json)
		values_refuse("--check: not together with --json");
	if (cmd->request.check && optind < argc && *argv[optind] == '\0')
		values_refuse("--check: the command is empty");
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
		values_variable(cmd->what, cmd->guard, &cmd->env);
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
