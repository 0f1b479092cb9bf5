/*
 * race MS WANTED A B LAUNCHER ARG...: starts LAUNCHER again and again while A and B change places, with
 * ends of socket pairs as its descriptor 3 (-life), and counts the launches by what their tools print:
 * `inside N outside N refused N odd N`. It does so for so long, and until each outcome has come whose
 * first letter is in WANTED. race mark FILE: such a tool; prints the FILE.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXCHANGE 2 /* linux/fs.h does not go together with others */
#define MAX_MARK 16

static int
mark(const char *path)
{
	char text[MAX_MARK];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text));

	close(fd);
	return (n > 0 && write(1, text, (size_t)n) == n ? 0 : 1);
}

static pid_t
start_exchanging(const char *a, const char *b)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return (pid);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	while (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE) == 0)
		continue;
	_exit(1);
}

static void
start(char **argv, int life, int out)
{
	if (fork() == 0) {
		dup2(out, 1);
		dup2(life, 3);
		execv(argv[0], argv);
		_exit(127);
	}
	close(life);
	close(out);
}

/* What the tool of one launch printed; all of its processes have ended, or are about to. */
static void
launch(char **argv, char *said)
{
	int life[2], out[2];
	ssize_t n;
	size_t len = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life) == -1 ||
	    pipe2(out, O_CLOEXEC) == -1)
		exit(3);
	start(argv, life[1], out[1]);
	while ((n = read(out[0], said + len, MAX_MARK - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	while (recv(life[0], &n, sizeof(n), 0) > 0)
		continue;
	close(life[0]);
	close(out[0]);
}

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static const char *const marks[] = {"inside\n", "outside\n", ""};
static unsigned int counts[4];

/* Whether all that is wanted has come. */
static int
have_come(const char *wanted)
{
	static const char letters[] = "ior";

	for (; *wanted != '\0'; wanted++)
		if (counts[strchr(letters, *wanted) - letters] == 0)
			return (0);
	return (1);
}

int
main(int argc, char **argv)
{
	char said[MAX_MARK];
	pid_t exchanger;
	unsigned int i;
	long end;

	if (argc == 3 && strcmp(argv[1], "mark") == 0)
		return (mark(argv[2]));
	if (argc < 7 || (exchanger = start_exchanging(argv[3], argv[4])) == -1)
		return (2);
	end = now_ms() + strtol(argv[1], NULL, 10);
	while (now_ms() < end || !have_come(argv[2])) {
		launch(argv + 5, said);
		for (i = 0; i < 3 && strcmp(said, marks[i]) != 0;)
			i++;
		counts[i]++;
		/* Launchers, and keepers. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
	/* Still at it. */
	if (kill(exchanger, SIGKILL) == -1)
		return (3);
	printf(
	    "inside %u outside %u refused %u odd %u\n", counts[0], counts[1], counts[2], counts[3]);
	return (0);
}
