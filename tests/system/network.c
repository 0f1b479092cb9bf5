#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/testing.h"
#include "network.h"

int network_target;

static int here = -1, hosts[NETWORK_HOSTS + 1]; /* [0]: the switch */

/* What it needs, tried out. */
static bool
can_make_networks(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNET) == -1 ||
		    system("ip link add name h1 type veth peer name t1 2>/dev/null && "
			   "ip link add name br0 type bridge 2>/dev/null") != 0)
			_exit(1);
		_exit(0);
	}
	return (pid != -1 && waitpid(pid, &status, 0) == pid && status == 0);
}

void
network_add(TCase *tc, const TTest *test)
{
	static int can = -1;

	if (can == -1)
		can = can_make_networks();
	testing_add_if(tc, test, 0, 1, can == 1,
	    "CAP_SYS_ADMIN (as a user: user namespaces), ip, veth and bridge");
}

int
network_host(void)
{
	int fd;

	ck_assert_msg(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
	network_command("ip link set lo up");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	here = fd;
	return (fd);
}

void
network_enter(int host)
{
	ck_assert_msg(setns(host, CLONE_NEWNET) == 0, "setns: %s", strerror(errno));
	here = host;
}

void
network_command(const char *text)
{
	ck_assert_msg(system(text) == 0, "failed: %s", text);
}

void
network_command_at(int host, const char *text)
{
	int back = here;

	network_enter(host);
	network_command(text);
	network_enter(back);
}

void
network_make(int n)
{
	int i;

	ck_assert_int_le(n, NETWORK_HOSTS);
	for (i = 0; i <= n; i++)
		hosts[i] = network_host();
	network_enter(hosts[0]);
	network_command("ip link add name br0 type bridge && ip link set br0 up && "
			"ip addr add " NETWORK_SWITCH "/24 dev br0");
	for (i = 1; i <= n; i++) {
		network_command(harness_text(
		    "ip link add name h%d type veth peer name eth0 netns /proc/%d/fd/%d && "
		    "ip link set h%d master br0 up",
		    i, (int)getpid(), hosts[i], i));
		network_command_at(
		    hosts[i], harness_text("ip link set eth0 up && ip addr add %s/24 dev eth0 && "
					   "ip addr add %s/24 dev eth0",
				  NETWORK_ADDRESS(i), NETWORK_OTHER_ADDRESS(i)));
	}
}

void
network_unplug(int n)
{
	network_command(harness_text("ip link set h%d nomaster", n));
}

void
network_plug(int n)
{
	network_command(harness_text("ip link set h%d master br0", n));
}

/* In the child, whose descriptors are closed. */
void
network_go(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getppid(), hosts[network_target]);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || setns(fd, CLONE_NEWNET) == -1) {
		perror("setns");
		_exit(PROGRAM_NOT_RUN);
	}
}
