/* Who may connect, how often, and where a server connects back to. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/addr.h"
#include "system/harness.h"
#include "system/network.h"
#include "system/run5.h"
#include "system/suites.h"

#define CROWD 200

/* Whether a call on this connection is answered; the alternative is that it is closed. */
static bool
answers_on(int fd)
{
	struct srpc_reader reader;
	struct srpc_item item = {0};
	struct buf call = {0}, in = {0};
	bool answered = false;
	int n;

	srpc_put_hello(&call);
	rpc_put_info_call(&call, RPC_VERSION);
	call_send_buf(fd, &call);
	do {
		ck_assert_int_ne(n = call_receive(fd, &in, CALL_MS), -1);
		reader = call_reader(&in);
		/* Behind its hello. */
		if (n > 0 && call_item(&reader, &item))
			answered = call_item(&reader, &item);
	} while (n > 0 && !answered);
	if (n > 0 && item.code == SRPC_FAILURE)
		ck_assert_msg(item.number == SRPC_CLIENT_ERROR, "failure %d", item.number);
	buf_free(&in);
	return (n > 0 && item.code != SRPC_FAILURE);
}

static bool
answers(const struct server *s, const char *from)
{
	int fd = call_connect_from(s, from);
	bool answered = answers_on(fd);

	close(fd);
	return (answered);
}

static const struct {
	const char *allow;
	const char *from;
	bool answered;
} rules[] = {
    {"127.0.0.2", "127.0.0.2", true},
    {"127.0.0.2", "127.0.0.1", false},
    {"127.0.1.0/24", "127.0.1.0", true},
    {"127.0.1.0/24", "127.0.1.255", true},
    {"127.0.1.0/24", "127.0.2.0", false},
    {"127.0.1.0/24", "127.0.0.255", false},
    {"127.0.1.128/25", "127.0.1.127", false},
    {"127.0.1.128/25", "127.0.1.128", true},
    {"127.0.0.0/8", "127.255.0.1", true},
    {"0.0.0.0/0", "127.0.0.1", true},
    {"192.0.2.0/24 127.0.0.3", "127.0.0.3", true},
    {"192.0.2.0/24 127.0.0.3", "127.0.0.4", false},
    {"192.0.2.0/24", "127.0.0.1", false},
    {"::ffff:127.0.0.2", "127.0.0.2", true},
    {"::ffff:127.0.0.2", "127.0.0.1", false},
    {"::ffff:127.0.1.0/120", "127.0.1.9", true},
    {"::ffff:127.0.1.0/120", "127.0.2.9", false},
    {"::1", "127.0.0.1", false},
};

START_TEST(only_allowed_addresses_are_served)
{
	struct server s;

	server_start_best(&s, harness_text("allow = %s\n", rules[_i].allow));
	ck_assert_msg(answers(&s, rules[_i].from) == rules[_i].answered, "allow = %s: %s is %s",
	    rules[_i].allow, rules[_i].from, rules[_i].answered ? "refused" : "served");
	server_stop(&s);
}
END_TEST

#define DENIED "request denied: this host is not in the server's `allow`"

/* In every version, and while it still sends: its run never began. */
START_TEST(who_is_not_allowed_is_told_so)
{
	static const size_t sizes[] = {1, 3000000};
	struct run5 r = RUN5("/bin/true"), info = CALL5(RPC5_INFO);
	struct server s;

	run5_server_best(&s, "allow = 127.0.0.2\n");
	for (int i = 0; i < 2; i++) {
		struct run old = RUN("/bin/true", harness_letters(sizes[i]));

		run_fails(&s, &old, SRPC_CLIENT_ERROR);
		ck_assert_str_eq(old.failure.message, DENIED);
		run_free(&old);
	}
	run5_breaks(&s, &r, SRPC_CLIENT_ERROR, DENIED);
	server_logs(&s, " denied: not in `allow` (1 so far)");
	info.from = "127.0.0.2";
	run5_do(&s, &info);
	ck_assert_int_eq(run5_number(&info, "connections"), 1);
	ck_assert_int_eq(run5_number(&info, "failures"), 0);
	run5_free(&info);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* They hear of it a few a second, and only while they take no place of others. */
START_TEST(those_who_are_not_allowed_crowd_out_nobody)
{
	static const char *const settings[] = {
	    "allow = 127.0.0.2\nmax_connections = 4\n", "allow = 127.0.0.2\n"};
	struct server s;
	int fds[CROWD], good[2];
	size_t open = 0;

	server_start_best(&s, settings[_i]);
	good[0] = call_connect_from(&s, "127.0.0.2");
	ck_assert(answers_on(good[0]));
	for (int i = 0; i < CROWD; i++)
		fds[i] = call_connect(&s);
	good[1] = call_connect_from(&s, "127.0.0.2");
	ck_assert(answers_on(good[1]));
	for (int i = 0; i < CROWD; i++) {
		struct buf in = {0};

		while (call_receive(fds[i], &in, CALL_MS) > 0)
			continue;
		open += in.len > 0;
		buf_free(&in);
		close(fds[i]);
	}
	ck_assert_uint_ge(open, 1);
	ck_assert_uint_lt(open, CROWD / 2);
	close(good[0]);
	close(good[1]);
	server_stop(&s);
}
END_TEST

START_TEST(without_a_rule_loopback_is_served)
{
	struct server s;

	server_start_best(&s, NULL);
	ck_assert(answers(&s, "127.0.0.1"));
	ck_assert(answers(&s, "127.3.2.1"));
	server_stop(&s);
}
END_TEST

/* Waits for the run, which is one of "echo out". */
static void
printed_out(struct run *r)
{
	run_finish(r);
	ck_assert_msg(!r->failed, "failure %d '%s'", r->failure.code, r->failure.message);
	ck_assert_str_eq(run_out(r), "out\n");
	run_free(r);
}

static int
connect_ipv6(const struct server *s)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin6_port = htons((uint16_t)s->port);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return (fd);
}

START_TEST(ipv6_clients_are_served)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "echo out; exit 3");
	struct buf request = {0};

	server_start_best(&s, "listen = ::1\n");
	r.conn = connect_ipv6(&s);
	run_encode(&r, &request);
	ck_assert(call_send_buf(r.conn, &request));
	printed_out(&r);
	server_stop(&s);
}
END_TEST

START_TEST(several_addresses_are_listened_on)
{
	struct server s;

	server_start_best(&s, "listen = 127.0.0.1 127.0.0.2 ::1\n");
	ck_assert_soon(harness_count(server_log(&s), "listening on ") == 3);
	server_stop(&s);
}
END_TEST

/* As when the server is started before the network is. */
START_TEST(an_address_that_comes_after_the_server_is_served)
{
	static const char *const commands[] = {
	    "ip addr add 192.0.2.9/32 dev lo", "ip addr add 2001:db8::9/128 dev lo nodad"};
	struct sockaddr_storage to[2] = {0};
	struct server s;

	network_host();
	server_start_best(&s, "listen = 192.0.2.9 2001:db8::9\n");
	for (int i = 0; i < 2; i++) {
		int fd;

		ck_assert_int_eq(addr_parse(i == 0 ? "192.0.2.9" : "2001:db8::9", &to[i]), 0);
		addr_set_port(&to[i], (unsigned int)s.port);
		fd = socket(to[i].ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&to[i], addr_len(&to[i])), -1);
		close(fd);
		network_command(commands[i]);
		fd = socket(to[i].ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&to[i], addr_len(&to[i])), 0);
		ck_assert(answers_on(fd));
		close(fd);
	}
	server_stop(&s);
}
END_TEST

/* ---- how often ---- */

/* What the log calls the client's end of this connection. */
static const char *
name_of(int fd)
{
	struct sockaddr_in sin = {0};
	socklen_t len = sizeof(sin);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	return (harness_text("%s:%u", inet_ntoa(sin.sin_addr), ntohs(sin.sin_port)));
}

START_TEST(connections_beyond_the_limit_are_closed_and_said)
{
	struct server s;
	int fds[3], more;

	server_start_best(&s, "max_connections = 3\n");
	for (int i = 0; i < 3; i++)
		fds[i] = call_connect(&s);
	more = call_connect_from(&s, "127.0.0.2");
	ck_assert(call_ended(more, CALL_MS));
	ck_assert_soon(
	    strstr(server_log(&s),
		harness_text("conn client=%s refused: max_connections = 3 are open (1 so far)\n",
		    name_of(more))) != NULL);
	close(more);
	for (int i = 0; i < 3; i++)
		ck_assert(answers_on(fds[i]));
	close(fds[1]);
	ck_assert_soon(answers(&s, "127.0.0.2"));
	close(fds[0]);
	close(fds[2]);
	server_stop(&s);
}
END_TEST

START_TEST(one_host_does_not_keep_out_another)
{
	struct server s;
	int a, b, more;

	server_start_best(&s, "max_connections_per_host = 2\n");
	a = call_connect_from(&s, "127.0.0.2");
	b = call_connect_from(&s, "127.0.0.2");
	more = call_connect_from(&s, "127.0.0.2");
	ck_assert(call_ended(more, CALL_MS));
	ck_assert_soon(
	    strstr(server_log(&s),
		harness_text("conn client=%s refused: max_connections_per_host = 2 are open "
			     "(1 so far)\n",
		    name_of(more))) != NULL);
	ck_assert(answers(&s, "127.0.0.3"));
	ck_assert(answers_on(a) && answers_on(b));
	close(a);
	ck_assert_soon(answers(&s, "127.0.0.2"));
	close(b);
	close(more);
	server_stop(&s);
}
END_TEST

#define HOSTS 200

START_TEST(each_of_many_hosts_is_counted_for_itself)
{
	const char *hosts[HOSTS];
	int fds[HOSTS][2];
	struct server s;

	server_start_best(&s, "max_connections_per_host = 2\n");
	for (int i = 0; i < HOSTS; i++) {
		hosts[i] = harness_text("127.%d.%d.%d", i % 7, i % 3, 1 + i);
		fds[i][0] = call_connect_from(&s, hosts[i]);
	}
	for (int i = HOSTS - 1; i >= 0; i--)
		fds[i][1] = call_connect_from(&s, hosts[i]);
	for (int i = 0; i < HOSTS; i++)
		ck_assert_msg(!answers(&s, hosts[i]), "%s", hosts[i]);
	for (int i = 0; i < HOSTS; i++) {
		ck_assert(answers_on(fds[i][0]) && answers_on(fds[i][1]));
		close(fds[i][i % 2]);
		ck_assert_soon(answers(&s, hosts[i]));
		close(fds[i][1 - i % 2]);
	}
	server_stop(&s);
}
END_TEST

START_TEST(ipv6_clients_are_counted_by_their_address)
{
	struct server s;
	int v4, v6, more;

	server_start_best(&s, "listen = 127.0.0.1 ::1\nmax_connections_per_host = 1\n");
	v4 = call_connect(&s);
	v6 = connect_ipv6(&s);
	more = connect_ipv6(&s);
	ck_assert(call_ended(more, CALL_MS));
	ck_assert(answers_on(v4) && answers_on(v6));
	server_logs(&s, "conn client=[::1]:");
	close(v4);
	close(v6);
	close(more);
	server_stop(&s);
}
END_TEST

/* One whose tool runs is a connection like others. */
START_TEST(a_run_counts_until_its_tool_has_ended)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "tree"), "plain");

	server_start_best(&s, "max_connections = 1\n");
	run_start(&s, &r);
	run_await(&r, "ready");
	ck_assert(!answers(&s, "127.0.0.1"));
	run_free(&r);
	ck_assert_soon(answers(&s, "127.0.0.1"));
	server_stop(&s);
}
END_TEST

#define FLOOD 500

static const struct {
	const char *settings, *words;
} floods[] = {
    {"max_connections = 1\n", " refused: "},
    {"max_connections_per_host = 1\n", " refused: "},
    {"allow = 127.0.0.2\n", " denied: "},
};

START_TEST(a_flood_takes_a_line_a_second_and_is_counted)
{
	const char *total = harness_text("(%d so far)\n", FLOOD);
	struct server s;
	int64_t start;
	int first;

	server_start_best(&s, floods[_i].settings);
	first = call_connect_from(&s, _i == 2 ? "127.0.0.2" : "127.0.0.1");
	ck_assert(answers_on(first));
	start = harness_now();
	for (int i = 0; i < FLOOD; i++)
		close(call_connect(&s));
	ck_assert_soon(strstr(server_log(&s), total) != NULL);
	ck_assert_uint_le(harness_count(server_log(&s), floods[_i].words),
	    (size_t)(harness_now() - start) / 1000 + 1);
	close(first);
	server_stop(&s);
}
END_TEST

/* ---- where it connects to ---- */

/* Where a relay must not be waited for, that would take so many seconds. */
#define RELAY_TIMEOUT 25
#define RELAYS	      "relay_timeout = 25\n"

/* A client at 127.0.0.1 gets its output at this address. */
static void
relays_to(const struct server *s, const char *ip)
{
	struct run r = RUN("/bin/echo", "out");
	struct buf request = {0};

	r.from = ip;
	run_encode(&r, &request);
	r.conn = call_connect_from(s, "127.0.0.1");
	ck_assert(call_send_buf(r.conn, &request));
	printed_out(&r);
}

/* Evaluators send the address that their host name resolves to: on Debian, 127.0.1.1. */
START_TEST(a_relay_may_be_at_another_loopback_address)
{
	struct server s;

	server_start_best(&s, "allow = 127.0.0.1\n");
	relays_to(&s, "127.0.1.1");
	server_stop(&s);
}
END_TEST

START_TEST(a_relay_to_an_address_that_is_not_allowed_is_refused)
{
	struct server s;
	struct run r;
	int64_t start;

	server_start_best(&s, RELAYS);
	start = harness_now();
	run_ask_for_relay(&s, &r, "192.0.2.7", 9);
	run_finish(&r);
	ck_assert(r.failed);
	ck_assert_int_eq(r.failure.code, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(r.failure.message, "TCP failure: Can't connect to 192.0.2.7:9");
	ck_assert_int_lt(harness_now() - start, INT64_C(1000) * RELAY_TIMEOUT);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_relay_that_does_not_answer_is_given_up)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fds[RUN_SILENT];
	struct server s;
	struct run r;

	run_silent_listener(fds, &sin);
	server_start_best(&s, "relay_timeout = 1\n");
	run_ask_for_relay(&s, &r, "127.0.0.1", ntohs(sin.sin_port));
	run_finish(&r);
	ck_assert(r.failed);
	ck_assert_int_eq(r.failure.code, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(r.failure.message, "TCP failure: Can't connect to 127.0.0.1:");
	ck_assert_contains(r.failure.message, "timed out");
	for (int i = 0; i < RUN_SILENT; i++)
		close(fds[i]);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_relay_that_does_not_answer_does_not_delay_the_end)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fds[RUN_SILENT];
	struct server s;
	struct run r;
	int64_t start;

	run_silent_listener(fds, &sin);
	server_start_best(&s, RELAYS);
	run_ask_for_relay(&s, &r, "127.0.0.1", ntohs(sin.sin_port));
	ck_assert_soon(call_cur_tools(&s) == 1);
	start = harness_now();
	ck_assert_int_eq(kill(server_pid(&s), SIGINT), 0);
	server_ends(&s, 0);
	ck_assert_int_lt(harness_now() - start, INT64_C(1000) * RELAY_TIMEOUT);
	for (int i = 0; i < RUN_SILENT; i++)
		close(fds[i]);
	run_free(&r);
}
END_TEST

/* A network of this test's own, where 192.0.2.1 and 192.0.2.2 are addresses of this host. */
static void
own_network(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	close(fd);
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < 3; i++) {
		static const char *const addresses[] = {"127.0.0.1", "192.0.2.1", "192.0.2.2"};
		struct ifreq req = {0};
		struct sockaddr_in *sin = (struct sockaddr_in *)(void *)&req.ifr_addr;

		memcpy(req.ifr_name, i == 0 ? "lo" : i == 1 ? "lo:1" : "lo:2", i == 0 ? 3 : 5);
		sin->sin_family = AF_INET;
		ck_assert_int_eq(inet_pton(AF_INET, addresses[i], &sin->sin_addr), 1);
		ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &req), 0);
		req.ifr_flags = IFF_UP | IFF_RUNNING;
		ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	}
	close(fd);
}

START_TEST(without_a_rule_this_hosts_own_addresses_are_served)
{
	struct server s;

	own_network();
	server_start_best(&s, "listen = 0.0.0.0\n");
	ck_assert(answers(&s, "192.0.2.1"));
	server_stop(&s);
}
END_TEST

START_TEST(by_default_all_addresses_are_listened_on)
{
	struct server s = {.mode = harness_mode()};

	own_network();
	s.config = harness_text("[Run_Tool]\nSRPC_port = 0\nVolatileRootName = %s\n%s",
	    harness_installed("roots"),
	    s.mode == MODE_PID ? ""
			       : harness_text("helper_switches = -u\nhelper = %s\n",
				     harness_installed("libexec/runtool/tool_launcher-plain")));
	server_start(&s);
	ck_assert(answers(&s, "127.0.0.1"));
	server_logs(&s, "listening on 0.0.0.0 port");
	server_stop(&s);
}
END_TEST

START_TEST(relays_go_anywhere_if_that_is_configured)
{
	struct server s;

	own_network();
	server_start_best(&s, "allow = 127.0.0.1\nrelay_hosts = any\n");
	relays_to(&s, "192.0.2.2");
	server_stop(&s);
}
END_TEST

START_TEST(relays_go_to_any_allowed_address)
{
	struct server s;

	own_network();
	server_start_best(&s, "allow = 127.0.0.1 192.0.2.1\n");
	relays_to(&s, "192.0.2.1");
	server_stop(&s);
}
END_TEST

Suite *
access_suite(void)
{
	Suite *suite = suite_create("access");
	TCase *tc = tcase_create("clients");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, without_a_rule_loopback_is_served);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(
	    tc, only_allowed_addresses_are_served, 0, (int)(sizeof(rules) / sizeof(rules[0])));
	tcase_add_test(tc, who_is_not_allowed_is_told_so);
	tcase_add_loop_test(tc, those_who_are_not_allowed_crowd_out_nobody, 0, 2);
	harness_add_namespaces(tc, without_a_rule_this_hosts_own_addresses_are_served);
	harness_add_namespaces(tc, by_default_all_addresses_are_listened_on);
	testing_add_ipv6(tc, ipv6_clients_are_served, 0, 1);
	testing_add_ipv6(tc, several_addresses_are_listened_on, 0, 1);
	network_add(tc, an_address_that_comes_after_the_server_is_served);
	suite_add_tcase(suite, tc);

	tc = tcase_create("numbers");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, connections_beyond_the_limit_are_closed_and_said);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, one_host_does_not_keep_out_another);
	tcase_add_test(tc, each_of_many_hosts_is_counted_for_itself);
	tcase_add_test(tc, a_run_counts_until_its_tool_has_ended);
	tcase_add_loop_test(tc, a_flood_takes_a_line_a_second_and_is_counted, 0,
	    (int)(sizeof(floods) / sizeof(floods[0])));
	testing_add_ipv6(tc, ipv6_clients_are_counted_by_their_address, 0, 1);
	suite_add_tcase(suite, tc);

	tc = tcase_create("relays");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_relay_to_an_address_that_is_not_allowed_is_refused);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_relay_may_be_at_another_loopback_address);
	tcase_add_test(tc, a_relay_that_does_not_answer_is_given_up);
	tcase_add_test(tc, a_relay_that_does_not_answer_does_not_delay_the_end);
	harness_add_namespaces(tc, relays_go_anywhere_if_that_is_configured);
	harness_add_namespaces(tc, relays_go_to_any_allowed_address);
	suite_add_tcase(suite, tc);
	return (suite);
}
