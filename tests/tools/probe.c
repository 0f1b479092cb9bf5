/*
 * probe WHAT [...]: does what a shell cannot, and says how it went.
 * pty: a terminal of its own; raise N: a signal, and then exit 7; exit N; limits: what is inherited.
 * loopback: a connection over 127.0.0.1, and the interfaces; reach PORT: one to somebody else's.
 * shm KEY, mq NAME: whether there is such an IPC object.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

/* Says what came of an open. */
static void
try(const char *what, int fd, const char *works)
{
	printf("%s%s\n", what, fd == -1 ? strerror(errno) : works);
	if (fd != -1)
		close(fd);
}

static int
pty(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), slave;
	char line[8] = "";

	if (master == -1 || unlockpt(master) == -1) {
		printf("ptmx: %s\n", strerror(errno));
		return (1);
	}
	signal(SIGHUP, SIG_IGN); /* which the end of it is */
	/* The session leader's first terminal becomes its controlling one. */
	if ((slave = open(ptsname(master), O_RDWR)) == -1 || write(master, "hi\n", 3) != 3 ||
	    read(slave, line, sizeof(line) - 1) != 3) {
		printf("%s: %s\n", ptsname(master), strerror(errno));
		return (1);
	}
	printf("%s %s", ptsname(master), line);
	try("tty ", open("/dev/tty", O_RDWR), "opens");
	close(slave);
	close(master);
	return (0);
}

static int
address(struct sockaddr_in *sin, int port)
{
	*sin = (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((in_port_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return (socket(AF_INET, SOCK_STREAM, 0));
}

static int
reach(int port)
{
	struct sockaddr_in sin;
	int fd = address(&sin, port);

	printf("%s\n",
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ? strerror(errno) : "reached");
	return (0);
}

static int
loopback(void)
{
	struct if_nameindex *list = if_nameindex(), *i;
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = address(&sin, 0);

	for (i = list; i != NULL && i->if_index != 0; i++)
		printf("interface %s\n", i->if_name);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 || listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1) {
		printf("%s\n", strerror(errno));
		return (1);
	}
	return (reach(ntohs(sin.sin_port)));
}

static int
limits(void)
{
	static const struct {
		const char *name;
		int resource;
	} all[] = {{"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"as", RLIMIT_AS},
	    {"fsize", RLIMIT_FSIZE}, {"cpu", RLIMIT_CPU}, {"core", RLIMIT_CORE}};
	struct rlimit r;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		getrlimit(all[i].resource, &r);
		printf("%s %lld %lld\n", all[i].name, (long long)r.rlim_cur, (long long)r.rlim_max);
	}
	return (0);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";
	int n = (int)strtol(arg, NULL, 10);

	if (strcmp(what, "pty") == 0)
		return (pty());
	if (strcmp(what, "loopback") == 0)
		return (loopback());
	if (strcmp(what, "reach") == 0)
		return (reach(n));
	if (strcmp(what, "limits") == 0)
		return (limits());
	if (strcmp(what, "shm") == 0)
		printf("%s\n", shmget(n, 0, 0) == -1 ? strerror(errno) : "seen");
	else if (strcmp(what, "mq") == 0)
		try("", mq_open(arg, O_RDONLY), "seen");
	else if (strcmp(what, "raise") == 0)
		return (raise(n) == 0 ? 7 : 2);
	else
		return (n); /* exit */
	return (0);
}
