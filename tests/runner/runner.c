/*
 * runner.c: runs test programs, each of their suites as a process of its own in a room of its own, several at
 * a time, and tells what came of them: one line a suite as it ends, the sum last. What the programs and this
 * one say to each other is in common/testing.h.
 *
 *     runner -b DIR [-p PREFIX -i STAGE] PROGRAM...
 *
 * DIR is for logs; below STAGE is what is to be at PREFIX in each room; see tests/README.md for
 * RUNTOOL_SUITES, RUNTOOL_TEST, RUNTOOL_LEVEL, RUNTOOL_JOBS, RUNTOOL_SECONDS and CI of the environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clean.h"
#include "room.h"

#define MAX_PROGRAMS 8
#define JOBS_PER_CPU 5	  /* most tests wait for something most of the time */
#define LOG_SHOWN    4096 /* of what a suite said that died: its end */
#define NO_ROOM	     125

/* A part of a suite, which is a process. What its report has said. */
struct part {
	struct suite *suite;
	int number;
	size_t first; /* test to begin with: beyond the one in which it died */
	pid_t pid;    /* 0: is not running */
	bool over;
	bool late;	    /* we have ended it */
	int64_t began, end; /* milliseconds; when it has to have ended */
	int lock, log, report;
	char logname[4096];
};

struct suite {
	const char *program;
	char *name;
	int seconds; /* expected */
	bool alone, installed;
	int parts, left; /* that are not over */
	int passed, failed, skipped;
	char *needs; /* why some were skipped */
	int64_t began;
	bool cut; /* there was no time for all of it */
};

static struct suite *suites;
static size_t n_suites;
static struct part *parts;
static size_t n_parts;

static const char *directory, *prefix, *stage;
static struct room_kind kind;
static int passed, failed, skipped;
static int bound_seconds;
static int64_t deadline; /* of the whole run, or 0 */

/* ---- helpers ---------------------------------------------------------------------------------- */

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "runner: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(1);
}

static void *
grow(void *array, size_t n, size_t size)
{
	if ((array = reallocarray(array, n, size)) == NULL)
		die("out of memory");
	return (array);
}

static char *
text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		die("out of memory");
	va_end(ap);
	return (s);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static const char *
environment(const char *name)
{
	const char *s = getenv(name);

	return (s != NULL && *s != '\0' ? s : NULL);
}

static bool
is_level(const char *level)
{
	const char *s = environment("RUNTOOL_LEVEL");

	return (strcmp(level, s == NULL ? "check" : s) == 0);
}

/* Whether `name`, its end behind a slash, or what is in front of one is among these words. */
static bool
is_among(const char *name, const char *words)
{
	size_t whole = strlen(name), len;

	for (; *words != '\0'; words += len + strspn(words + len, " ")) {
		len = strcspn(words, " ");
		if (len <= whole && memcmp(name + whole - len, words, len) == 0 &&
		    (len == whole || name[whole - len - 1] == '/'))
			return (true);
		if (len < whole && memcmp(name, words, len) == 0 && name[len] == '/')
			return (true);
	}
	return (false);
}

/* ---- what there is to be run ------------------------------------------------------------------ */

/* Tests are named PROGRAM/SUITE/TEST; with less than that a name may be of any suite. */
static bool
may_have_test(const char *name, const char *tests)
{
	for (size_t len; *tests != '\0'; tests += len + strspn(tests + len, " ")) {
		char *test = text("%.*s", (int)(len = strcspn(tests, " ")), tests);
		char *end = strrchr(test, '/');
		bool may;

		if (end != NULL)
			*end = '\0';
		may = end == NULL || is_among(name, test);
		free(test);
		if (may)
			return (true);
	}
	return (false);
}

static bool
is_wanted(const char *name)
{
	const char *chosen = environment("RUNTOOL_SUITES"), *tests = environment("RUNTOOL_TEST");

	return ((chosen == NULL || is_among(name, chosen)) &&
		(tests == NULL || may_have_test(name, tests)));
}

static void
ask_program(const char *program)
{
	char *command = text("'%s' -l", program), line[512], name[256];
	int alone, installed;
	FILE *f;

	if ((f = popen(command, "re")) == NULL)
		die("%s: %s", program, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		struct suite s = {.program = program};

		/* NOLINTNEXTLINE(cert-err34-c): our own program writes it */
		if (sscanf(line, "%255s %d %d %d %d", name, &s.seconds, &s.parts, &alone,
			&installed) != 5 ||
		    s.parts < 1)
			die("%s -l: %s", program, line);
		if (!is_wanted(name))
			continue;
		s.name = text("%s", name);
		s.needs = text("%s", "");
		s.alone = alone != 0;
		s.installed = installed != 0;
		s.left = s.parts;
		suites = grow(suites, n_suites + 1, sizeof(*suites));
		suites[n_suites++] = s;
	}
	if (pclose(f) != 0)
		die("%s -l failed", program);
	free(command);
}

/* Those that run alone come last; before them the long ones first. */
static int
compare_parts(const void *a, const void *b)
{
	const struct suite *s = ((const struct part *)a)->suite,
			   *t = ((const struct part *)b)->suite;

	if (s->alone != t->alone)
		return (s->alone - t->alone);
	if (s->seconds * t->parts != t->seconds * s->parts)
		return (t->seconds * s->parts - s->seconds * t->parts);
	return (s < t ? -1 : s > t);
}

static void
make_parts(void)
{
	for (size_t i = 0; i < n_suites; i++)
		for (int j = 0; j < suites[i].parts; j++) {
			parts = grow(parts, n_parts + 1, sizeof(*parts));
			parts[n_parts++] =
			    (struct part){.suite = &suites[i], .number = j, .lock = -1};
		}
	qsort(parts, n_parts, sizeof(*parts), compare_parts);
}

/* ---- a part begins ---------------------------------------------------------------------------- */

static int
open_log(struct part *p, const char *suffix, char *name, size_t size)
{
	char base[256], *slash;
	int fd;

	snprintf(base, sizeof(base), "%s", p->suite->name);
	while ((slash = strchr(base, '/')) != NULL)
		*slash = '.';
	snprintf(name, size, "%s/%s.%d.%s", directory, base, p->number, suffix);
	unlink(name);
	if ((fd = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) == -1)
		die("%s: %s", name, strerror(errno));
	return (fd);
}

/* For a part, unless it is set: it bounds hanging. */
static int64_t
bound_ms(void)
{
	if (bound_seconds > 0)
		return (bound_seconds * INT64_C(1000));
	return ((is_level("quick") ? 120 : is_level("check") ? 600 : 3600) * INT64_C(1000));
}

static void
begin(struct part *p)
{
	char *part = text("%d/%d", p->number, p->suite->parts), *first = text("%zu", p->first);
	char *program = text("%s", p->suite->program), *name = text("%s", p->suite->name);
	char *argv[] = {program, "-p", part, "-f", first, name, NULL}, reportname[4096];
	struct room room = {
	    .kind = kind, .stage = p->suite->installed ? stage : NULL, .prefix = prefix};

	room.uid = room_take_users(&p->lock);
	room.log = p->log = open_log(p, "log", p->logname, sizeof(p->logname));
	room.report = p->report = open_log(p, "report", reportname, sizeof(reportname));
	p->began = now_ms();
	if (p->suite->began == 0)
		p->suite->began = p->began;
	p->end = p->began + bound_ms();
	p->late = false;
	if ((p->pid = room_start(&room, argv)) == -1)
		die("fork: %s", strerror(errno));
	free(part);
	free(first);
	free(program);
	free(name);
}

/* ---- a part ends ------------------------------------------------------------------------------ */

struct outcome {
	bool open;  /* a test had begun */
	bool ended; /* all of them */
	size_t number;
	char name[512];
	int passed, failed;
};

static void
add_need(struct suite *s, const char *need)
{
	char *more;

	if (strstr(s->needs, need) != NULL)
		return;
	more = text("%s%s%s", s->needs, *s->needs != '\0' ? "; " : "", need);
	free(s->needs);
	s->needs = more;
}

/* Skipped tests are told by every part. */
static void
read_line(const struct part *p, char *line, struct outcome *o)
{
	char *rest;
	int n;

	line[strcspn(line, "\n")] = '\0';
	/* NOLINTNEXTLINE(cert-err34-c): our own program writes it */
	if (sscanf(line, "test %zu %511s", &o->number, o->name) == 2) {
		o->open = true;
	} else if (strncmp(line, "passed ", 7) == 0) {
		o->open = false;
		o->passed++;
	} else if (strncmp(line, "failed ", 7) == 0) {
		o->open = false;
		o->failed++;
	} else if (strcmp(line, "end") == 0) {
		o->ended = true;
	} else if (strncmp(line, "| ", 2) == 0) {
		printf("%s\n", line + 2);
	} else if (strncmp(line, "skipped ", 8) == 0 && p->number == 0 && p->first == 0) {
		n = (int)strtol(line + 8, &rest, 10);
		p->suite->skipped += n;
		add_need(p->suite, rest + strspn(rest, " "));
	}
}

static struct outcome
read_report(const struct part *p)
{
	struct outcome o = {.open = false};
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (lseek(p->report, 0, SEEK_SET) == -1 || (f = fdopen(p->report, "r")) == NULL)
		die("the report of %s: %s", p->suite->name, strerror(errno));
	while (getline(&line, &size, f) != -1)
		read_line(p, line, &o);
	free(line);
	fclose(f);
	p->suite->passed += o.passed;
	p->suite->failed += o.failed;
	return (o);
}

static void
show_log(const struct part *p)
{
	char log[LOG_SHOWN + 1], *line = log;
	struct stat st;
	ssize_t n;

	if (fstat(p->log, &st) == -1 || st.st_size == 0)
		return;
	n = pread(p->log, log, LOG_SHOWN, st.st_size > LOG_SHOWN ? st.st_size - LOG_SHOWN : 0);
	log[n > 0 ? n : 0] = '\0';
	printf("  what it said (all of it is in %s):\n", p->logname);
	for (size_t len; *line != '\0'; line += len + (line[len] == '\n'))
		printf("    %.*s\n", (int)(len = strcspn(line, "\n")), line);
}

static const char *
target(void)
{
	return (is_level("quick") ? "check-quick" : is_level("long") ? "check-long" : "check");
}

/* The process of a suite is gone, in a test or without one. */
static void
say_death(const struct part *p, const struct outcome *o, int status)
{
	char *how = p->late
			? text("did not end within %lld s", (long long)(p->end - p->began) / 1000)
		    : status > 128 ? text("ended by signal %d", status - 128)
				   : text("ended with status %d", status);

	printf(
	    "FAILED %s\n  the process of its suite %s\n", o->open ? o->name : p->suite->name, how);
	show_log(p);
	if (o->open)
		printf("  alone: make %s TEST=%s\n", target(), o->name);
	else
		printf("  alone: make %s SUITES=%s\n", target(), p->suite->name);
	free(how);
}

static void
say_suite(const struct suite *s)
{
	double seconds = (double)(now_ms() - s->began) / 1000;

	if (s->passed + s->failed + s->skipped == 0 && !s->cut)
		return;
	printf("%-22s %4d passed", s->name, s->passed);
	if (s->failed > 0)
		printf(", %d failed", s->failed);
	if (s->skipped > 0)
		printf(", %d skipped", s->skipped);
	printf(" %6.1f s", s->began == 0 ? 0 : seconds);
	if (*s->needs != '\0')
		printf("  (skipped: need %s)", s->needs);
	if (s->cut)
		printf("  (not all: no time left)");
	printf("\n");
	fflush(stdout);
	passed += s->passed;
	failed += s->failed;
	skipped += s->skipped;
}

static void
finish(struct part *p)
{
	p->over = true;
	if (--p->suite->left == 0)
		say_suite(p->suite);
}

static void
remove_times(void)
{
	char *name = text("%s/times", directory);

	unlink(name);
	free(name);
}

/* For whoever wants to know where the time goes. */
static void
note_times(const struct part *p, const struct rusage *used)
{
	char *name = text("%s/times", directory);
	FILE *f = fopen(name, "ae");

	free(name);
	if (f == NULL)
		return;
	fprintf(f, "%s %d: %.1f s, processor %.1f s\n", p->suite->name, p->number,
	    (double)(now_ms() - p->began) / 1000,
	    (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
		(double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000000);
	fclose(f);
}

static void
end(struct part *p, int status)
{
	struct outcome o = read_report(p);
	bool cut = p->late && deadline != 0 && now_ms() >= deadline;

	p->pid = 0;
	room_give_back(p->lock);
	if (cut) {
		p->suite->cut = true;
	} else if (status != 0 || !o.ended) {
		p->suite->failed++;
		say_death(p, &o, status);
	}
	close(p->log);
	p->first = o.number + 1;
	if (cut || !o.open)
		finish(p);
}

/* ---- the run ---------------------------------------------------------------------------------- */

static size_t
running(bool *alone)
{
	size_t n = 0;

	*alone = false;
	for (size_t i = 0; i < n_parts; i++)
		if (parts[i].pid != 0) {
			n++;
			*alone |= parts[i].suite->alone;
		}
	return (n);
}

static size_t
jobs(void)
{
	const char *s = environment("RUNTOOL_JOBS");
	long n = s != NULL ? strtol(s, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN) * JOBS_PER_CPU;

	/* Without mounts there is one place for an installation only. */
	return (n < 1 || !kind.mounts ? 1 : (size_t)n);
}

/* Starts what may be started. False when there is nothing left. */
static bool
begin_some(void)
{
	bool alone, out_of_time = deadline != 0 && now_ms() >= deadline;
	size_t n = running(&alone);

	for (size_t i = 0; i < n_parts; i++) {
		struct part *p = &parts[i];

		if (p->over || p->pid != 0)
			continue;
		if (out_of_time) {
			p->suite->cut = true;
			finish(p);
			continue;
		}
		if (n >= jobs() || alone || (p->suite->alone && n > 0))
			break;
		begin(p);
		alone = p->suite->alone;
		n++;
	}
	return (n > 0);
}

static void
end_late(void)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < n_parts; i++) {
		struct part *p = &parts[i];

		if (p->pid == 0 || p->late || (now < p->end && (deadline == 0 || now < deadline)))
			continue;
		p->late = true;
		kill(p->pid, SIGTERM);
	}
}

static void
reap(void)
{
	struct rusage used;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0)
		for (size_t i = 0; i < n_parts; i++)
			if (parts[i].pid == pid) {
				note_times(&parts[i], &used);
				end(&parts[i], WIFEXITED(status) ? WEXITSTATUS(status)
								 : 128 + WTERMSIG(status));
			}
}

/* Whoever stops us gets what has been said so far. */
static _Noreturn void
stopped(int number)
{
	for (size_t i = 0; i < n_parts; i++)
		if (parts[i].pid != 0)
			kill(parts[i].pid, SIGTERM);
	while (waitpid(-1, NULL, 0) != -1 || errno == EINTR)
		continue;
	fprintf(stderr, "runner: stopped by signal %d\n", number);
	exit(1);
}

static int
watch_signals(void)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction old;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	/* Under nohup it stays ignored. */
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaddset(&set, ends[i]);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &set, NULL);
	if ((fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		die("signalfd: %s", strerror(errno));
	return (fd);
}

static void
run_all(void)
{
	struct pollfd signals = {.fd = watch_signals(), .events = POLLIN};
	struct signalfd_siginfo info;

	while (begin_some()) {
		poll(&signals, 1, 500);
		while (read(signals.fd, &info, sizeof(info)) == sizeof(info))
			if (info.ssi_signo != SIGCHLD)
				stopped((int)info.ssi_signo);
		reap();
		end_late();
	}
	close(signals.fd);
}

static bool
may_skip(void)
{
	const char *ci = environment("CI");

	return ((ci == NULL || strcmp(ci, "true") != 0) && environment("RUNTOOL_NO_SKIP") == NULL);
}

int
main(int argc, char **argv)
{
	const char *seconds = environment("RUNTOOL_SECONDS");
	int option, fd;

	/* Started with some of them closed: 0 to 3 are not to be logs. */
	while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1 && fd <= 3)
		continue;
	if (fd == -1)
		die("/dev/null: %s", strerror(errno));
	close(fd);
	clean_limits();
	signal(SIGCHLD, SIG_DFL);
	while ((option = getopt(argc, argv, "b:p:i:s:")) != -1) {
		if (option == 'b')
			directory = optarg;
		else if (option == 'p')
			prefix = optarg;
		else if (option == 'i')
			stage = optarg;
		else if (option == 's')
			bound_seconds = (int)strtol(optarg, NULL, 10);
		else
			return (1);
	}
	if (directory == NULL || prefix == NULL || optind == argc)
		die("usage: runner -b DIR -p PREFIX [-i STAGE] [-s SECONDS] PROGRAM...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mkdir(directory, 0755) == -1 && errno != EEXIST)
		die("%s: %s", directory, strerror(errno));
	if (seconds != NULL)
		deadline = now_ms() + strtol(seconds, NULL, 10) * 1000;
	remove_times();
	for (; optind < argc; optind++)
		ask_program(argv[optind]);
	if (n_suites == 0)
		die("there is no such suite (SUITES, TEST)");
	kind = room_try();
	make_parts();
	run_all();
	if (passed + failed + skipped == 0 && environment("RUNTOOL_TEST") != NULL)
		die("there is no such test (TEST), or it runs in check-long only");
	if (skipped > 0 && !may_skip())
		printf("with CI=true a skipped test is a failure\n");
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return (failed > 0 || (skipped > 0 && !may_skip()));
}
