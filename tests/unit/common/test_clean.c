/* What a test and its forked processes have of whoever started them. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/suites.h"

/* Until it is told to end. */
static pid_t
fork_waiting(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	ck_assert_int_ne(pid, -1);
	return (pid);
}

/* As a server that is told to end before it is executed: the test goes on. */
START_TEST(a_signal_to_a_forked_process_is_for_it_alone)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGALRM};
	pid_t told = fork_waiting(), other = fork_waiting();
	int status;

	ck_assert_int_eq(kill(told, signals[_i]), 0);
	ck_assert_int_eq(waitpid(told, &status, 0), told);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), signals[_i]);
	ck_assert_int_eq(waitpid(other, &status, WNOHANG), 0);
	ck_assert_int_eq(kill(other, SIGKILL), 0);
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

Suite *
clean_suite(void)
{
	Suite *suite = suite_create("clean");
	TCase *tc = tcase_create("signals");

	testing_from(tc, TESTING_QUICK);
	tcase_add_loop_test(tc, a_signal_to_a_forked_process_is_for_it_alone, 0, 3);
	suite_add_tcase(suite, tc);
	return (suite);
}
