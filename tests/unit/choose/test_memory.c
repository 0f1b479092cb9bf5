/* memory: who did not answer, between runs; and what becomes of it in bad company. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/choose/choose.h"
#include "client/choose/memory.h"
#include "lib/error.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define FIRST "a:17"
#define OTHER "b:18"

static struct memory memory;
static char dir[512], file[512];

static void
prepare(void)
{
	const char *run = scratch_path("run");

	ck_assert_int_eq(mkdir(run, 0700), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", run, 1), 0);
	snprintf(dir, sizeof(dir), "%s/runtool", run);
	snprintf(file, sizeof(file), "%s/runtool/hosts", run);
}

static const struct memory_entry *
known(const char *server)
{
	memory_read(&memory);
	return (memory_find(&memory, server));
}

static void
put(const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char *
boot_id(void)
{
	static char id[64];
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%63s", id), 1);
	fclose(f);
	return (id);
}

/* An entry of this age. */
static void
put_entry(const char *server, long asked_ms_ago, long awaited_ms_ago, bool silent)
{
	long now = (long)memory_now(), awaited = now - awaited_ms_ago;
	char text[512];

	memory_forget(server); /* makes the directory */
	snprintf(text, sizeof(text), "runtool 1 %s\n%ld %ld %ld %d %s some words\n", boot_id(),
	    awaited, now - asked_ms_ago, awaited, silent, server);
	put(text);
}

START_TEST(what_is_noted_is_remembered_until_it_is_forgotten)
{
	const struct memory_entry *e;
	struct stat st;

	ck_assert_ptr_null(known(FIRST));
	memory_note(FIRST, "no\nanswer", true);
	memory_note(OTHER, "", false);
	ck_assert_ptr_nonnull(e = known(FIRST));
	ck_assert_str_eq(e->why, "no answer");
	ck_assert(e->silent);
	ck_assert_int_le(e->since, memory_now());
	ck_assert_ptr_nonnull(e = known(OTHER));
	ck_assert(!e->silent);
	memory_forget(FIRST);
	ck_assert_ptr_null(known(FIRST));
	ck_assert_ptr_nonnull(known(OTHER));
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(it_knows_a_limited_number_and_drops_the_oldest)
{
	char name[32];
	int i;

	put_entry(FIRST, 5000, 5000, true);
	for (i = 0; i < MEMORY_MAX; i++) {
		snprintf(name, sizeof(name), "host%d:1", i);
		memory_note(name, "words", true);
	}
	ck_assert_ptr_null(known(FIRST));
	ck_assert_uint_eq(memory.n, MEMORY_MAX);
	ck_assert_ptr_nonnull(known("host0:1"));
}
END_TEST

START_TEST(a_silent_one_is_asked_by_one_run_now_and_then)
{
	put_entry(FIRST, 0, 0, true);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_LEAVE);
	put_entry(FIRST, MEMORY_ASK_MS, MEMORY_ASK_MS, true);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_ASK_BESIDE);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_LEAVE);
	put_entry(FIRST, 0, MEMORY_AWAIT_MS, true);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_AWAIT);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_LEAVE);
	put_entry(FIRST, 0, 0, false);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_AWAIT);
}
END_TEST

/* While another process holds the lock nobody waits for it. */
START_TEST(where_nothing_can_be_written_it_is_left_alone_for_a_minute_at_most)
{
	int lock;

	put_entry(FIRST, MEMORY_ASK_MS, MEMORY_AWAIT_MS, true);
	ck_assert_int_ne(lock = open(dir, O_RDONLY | O_CLOEXEC), -1);
	ck_assert_int_eq(flock(lock, LOCK_EX), 0);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_LEAVE);
	memory_note(OTHER, "words", true);
	ck_assert_ptr_null(known(OTHER));
	put_entry(FIRST, MEMORY_ASK_MS, MEMORY_LEAVE_MS, true);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_AWAIT);
	ck_assert_int_eq(memory_claim(known(FIRST)), MEMORY_AWAIT);
	close(lock);
}
END_TEST

/* `@` stands for the id of the boot. */
static const char *const garbage[] = {"", "\n", "runtool",
    "runtool 1 another-boot\n1 1 1 1 a:17 words\n", "runtool 2 @\n1 1 1 1 a:17 words\n",
    "runtool 1 @\n9 9 9 1 a:17\n", "runtool 1 @\n\n\nnonsense\n-1 -1 -1 1 a:17 words\n",
    "runtool 1 @\n9223372036854775807 9223372036854775807 9223372036854775807 1 a:17 words\n",
    "runtool 1 @\n99999999999999999999999 1 1 1 a:17 words\n"};

START_TEST(what_cannot_be_understood_is_ignored_and_written_anew)
{
	const char *at = strchr(garbage[_i], '@');
	int before = at == NULL ? 0 : (int)(at - garbage[_i]);
	char text[1024];

	memory_note(FIRST, "words", true);
	snprintf(text, sizeof(text), "%.*s%s%s", before, garbage[_i], at == NULL ? "" : boot_id(),
	    at == NULL ? garbage[_i] : at + 1);
	put(text);
	ck_assert_ptr_null(known(FIRST));
	memory_note(FIRST, "words", true);
	ck_assert_ptr_nonnull(known(FIRST));
}
END_TEST

START_TEST(a_huge_file_is_ignored)
{
	memory_note(FIRST, "words", true);
	ck_assert_int_eq(truncate(file, 1L << 40), 0);
	ck_assert_ptr_null(known(FIRST));
	memory_note(FIRST, "words", true);
	ck_assert_ptr_nonnull(known(FIRST));
}
END_TEST

START_TEST(a_file_that_others_may_use_is_ignored)
{
	memory_note(FIRST, "words", true);
	ck_assert_int_eq(chmod(file, 0640), 0);
	ck_assert_ptr_null(known(FIRST));
}
END_TEST

START_TEST(a_link_or_pipe_is_not_followed)
{
	const char *aim = scratch_path("aim");
	struct stat st;

	memory_note(FIRST, "words", true);
	ck_assert_int_eq(rename(file, aim), 0);
	if (_i == 0)
		ck_assert_int_eq(symlink(aim, file), 0);
	else
		ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert_ptr_null(known(FIRST));
	memory_note(OTHER, "words", true);
	ck_assert_ptr_nonnull(known(OTHER));
	ck_assert_int_eq(lstat(file, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

/* Its mode; a link to it; another user's. */
START_TEST(a_directory_that_others_may_use_is_ignored)
{
	const char *aim = scratch_path("aim");

	memory_note(FIRST, "words", true);
	switch (_i) {
	case 0:
		ck_assert_int_eq(chmod(dir, 0770), 0);
		break;
	case 1:
		ck_assert_int_eq(rename(dir, aim), 0);
		ck_assert_int_eq(symlink(aim, dir), 0);
		break;
	default:
		ck_assert_int_eq(chown(dir, 1, (gid_t)-1), 0);
	}
	ck_assert_ptr_null(known(FIRST));
	memory_note(OTHER, "words", true);
	ck_assert_ptr_null(known(OTHER));
}
END_TEST

START_TEST(many_processes_leave_a_file_that_is_whole)
{
	char name[32];
	int i, round, status, failed = 0;

	for (i = 0; i < 8; i++) {
		if (fork() != 0)
			continue;
		snprintf(name, sizeof(name), "host%d:1", i);
		for (round = 0; round < 200; round++) {
			memory_note(name, round % 2 == 0 ? "words" : "other words", true);
			memory_read(&memory);
			/* Once there is one there is always one: none is ever removed. */
			if (memory_find(&memory, FIRST) == NULL)
				_exit(1);
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		failed += status != 0;
	ck_assert_int_eq(failed, 0);
}
END_TEST

static void
prepare_first(void)
{
	prepare();
	memory_note(FIRST, "words", true);
}

/* ---- choosing by it ------------------------------------------------------------------------ */

static struct endpoint endpoints[] = {{"a", "17"}, {"b", "18"}};
static const struct platform platform = {
    .name = "test", .negligible = 1000, .hosts = endpoints, .n_hosts = 2};
static _Atomic int asked[2];
static _Atomic bool fails[2], hangs[2];

static struct runtool *
connect_host(const char *name, const char *port, int timeout_ms, struct runtool_error *err)
{
	int i = *name == 'a' ? 0 : 1;

	(void)port;
	(void)timeout_ms;
	asked[i]++;
	while (hangs[i])
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	if (!fails[i])
		return ((struct runtool *)&endpoints[i]);
	error_set(err, RUNTOOL_TRANSPORT, "cannot connect");
	return (NULL);
}

static int
ask_info(struct runtool *r, struct runtool_info *info, struct runtool_error *err)
{
	(void)err;
	*info = (struct runtool_info){.sysname = "",
	    .release = "",
	    .version = "",
	    .machine = "",
	    .cpus = 1,
	    .max_tools = 4,
	    .area = "",
	    .software = ""};
	info->unique[0] = *((const struct endpoint *)r)->host == 'a';
	return (0);
}

static void
close_host(struct runtool *r)
{
	(void)r;
}

static void
ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

#define MAX_RUNS 100 /* in a test */

/* As a run of its own would: the server that it goes to, or "". */
static const char *
choose(void)
{
	static const struct hooks hooks = {
	    .connect = connect_host, .info = ask_info, .close = close_host, .remark = ignore};
	/* Never freed, since threads may be asking for them. */
	static struct choose *runs[MAX_RUNS];
	static size_t nruns;
	static struct endpoint server;
	struct runtool_error err;
	struct choose **c = &runs[nruns++];
	int queue_ms;

	ck_assert_uint_le(nruns, MAX_RUNS);
	ck_assert_ptr_nonnull(*c = choose_new(&platform, NULL, 0, false, &hooks));
	choose_remember(*c);
	return (choose_next(*c, &server, &queue_ms, &err) == 0 ? server.host : "");
}

/* A thread of an earlier run is to find out. */
static void
await_forgotten(const char *server)
{
	int tries;

	for (tries = 0; known(server) != NULL && tries < 30000; tries++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	ck_assert_ptr_null(known(server));
}

static void
await_asked(int host)
{
	while (asked[host] == 0)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

START_TEST(who_is_silent_is_asked_once_and_left_alone_then)
{
	hangs[0] = true;
	ck_assert_str_eq(choose(), "b");
	ck_assert_int_eq(asked[0], 1);
	ck_assert(known(FIRST)->silent);
	ck_assert_str_eq(choose(), "b");
	ck_assert_str_eq(choose(), "b");
	ck_assert_int_eq(asked[0], 1);
	/* The first run is still there: its thread hears of the host. */
	hangs[0] = false;
	await_forgotten(FIRST);
	ck_assert_str_eq(choose(), "a");
}
END_TEST

START_TEST(who_is_well_again_is_found_out_beside_a_run)
{
	put_entry(FIRST, MEMORY_ASK_MS, MEMORY_ASK_MS, true);
	choose();
	await_forgotten(FIRST);
	ck_assert_str_eq(choose(), "a");
}
END_TEST

START_TEST(who_still_hangs_is_not_waited_for_beside_a_run)
{
	put_entry(FIRST, MEMORY_ASK_MS, MEMORY_ASK_MS, true);
	hangs[0] = true;
	ck_assert_str_eq(choose(), "b");
	ck_assert_int_ge(known(FIRST)->asked, known(FIRST)->awaited + MEMORY_ASK_MS);
	await_asked(0);
	hangs[0] = false;
}
END_TEST

START_TEST(the_last_one_left_is_always_tried)
{
	put_entry(FIRST, 0, 0, true);
	fails[1] = true;
	ck_assert_str_eq(choose(), "a");
	ck_assert_ptr_null(known(FIRST));
	ck_assert_str_eq(known(OTHER)->why, "cannot connect");
	ck_assert(!known(OTHER)->silent);
}
END_TEST

START_TEST(where_all_are_remembered_all_are_tried)
{
	put_entry(FIRST, 0, 0, true);
	memory_note(OTHER, "words", true);
	ck_assert_str_ne(choose(), "");
	ck_assert_int_eq(asked[0] + asked[1], 2);
}
END_TEST

START_TEST(who_refuses_costs_nothing_and_is_asked_each_time)
{
	fails[0] = true;
	ck_assert_str_eq(choose(), "b");
	ck_assert_str_eq(choose(), "b");
	ck_assert_int_eq(asked[0], 2);
	fails[0] = false;
	ck_assert_str_eq(choose(), "a");
	ck_assert_ptr_null(known(FIRST));
}
END_TEST

Suite *
memory_suite(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("file"), *many = tcase_create("many"),
	      *choice = tcase_create("choice");

	scratch_use(tc);
	tcase_add_checked_fixture(tc, prepare, NULL);
	tcase_add_test(tc, what_is_noted_is_remembered_until_it_is_forgotten);
	tcase_add_test(tc, it_knows_a_limited_number_and_drops_the_oldest);
	tcase_add_test(tc, a_silent_one_is_asked_by_one_run_now_and_then);
	tcase_add_test(tc, where_nothing_can_be_written_it_is_left_alone_for_a_minute_at_most);
	tcase_add_loop_test(tc, what_cannot_be_understood_is_ignored_and_written_anew, 0,
	    (int)(sizeof(garbage) / sizeof(garbage[0])));
	tcase_add_test(tc, a_huge_file_is_ignored);
	tcase_add_test(tc, a_file_that_others_may_use_is_ignored);
	tcase_add_loop_test(tc, a_link_or_pipe_is_not_followed, 0, 2);
	tcase_add_loop_test(
	    tc, a_directory_that_others_may_use_is_ignored, 0, geteuid() == 0 ? 3 : 2);
	suite_add_tcase(suite, tc);
	scratch_use(many);
	tcase_set_timeout(many, 60);
	tcase_add_checked_fixture(many, prepare_first, NULL);
	tcase_add_test(many, many_processes_leave_a_file_that_is_whole);
	suite_add_tcase(suite, many);
	scratch_use(choice);
	tcase_set_timeout(choice, 60);
	tcase_add_checked_fixture(choice, prepare, NULL);
	tcase_add_test(choice, who_is_silent_is_asked_once_and_left_alone_then);
	tcase_add_test(choice, who_is_well_again_is_found_out_beside_a_run);
	tcase_add_test(choice, who_still_hangs_is_not_waited_for_beside_a_run);
	tcase_add_test(choice, the_last_one_left_is_always_tried);
	tcase_add_test(choice, where_all_are_remembered_all_are_tried);
	tcase_add_test(choice, who_refuses_costs_nothing_and_is_asked_each_time);
	suite_add_tcase(suite, choice);
	return (suite);
}
