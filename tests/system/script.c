#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "script.h"

void
script_server(struct server *s, const char *version, const char *settings)
{
	*s = (struct server){.mode = harness_mode(),
	    .settings = harness_text("coredumpsize_limit = 0\n%s", settings),
	    .args = (const char *const[]){
		"-o", harness_text("max_interface_version=%s", version), NULL}};
	server_start(s);
	s->settings = NULL;
	s->args = NULL;
}

struct program
script(const struct server *s, const char *text)
{
	const char **argv = (const char **)(void *)harness_alloc(4 * sizeof(*argv));
	const char *run = harness_in_root(harness_text("tmp/%s", harness_unique("run")));

	/* What one script has learnt of a port is not true for the next server there. */
	ck_assert_int_eq(mkdir(run, 0700), 0);
	ck_assert_int_eq(chown(run, harness_user(), (gid_t)-1), 0);
	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = harness_text("PATH=%s:$PATH RUNTOOL_SERVER=127.0.0.1:%d XDG_RUNTIME_DIR=%s "
			       "tmp=%s\nexport PATH RUNTOOL_SERVER XDG_RUNTIME_DIR\n%s",
	    harness_installed("bin"), s->port, run, harness_in_root("tmp"), text);
	return ((struct program){.argv = argv, .uid = harness_user(), .pass = -1});
}

struct shown
script_run(const struct server *s, const char *text)
{
	struct program p = script(s, text);
	struct shown shown;

	shown.status = program_run(&p);
	shown.out = program_out(&p);
	shown.err = program_err(&p);
	program_free(&p);
	return (shown);
}

struct program
script_tool(const struct server *s, const char *options, const char *command, const char *tag)
{
	struct program p =
	    script(s, harness_text("exec runtool %s /bin/sh -c '%s' %s", options, command, tag));

	program_start(&p);
	ck_assert_soon(strstr(program_out(&p), "ready\n") != NULL);
	return (p);
}

const char *
script_goes_to(const struct server *s, const char *text)
{
	const char *here = harness_text("\"server\":\"127.0.0.1:%d\"", s->port);
	int64_t end = harness_now() + 1000L * HARNESS_PATIENCE;
	struct server none = {0};
	struct shown shown;

	do {
		shown = script_run(&none, text);
	} while (strstr(shown.out, here) == NULL &&
		 strstr(shown.err, "has not answered yet") != NULL && harness_now() < end);
	ck_assert_msg(shown.status == 0, "%s: %s", text, shown.err);
	ck_assert_msg(strstr(shown.out, here) != NULL, "%s: %s", text, shown.out);
	return (shown.err);
}

struct program
script_occupy(const struct server *s)
{
	return (script_tool(s, "-i /dev/null", SCRIPT_LINGER, ""));
}

void
script_leave(struct program *p)
{
	ck_assert_int_eq(kill(p->pid, SIGTERM), 0);
	ck_assert(program_wait(p, HARNESS_PATIENCE));
	program_free(p);
}

void
script_keeps(const struct server *s, const struct promise *p)
{
	struct shown shown = script_run(s, p->script);

	ck_assert_msg(shown.status == p->status, "%s: exit status %d, not %d: %s", p->script,
	    shown.status, p->status, shown.err);
	ck_assert_msg(p->out == NULL || strcmp(shown.out, p->out) == 0, "%s: stdout '%s', not '%s'",
	    p->script, shown.out, p->out);
	ck_assert_msg(p->err == NULL || strcmp(shown.err, p->err) == 0, "%s: stderr '%s', not '%s'",
	    p->script, shown.err, p->err);
}

void
script_keep(const char *version, const struct promise *p, size_t n)
{
	struct server s;
	size_t i;

	script_server(&s, version, "");
	for (i = 0; i < n; i++)
		script_keeps(&s, &p[i]);
	server_stop(&s);
}

int
script_ran_on(const struct server *s)
{
	const char *log = server_log(s);
	int n = 0;

	while ((log = strstr(log, "run id=")) != NULL) {
		const char *end = log + strcspn(log, "\n"), *status = strstr(log, " status=");

		n += status != NULL && status < end;
		log = end;
	}
	return (n);
}
