#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet.h"
#include "proc.h"
#include "run.h"

/* Others work on this host, too: neither their servers nor the load keeps one of ours from starting. */
#define MANY_PROCESSES 10000
#define HIGH_LOAD      1000

/* The directory is in one of its own, beside that for the logs of servers started by command. */
#define LOGS "../logs"

static void
make_directory(const char *path)
{
	ck_assert_msg(mkdir(path, 0755) == 0, "%s: %s", path, strerror(errno));
	if (geteuid() == 0)
		ck_assert_int_eq(chown(path, harness_user(), (gid_t)harness_user()), 0);
}

const char *
fleet_directory(void)
{
	const char *base = harness_installed(harness_text("work/%s", harness_unique("fleet")));

	make_directory(base);
	make_directory(harness_text("%s/logs", base));
	make_directory(harness_text("%s/records", base));
	return (harness_text("%s/records", base));
}

static const char *
settings(const char *dir, const char *lines)
{
	return (harness_text("max_interface_version = 5\n"
			     "coredumpsize_limit = 0\n"
			     "[Run_Tool_Fleet]\n"
			     "dir = %s\n"
			     "area = " FLEET_AREA "\n"
			     "advertise = 127.0.0.1\n"
			     "touch_interval = %d\n"
			     "stale_after = %d\n"
			     "ping_tries = 2\n"
			     "ping_timeout = 1\n"
			     "max_processes = %d\n"
			     "start_load_limit = %d\n"
			     "%s\n",
	    dir, FLEET_TOUCH, FLEET_STALE, MANY_PROCESSES, HIGH_LOAD, lines));
}

const char *
fleet_config(enum mode mode, const char *dir, const char *lines)
{
	return (server_config(mode, settings(dir, lines)));
}

struct server
fleet_server(const char *dir, const char *lines)
{
	return ((struct server){.mode = harness_mode(), .settings = settings(dir, lines)});
}

void
fleet_start(struct server *s, const char *dir, const char *lines)
{
	*s = fleet_server(dir, lines);
	server_start(s);
	ck_assert_soon(fleet_record(dir, server_pid(s)) != NULL);
}

/* ---- started by command ---------------------------------------------------------------------- */

const char *
fleet_start_command(const char *dir)
{
	return (harness_text("start_command = %s -f -c %%c -o SRPC_port=0 2>%s/" LOGS
			     "/$$ </dev/null >&2 &\n",
	    harness_installed("sbin/RunToolServer"), dir));
}

/* Names in a directory, in an order of their own; their number. */
static size_t
each_file(const char *dir, void (*call)(const char *dir, const char *name, void *), void *arg)
{
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	d = opendir(dir);
	ck_assert_msg(d != NULL, "%s: %s", dir, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		if (call != NULL)
			call(dir, e->d_name, arg);
	}
	closedir(d);
	return (n);
}

size_t
fleet_started(const char *dir)
{
	return (each_file(harness_text("%s/" LOGS, dir), NULL, NULL));
}

void
fleet_make(const char *path)
{
	FILE *f = fopen(path, "we");

	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(fclose(f), 0);
}

const char *
fleet_text(const char *path)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	size_t size;
	char *text;

	ck_assert_msg(f != NULL && fstat(fileno(f), &st) == 0, "%s: %s", path, strerror(errno));
	size = (size_t)st.st_size;
	text = harness_alloc(size + 1);
	text[fread(text, 1, size, f)] = '\0';
	fclose(f);
	return (text);
}

static void
append(const char *dir, const char *name, void *arg)
{
	const char **text = arg;

	*text = harness_text("%s%s", *text, fleet_text(harness_text("%s/%s", dir, name)));
}

const char *
fleet_started_log(const char *dir)
{
	const char *text = "";

	each_file(harness_text("%s/" LOGS, dir), append, &text);
	return (text);
}

/* ---- records ---------------------------------------------------------------------------------- */

const struct records *
fleet_records(const char *dir)
{
	static struct records records;

	records_free(&records);
	ck_assert_msg(records_read(dir, FLEET_AREA, &records) == 0, "%s: %s", dir, strerror(errno));
	return (&records);
}

size_t
fleet_count(const char *dir)
{
	return (fleet_records(dir)->n);
}

const struct record *
fleet_record(const char *dir, pid_t pid)
{
	const struct records *all = fleet_records(dir);

	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].pid == pid)
			return (&all->list[i]);
	return (NULL);
}

const char *
fleet_path(const char *dir, const struct record *r)
{
	ck_assert_ptr_nonnull(r);
	return (harness_text("%s/%s", dir, r->name));
}

/* As the name says, with an id and a start. */
static struct record
make_record(int port, pid_t pid, const uint8_t *id, int64_t started)
{
	struct record r;
	char err[256];

	ck_assert_msg(record_make(&r, "127.0.0.1", (unsigned int)port, pid, FLEET_AREA, id, err,
			  sizeof(err)) == 0,
	    "%s", err);
	r.started = started;
	return (r);
}

struct record
fleet_forged(const struct server *s, int64_t started)
{
	struct rpc_info info;
	struct record r;

	call_info(s, &info);
	r = make_record(s->port, server_pid(s), info.unique, started);
	rpc_info_free(&info);
	return (r);
}

struct record
fleet_invented(int port, int64_t started)
{
	static const uint8_t id[RECORD_ID_SIZE] = {1, 2, 3};

	return (make_record(port, 1, id, started));
}

void
fleet_write(const char *dir, const struct record *r)
{
	const char *path = fleet_path(dir, r), *hidden = harness_text("%s/.written", dir);
	char line[RECORD_LINE_MAX];
	FILE *f = fopen(hidden, "we");

	ck_assert_msg(f != NULL, "%s: %s", hidden, strerror(errno));
	ck_assert_uint_eq(fwrite(line, 1, record_format(r, line), f), strlen(line));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(rename(hidden, path), 0);
}

/* To a time that is neither now nor what it was. */
void
fleet_touch(const char *dir, const struct record *r)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	const char *path = fleet_path(dir, r);
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	times[1].tv_sec = (st.st_mtime + 1) % 1000000;
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* ---- the end ---------------------------------------------------------------------------------- */

int
fleet_times(const char *text, const char *words)
{
	int n = 0;

	for (; (text = strstr(text, words)) != NULL; text += strlen(words))
		n++;
	return (n);
}

int
fleet_says_times(const struct server *s, const char *words)
{
	return (fleet_times(server_log(s), words));
}

bool
fleet_says(const struct server *s, const char *words)
{
	return (strstr(server_log(s), words) != NULL);
}

void
fleet_leaves(struct server *s, const char *dir, const char *words)
{
	pid_t pid = server_pid(s);

	ck_assert_msg(
	    program_wait(&s->program, HARNESS_PATIENCE), "the server stays: %s", server_log(s));
	ck_assert_msg(WIFEXITED(s->program.status) && WEXITSTATUS(s->program.status) == 0,
	    "the server left with wait status %#x: %s", (unsigned int)s->program.status,
	    server_log(s));
	ck_assert_contains(server_log(s), words);
	ck_assert_ptr_null(fleet_record(dir, pid));
	program_free(&s->program);
}

void
fleet_stop(struct server *s, const char *dir)
{
	ck_assert_msg(!program_wait(&s->program, 0), "the server is gone: %s", server_log(s));
	ck_assert_int_eq(kill(server_pid(s), SIGTERM), 0);
	fleet_leaves(s, dir, "fleet: record removed");
}

void
fleet_kill(struct server *s)
{
	ck_assert_int_eq(kill(server_pid(s), SIGKILL), 0);
	ck_assert(program_wait(&s->program, HARNESS_PATIENCE));
	ck_assert_msg(WIFSIGNALED(s->program.status), "the server had ended: %s", server_log(s));
	program_free(&s->program);
}

static void
name_it(const char *dir, const char *name, void *arg)
{
	const char **names = arg;

	(void)dir;
	*names = harness_text("%s %s", *names, name);
}

void
fleet_end(const char *dir)
{
	const struct records *all = fleet_records(dir);
	const char *names = "";

	for (size_t i = 0; i < all->n; i++)
		ck_assert_int_eq(kill(all->list[i].pid, SIGTERM), 0);
	ck_assert_soon(proc_below(harness_installed("sbin/")) == 0);
	ck_assert_soon(proc_below(harness_installed("libexec/")) == 0);
	each_file(dir, name_it, &names);
	ck_assert_msg(*names == '\0', "left in the directory:%s", names);
	ck_assert_int_eq(system(harness_text("rm -r \"$(dirname '%s')\"", dir)), 0);
}

/* ---- clients ---------------------------------------------------------------------------------- */

const char *
fleet_script(const char *dir, const char *lines, const char *text)
{
	return (harness_text("VESTACONFIG=%s; export VESTACONFIG; unset RUNTOOL_SERVER; "
			     "cd /; exec </dev/null\n%s",
	    harness_file(harness_text("[Evaluator]\nNegligibleExternalLoadPerCPU = 1000\n%s",
		fleet_config(harness_mode(), dir, lines))),
	    text));
}
