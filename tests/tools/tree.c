/*
 * tree SHAPE [TAG]: a tool with processes of its own, in shapes that are hard to end. It says
 * `ready` once they all run, and then waits; with `leave-` before the shape it ends and leaves them
 * there.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIFETIME 120 /* seconds; so that even a test that fails leaves nothing for good */
#define CHILDREN 3

static int ready[2];

static void
say_ready(void)
{
	if (write(ready[1], "", 1) != 1)
		exit(3);
}

static void
linger(void)
{
	alarm(LIFETIME);
	for (;;)
		pause();
}

static pid_t
start(void)
{
	pid_t pid = fork();

	if (pid == -1)
		exit(3);
	return (pid);
}

static int
plain(void)
{
	return (0);
}

static int
children(void)
{
	int i;

	for (i = 0; i < CHILDREN; i++)
		if (start() == 0) {
			start(); /* and a grandchild */
			say_ready();
			linger();
		}
	return (2 * CHILDREN);
}

static int
deaf(void)
{
	signal(SIGTERM, SIG_IGN);
	return (children());
}

static int
session(void)
{
	if (start() == 0) {
		setsid();
		say_ready();
		linger();
	}
	return (1);
}

/* Twice forked, so its parent is gone; deaf, and with no descriptor left. */
static int
daemonised(void)
{
	if (start() == 0) {
		setsid();
		if (start() != 0)
			_exit(0);
		signal(SIGTERM, SIG_IGN);
		say_ready();
		close(ready[0]);
		close(ready[1]);
		close(0);
		close(1);
		close(2);
		linger();
	}
	return (1);
}

/* A generation lives for some milliseconds, in a session of its own, and starts the next one. */
static int
endless(void)
{
	time_t end = time(NULL) + LIFETIME;

	if (start() != 0)
		return (1);
	say_ready();
	while (time(NULL) < end) {
		setsid();
		nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
		if (start() != 0)
			_exit(0);
	}
	_exit(0);
}

/* A stopped process does not see a SIGTERM before it is continued. */
static int
stopped(void)
{
	if (start() == 0) {
		say_ready();
		alarm(LIFETIME);
		for (;;)
			raise(SIGSTOP);
	}
	return (1);
}

static const struct {
	const char *name;
	int (*grow)(void); /* how many will say that they are ready */
} shapes[] = {
    {"plain", plain},
    {"children", children},
    {"deaf", deaf},
    {"session", session},
    {"daemon", daemonised},
    {"endless", endless},
    {"stopped", stopped},
};

int
main(int argc, char **argv)
{
	const char *shape = argc > 1 ? argv[1] : "";
	int leave = strncmp(shape, "leave-", 6) == 0;
	int n = -1;
	char c;

	if (pipe(ready) == -1)
		return (3);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(shape + (leave ? 6 : 0), shapes[i].name) == 0)
			n = shapes[i].grow();
	if (n == -1)
		return (2);
	for (; n > 0; n--)
		if (read(ready[0], &c, 1) != 1)
			return (3);
	if (write(1, "ready\n", 6) != 6)
		return (3);
	if (!leave)
		linger();
	return (0);
}
