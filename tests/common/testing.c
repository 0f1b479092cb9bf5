#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clean.h"
#include "testing.h"

#define PART_SECONDS 12
#define MAX_PARTS    6
#define TITLE_SIZE   64
#define SHOWN_SIZE   8192 /* of a log: its end */
#define TEST_LIMIT   "60" /* seconds */
#define BUSY	     "3"  /* that many times as long as the cases say, for machines that are busy */

/*
 * The suite that runs. Its function is called first to learn its tests, which have the numbers of their
 * order; then for each of them again, and adds that one only.
 */
static struct {
	const struct testing_program *program;
	const struct testing_suite *suite;
	struct test {
		const TTest *test;
		int i;
		bool one_of_many;
		bool runs;
	} * tests;
	size_t n;
	bool learning;
	size_t next;   /* number of the test that is added next, in a call for one test */
	size_t chosen; /* that one's number */
} now;

/* The case that testing_from() was told of last, and its level. */
static const TCase *marked;
static enum testing_level level_of_marked;

static FILE *report;
static int shown[2]; /* logs on their way from a test to us */

/* ---- levels ----------------------------------------------------------------------------------- */

enum testing_level
testing_level(void)
{
	const char *s = getenv("RUNTOOL_LEVEL");

	if (s == NULL || *s == '\0' || strcmp(s, "check") == 0)
		return (TESTING_CHECK);
	if (strcmp(s, "quick") == 0)
		return (TESTING_QUICK);
	if (strcmp(s, "long") == 0)
		return (TESTING_LONG);
	fprintf(stderr, "RUNTOOL_LEVEL=%s: must be quick, check or long\n", s);
	exit(1);
}

void
testing_from(TCase *tc, enum testing_level level)
{
	marked = tc;
	level_of_marked = level;
}

int
testing_ms(int check_ms, int long_ms)
{
	return (testing_times(check_ms, long_ms));
}

int
testing_times(int check_times, int long_times)
{
	return (testing_level() == TESTING_LONG ? long_times : check_times);
}

/* Whoever names a test wants it at any level. */
static const char *
named_tests(void)
{
	const char *names = getenv("RUNTOOL_TEST");

	return (names != NULL && *names != '\0' ? names : NULL);
}

static bool
is_at_this_level(const TCase *tc)
{
	return (named_tests() != NULL ||
		testing_level() >= (tc == marked ? level_of_marked : now.program->from));
}

/* ---- adding ----------------------------------------------------------------------------------- */

static void
learn(const TTest *test, int start, int end)
{
	struct test *tests = realloc(now.tests, (now.n + (size_t)(end - start)) * sizeof(*tests));

	if (tests == NULL)
		abort();
	now.tests = tests;
	for (int i = start; i < end; i++)
		tests[now.n++] = (struct test){.test = test, .i = i};
}

void
testing_add(TCase *tc, const TTest *test, int start, int end)
{
	if (!is_at_this_level(tc) || end <= start)
		return;
	if (now.learning) {
		learn(test, start, end);
		return;
	}
	for (int i = start; i < end; i++)
		if (now.next++ == now.chosen)
			_tcase_add_test(tc, test, 0, 0, i, i + 1);
}

void
testing_add_if(TCase *tc, const TTest *test, int start, int end, bool can, const char *needs)
{
	if (can)
		testing_add(tc, test, start, end);
	else if (now.learning && is_at_this_level(tc) && named_tests() == NULL)
		fprintf(report, "skipped %d %s\n", end - start, needs);
}

void
testing_add_root_loop(TCase *tc, const TTest *test, int start, int end)
{
	testing_add_if(tc, test, start, end, geteuid() == 0, "root");
}

void
testing_add_root(TCase *tc, const TTest *test)
{
	testing_add_root_loop(tc, test, 0, 1);
}

void
testing_add_ipv6(TCase *tc, const TTest *test, int start, int end)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = fd != -1 && bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0;

	if (fd != -1)
		close(fd);
	testing_add_if(tc, test, start, end, can, "the address ::1");
}

/* ---- what tests show -------------------------------------------------------------------------- */

void
testing_show(const char *title, int fd)
{
	char name[TITLE_SIZE];
	struct iovec iov = {name, sizeof(name)};
	union {
		char bytes[CMSG_SPACE(sizeof(fd))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	snprintf(name, sizeof(name), "%s", title);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	/* A test that has many of them does without the last ones. */
	(void)sendmsg(shown[1], &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The next one, or -1. */
static int
receive_shown(char *title)
{
	struct iovec iov = {title, TITLE_SIZE};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(shown[0], &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return (-1);
	if ((c = CMSG_FIRSTHDR(&msg)) != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return (fd);
}

/* Line by line, each with a mark in front, for the report. */
static void
say_text(const char *text, const char *indent)
{
	for (size_t len; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		fprintf(report, "| %s%.*s\n", indent, (int)len, text);
	}
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
say(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) != -1) {
		say_text(text, "");
		free(text);
	}
	va_end(ap);
}

/* What is in a file from there on, or the end of that. */
static void
say_file(const char *title, int fd, off_t from)
{
	char text[SHOWN_SIZE + 1];
	struct stat st;
	bool all;
	ssize_t n;

	if (fstat(fd, &st) == -1 || st.st_size <= from)
		return;
	all = st.st_size - from <= SHOWN_SIZE;
	if (!all)
		from = st.st_size - SHOWN_SIZE;
	if ((n = pread(fd, text, SHOWN_SIZE, from)) <= 0)
		return;
	text[n] = '\0';
	say("  %s%s:", title, all ? "" : " (its end)");
	say_text(text, "    ");
}

/* ---- running ---------------------------------------------------------------------------------- */

static const char *
full_name(const struct test *t)
{
	static char name[512];
	int len = snprintf(
	    name, sizeof(name), "%s/%s/%s", now.program->name, now.suite->name, t->test->name);

	if (t->one_of_many)
		snprintf(name + len, sizeof(name) - (size_t)len, ":%d", t->i);
	return (name);
}

/* Whether `word` is this name or its end behind a slash; with its number left out, if it has one. */
static bool
is_name(const char *name, const char *word, size_t len)
{
	const char *ends[] = {name + strlen(name), strrchr(name, ':')};

	for (size_t i = 0; i < 2; i++) {
		const char *from = ends[i] == NULL ? name : ends[i] - len;

		if (ends[i] != NULL && (size_t)(ends[i] - name) >= len &&
		    memcmp(from, word, len) == 0 && (from == name || from[-1] == '/'))
			return (true);
	}
	return (false);
}

static bool
is_wanted(const struct test *t)
{
	const char *names = named_tests(), *name = full_name(t);

	if (names == NULL)
		return (true);
	for (size_t len; *names != '\0'; names += len + strspn(names + len, " ")) {
		len = strcspn(names, " ");
		if (is_name(name, names, len))
			return (true);
	}
	return (false);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static void
say_failure(const struct test *t, TestResult *result, off_t output)
{
	static const char *const targets[] = {"check-quick", "check", "check-long"};
	char title[TITLE_SIZE];
	int fd;

	say("FAILED %s", full_name(t));
	say("  %s:%d: %s", tr_lfile(result), tr_lno(result), tr_msg(result));
	while ((fd = receive_shown(title)) != -1) {
		say_file(title, fd, 0);
		close(fd);
	}
	if (output != -1)
		say_file("what it said", STDOUT_FILENO, output);
	say("  alone: make %s TEST=%s", targets[testing_level()], full_name(t));
}

static void
forget_shown(void)
{
	char title[TITLE_SIZE];
	int fd;

	while ((fd = receive_shown(title)) != -1)
		close(fd);
}

/* How much has been said so far, if that goes to a file. */
static off_t
length_of_log(void)
{
	struct stat st;

	fflush(stdout);
	return (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1);
}

/* What a test and its programs say is kept only if it fails, or we end in it. */
static bool
run_test(size_t number)
{
	const struct test *t = &now.tests[number];
	off_t output = length_of_log();
	int64_t began = now_ms();
	SRunner *sr;
	bool passed;

	fprintf(report, "test %zu %s\n", number, full_name(t));
	now.chosen = number;
	now.next = 0;
	marked = NULL; /* its address may be another case's now */
	sr = srunner_create(now.suite->make());
	srunner_run_all(sr, CK_SILENT);
	fflush(stdout);
	passed = srunner_ntests_failed(sr) == 0 && srunner_ntests_run(sr) == 1;
	if (srunner_ntests_failed(sr) > 0) {
		TestResult **failures = srunner_failures(sr);

		say_failure(t, failures[0], output);
		free(failures);
	} else if (!passed)
		say("FAILED %s: it was not run: the suite has other tests now", full_name(t));
	else if (output != -1)
		(void)!ftruncate(STDOUT_FILENO, output);
	forget_shown();
	fprintf(report, "%s %lld\n", passed ? "passed" : "failed", (long long)(now_ms() - began));
	srunner_free(sr);
	return (passed);
}

/* A suite's function makes a Suite, which only a runner can free. */
static void
learn_tests(void)
{
	now.n = 0;
	now.learning = true;
	marked = NULL;
	srunner_free(srunner_create(now.suite->make()));
	now.learning = false;
	for (size_t i = 0; i < now.n; i++)
		for (size_t j = 0; j < now.n; j++)
			if (i != j && now.tests[i].test == now.tests[j].test)
				now.tests[i].one_of_many = true;
}

static bool
run_suite(const struct testing_suite *suite, size_t part, size_t parts, size_t first)
{
	size_t wanted = 0;
	bool passed = true;

	now.suite = suite;
	learn_tests();
	for (size_t i = 0; i < now.n; i++)
		if (is_wanted(&now.tests[i]))
			now.tests[i].runs = wanted++ % parts == part && i >= first;
	for (size_t i = 0; i < now.n; i++)
		if (now.tests[i].runs && !run_test(i))
			passed = false;
	free(now.tests);
	now.tests = NULL;
	return (passed);
}

/* ---- a program -------------------------------------------------------------------------------- */

/* In which it is run side by side, unless it takes little time. */
static int
parts_of(const struct testing_suite *s)
{
	int parts = (s->seconds + PART_SECONDS - 1) / PART_SECONDS;

	if (s->alone || testing_level() == TESTING_QUICK || parts < 1)
		return (1);
	return (parts < MAX_PARTS ? parts : MAX_PARTS);
}

static int
list(const struct testing_program *p)
{
	for (size_t i = 0; i < p->n; i++)
		printf("%s/%s %d %d %d %d\n", p->name, p->suites[i].name, p->suites[i].seconds,
		    parts_of(&p->suites[i]), p->suites[i].alone, p->set_up != NULL);
	return (0);
}

/* Its descriptor, or stdout's. */
static int
report_number(void)
{
	const char *s = getenv("RUNTOOL_REPORT");

	return (s != NULL ? (int)strtol(s, NULL, 10) : STDOUT_FILENO);
}

static void
open_report(int number)
{
	int fd = fcntl(number, F_DUPFD_CLOEXEC, 3);

	report = fd != -1 ? fdopen(fd, "a") : NULL;
	if (report == NULL) {
		fprintf(stderr, "the report to descriptor %d: %s\n", number, strerror(errno));
		exit(1);
	}
	/* Every test is a fork: what is still buffered then would be written by each of them. */
	setvbuf(report, NULL, _IOLBF, 0);
	if (number > STDERR_FILENO)
		close(number);
	unsetenv("RUNTOOL_REPORT");
}

static bool
is_named(const struct testing_program *p, const struct testing_suite *suite, char **names)
{
	char full[128];

	snprintf(full, sizeof(full), "%s/%s", p->name, suite->name);
	for (; *names != NULL; names++)
		if (strcmp(*names, suite->name) == 0 || strcmp(*names, full) == 0)
			return (true);
	return (false);
}

int
testing_main(int argc, char **argv, const struct testing_program *p)
{
	size_t part = 0, parts = 1, first = 0;
	int option, number = report_number();
	bool passed = true;

	while ((option = getopt(argc, argv, "lp:f:")) != -1) {
		if (option == 'l')
			return (list(p));
		if (option == 'f')
			first = strtoul(optarg, NULL, 10);
		if (option == '?' ||
		    /* NOLINTNEXTLINE(cert-err34-c): the runner writes it */
		    (option == 'p' && sscanf(optarg, "%zu/%zu", &part, &parts) != 2)) {
			fprintf(stderr, "usage: %s [-l] [-p PART/PARTS] [-f FIRST] [SUITE...]\n",
			    argv[0]);
			return (1);
		}
	}
	now.program = p;
	clean_process(number > STDERR_FILENO ? number : STDERR_FILENO);
	/* For the cases that do not say how long a test may take: that bounds hanging, and nothing else. */
	setenv("CK_DEFAULT_TIMEOUT", TEST_LIMIT, 1);
	setenv("CK_TIMEOUT_MULTIPLIER", BUSY, 1);
	open_report(number);
	if (pthread_atfork(NULL, NULL, clean_handlers) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, shown) == -1 ||
	    (p->set_up != NULL && !p->set_up()))
		return (1);
	for (size_t i = 0; i < p->n; i++)
		if (optind == argc || is_named(p, &p->suites[i], argv + optind))
			passed &= run_suite(&p->suites[i], part, parts, first);
	if (p->tear_down != NULL)
		p->tear_down();
	fprintf(report, "end\n");
	fclose(report);
	close(shown[0]);
	close(shown[1]);
	return (number == STDOUT_FILENO && !passed);
}
