/* A fleet in which servers come, die and leave all the time; and one that must not do so by itself. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/fleet.h"
#include "system/script.h"
#include "system/suites.h"

/* ---- what happens in the directory ------------------------------------------------------------ */

#define MAX_LIVES 4000

/* A server, from its start to its end. Times are in ms, 0: not yet. */
struct life {
	pid_t pid;
	bool told;	    /* to end, by SIGTERM */
	int64_t killed;	    /* by SIGKILL */
	int64_t registered; /* its record came */
	int64_t removed;    /* and went */
	struct record record;
	const char *left; /* why, as it said */
};

static struct {
	struct life list[MAX_LIVES];
	int n;
} lives;

static struct life *
life_of(pid_t pid)
{
	/* From the end: pids come again. */
	for (struct life *l = lives.list + lives.n - 1; l >= lives.list; l--)
		if (l->pid == pid)
			return (l);
	ck_abort_msg("a record of nobody: pid %d", (int)pid);
}

static struct life *
life_of_record(const char *name)
{
	struct record r;
	const char *why;

	ck_assert_msg(record_parse_name(&r, name, &why) == 0, "%s: %s", name, why);
	return (life_of(r.pid));
}

/* What is looked at. */
static const char *dir;
static int watch = -1;

static void
note_record(const char *name)
{
	struct life *l = life_of_record(name);
	const char *why;
	int fd;

	/* It may be gone by now. */
	if ((fd = records_open(dir, name, &l->record, &why)) != -1)
		close(fd);
	ck_assert_msg(l->registered == 0, "%s was registered twice", name);
	l->registered = harness_now();
}

static void
note_removal(const char *name)
{
	struct life *l = life_of_record(name);

	ck_assert_msg(l->removed == 0, "%s was removed twice", name);
	l->removed = harness_now();
}

static void
note_events(void)
{
	_Alignas(struct inotify_event) char buf[16384];
	const struct inotify_event *e;
	ssize_t n;

	while ((n = read(watch, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)p;
			ck_assert_int_eq(e->mask & IN_Q_OVERFLOW, 0);
			if (*e->name == '.')
				continue;
			if (e->mask & IN_MOVED_TO)
				note_record(e->name);
			else
				note_removal(e->name);
		}
}

/* ---- servers at random ------------------------------------------------------------------------ */

enum {
	SETTLE_MS = 90000, /* ends what hangs */
	STEP_MS = 40,
	MOMENT_MS = 3000 /* what happens to a server may show so much later */
};

/* How much happens: slots for servers, max_servers, and the time. */
struct extent {
	int slots, most, churn_ms;
};
static const struct extent dozen = {12, 5, 5000}, fifty = {50, 20, 60000};

static const struct extent *extent;
static struct server slots[50];

static bool
is_there(const struct server *s)
{
	return (s->program.pid > 0);
}

static void
come(struct server *s, const char *config)
{
	const char **argv = (const char **)(void *)harness_alloc(5 * sizeof(*argv));

	argv[0] = harness_installed("sbin/RunToolServer");
	argv[1] = "-f";
	argv[2] = "-c";
	argv[3] = config;
	s->program = (struct program){.argv = argv, .uid = harness_user(), .pass = -1};
	ck_assert_int_lt(lives.n, MAX_LIVES);
	program_start(&s->program);
	lives.list[lives.n++] = (struct life){.pid = s->program.pid};
}

/* Why it left, as its log has it; the log of one that was killed may say anything. */
static const char *
reason(const struct server *s)
{
	static const char words[] = "fleet: leaving: ";
	const char *log = server_log(s), *found = strstr(log, words);

	ck_assert_msg(found != NULL, "it ended without a reason: %s", log);
	found += strlen(words);
	return (harness_text("%.*s", (int)strcspn(found, "\n"), found));
}

static void
reap(struct server *s)
{
	pid_t pid = s->program.pid;
	struct life *l;

	if (!is_there(s) || !program_wait(&s->program, 0))
		return;
	note_events();
	l = life_of(pid);
	ck_assert_msg(
	    strstr(server_log(s), "vanished") == NULL, "a record was lost: %s", server_log(s));
	if (WIFSIGNALED(s->program.status)) {
		/* One that was told before it had blocked its signals never was in the fleet. */
		ck_assert_msg(l->killed != 0 || (l->told && l->registered == 0 &&
						    WTERMSIG(s->program.status) == SIGTERM),
		    "wait status %#x: %s", (unsigned int)s->program.status, server_log(s));
		/* It was on its way out, and may have removed its record itself. */
		if (strstr(server_log(s), "fleet: leaving: ") != NULL)
			l->killed = 0;
	} else {
		ck_assert_msg(s->program.status == 0, "wait status %#x: %s",
		    (unsigned int)s->program.status, server_log(s));
		l->killed = 0; /* that came too late */
		l->left = reason(s);
		ck_assert_msg((l->registered != 0) == (l->removed != 0), "it left its record: %s",
		    server_log(s));
	}
	program_free(&s->program);
}

static void
reap_all(void)
{
	for (struct server *s = slots; s < slots + extent->slots; s++)
		reap(s);
	note_events();
}

static void
tell(struct life *l)
{
	l->told = true;
	ck_assert_int_eq(kill(l->pid, SIGTERM), 0);
}

static void
go(struct server *s)
{
	struct life *l = life_of(s->program.pid);

	if (l->told || l->killed != 0)
		return;
	if (random() % 2 == 0) {
		l->killed = harness_now();
		ck_assert_int_eq(kill(l->pid, SIGKILL), 0);
	} else {
		tell(l);
	}
}

/* So many were killed, so many told to end, so many came too late. */
static bool
each_happened(int times)
{
	int killed = 0, told = 0, late = 0;

	for (const struct life *l = lives.list; l < lives.list + lives.n; l++) {
		killed += l->killed != 0;
		told += l->told;
		late += l->left != NULL && strstr(l->left, "enough others answer") != NULL;
	}
	return (killed >= times && told >= times && late >= times);
}

static void
churn(const char *config, int ms)
{
	int64_t end = harness_now() + ms;

	/* Some that were killed turn out to have ended before. */
	while (harness_now() < end || !each_happened(15)) {
		struct server *s = &slots[random() % extent->slots];

		if (!is_there(s))
			come(s, config);
		else if (random() % 2 == 0)
			go(s);
		reap_all();
		poll(NULL, 0, STEP_MS);
	}
}

/* Until so many are there for a while, and no other record than theirs. */
static void
settle(size_t least, size_t most)
{
	int64_t begin = harness_now(), since = begin;
	size_t there, records;

	while (harness_now() - since < INT64_C(1000) * FLEET_STALE) {
		reap_all();
		there = 0;
		for (struct server *s = slots; s < slots + extent->slots; s++)
			there += is_there(s);
		records = fleet_count(dir);
		if (there != records || there < least || there > most)
			since = harness_now();
		ck_assert_msg(harness_now() - begin < SETTLE_MS, "%zu servers and %zu records",
		    there, records);
		poll(NULL, 0, STEP_MS);
	}
}

/* How many were ahead of it when it left, or had been a moment ago. */
static int
ahead_of(const struct life *l)
{
	int n = 0;

	for (const struct life *o = lives.list; o < lives.list + lives.n; o++)
		n += o->registered != 0 && o->registered <= l->removed &&
		     (o->removed == 0 || o->removed > l->removed - MOMENT_MS) &&
		     record_is_ahead(&o->record, &l->record);
	return (n);
}

static void
check_lives(void)
{
	for (const struct life *l = lives.list; l < lives.list + lives.n; l++) {
		if (l->killed != 0 && l->removed != 0)
			ck_assert_msg(l->removed - l->killed >
					  INT64_C(1000) * (FLEET_STALE - FLEET_TOUCH) - MOMENT_MS,
			    "%s was removed %lld ms after its server was killed", l->record.name,
			    (long long)(l->removed - l->killed));
		/* One whose record was gone before it could be read has no known place in the order. */
		if (l->left != NULL && strstr(l->left, "started earlier") != NULL &&
		    l->record.started != 0)
			ck_assert_msg(ahead_of(l) >= extent->most, "%s, and %d were ahead", l->left,
			    ahead_of(l));
	}
	ck_assert_msg(each_happened(10), "of %d servers too few met their end", lives.n);
}

static void
keep_the_rules(const struct extent *e)
{
	size_t most = (size_t)e->most;
	const char *config;

	extent = e;
	dir = fleet_directory();
	watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	ck_assert_int_ne(inotify_add_watch(watch, dir, IN_MOVED_TO | IN_DELETE), -1);
	config = harness_file(fleet_config(MODE_TESTING, dir,
	    harness_text("max_servers = %d\n[Run_Tool]\nserver_max_threads = 1\n", e->most)));
	churn(config, e->churn_ms);
	settle(0, most);

	/* Where all come at once, as many stay as may. */
	for (struct server *s = slots; s < slots + extent->slots; s++)
		if (!is_there(s))
			come(s, config);
	settle(most, most);

	for (struct server *s = slots; s < slots + extent->slots; s++)
		if (is_there(s))
			tell(life_of(server_pid(s)));
	settle(0, 0);
	check_lives();
	close(watch);
	fleet_end(dir);
}

START_TEST(servers_that_come_die_and_return_keep_the_rules)
{
	keep_the_rules(&dozen);
}
END_TEST

START_TEST(fifty_servers_that_come_die_and_return_keep_the_rules)
{
	keep_the_rules(&fifty);
}
END_TEST

/* ---- load around the limit -------------------------------------------------------------------- */

/*
 * Work for more than one server, now somewhat more and now somewhat less, by six clients. With a wish each
 * second at most, and a few seconds of idleness, it is an hour with usual times.
 */
START_TEST(with_load_around_the_limit_servers_do_not_come_and_go)
{
	const char *go = harness_in_root("tmp/go");
	struct server none = {0};
	struct program load;
	size_t most = 0, now;
	int64_t end;

	dir = fleet_directory();
	fleet_make(go);
	load = script(&none,
	    fleet_script(dir,
		harness_text("max_servers = 5\nloaded_at = 2\nstart_interval = 1\n"
			     "start_load_limit = 1000\nidle_timeout = 4\n%s",
		    fleet_start_command(dir)),
		"for i in 1 2 3 4 5 6; do (while test -e $tmp/go; do "
		"runtool -a " FLEET_AREA " /bin/sleep 0.$i || echo failed; sleep 0.$((7 - i)); "
		"done) & done; wait"));
	program_start(&load);
	for (end = harness_now() + testing_ms(9000, 30000); harness_now() < end;
	     poll(NULL, 0, 200)) {
		now = fleet_count(dir);
		ck_assert_msg(
		    now >= most, "%zu servers were %zu: %s", now, most, fleet_started_log(dir));
		most = now;
	}
	ck_assert_uint_ge(most, 2);
	/* Two that were started at the same time may have been one too many, which leaves. */
	ck_assert_soon(fleet_started(dir) <= most + (size_t)fleet_times(fleet_started_log(dir),
							"fleet: leaving: enough others "));
	ck_assert_int_eq(unlink(go), 0);
	ck_assert(program_wait(&load, HARNESS_PATIENCE));
	ck_assert_str_eq(program_out(&load), "");
	program_free(&load);
	ck_assert_soon(fleet_count(dir) == 0);
	fleet_end(dir);
}
END_TEST

Suite *
fleet_churn_suite(void)
{
	Suite *suite = suite_create("fleet_churn");
	TCase *tc = tcase_create("churn");

	tcase_set_timeout(tc, 240);
	tcase_add_test(tc, servers_that_come_die_and_return_keep_the_rules);
	tcase_add_test(tc, with_load_around_the_limit_servers_do_not_come_and_go);
	testing_from(tc, TESTING_LONG);
	tcase_add_test(tc, fifty_servers_that_come_die_and_return_keep_the_rules);
	suite_add_tcase(suite, tc);

	return (suite);
}
