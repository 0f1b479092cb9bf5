/* screen.h: a terminal of the tests' own with a script in it, as somebody would sit before it. */
#ifndef SCREEN_H
#define SCREEN_H

#include "script.h"

enum { SCREEN_ROWS = 33, SCREEN_COLUMNS = 77, SCREEN_SIZE = 1 << 16 };

struct screen {
	int fd;	   /* the terminal's other end */
	pid_t pid; /* the shell, which leads the session; 0: it has ended */
	int status;
	size_t len, seen; /* bytes of text, and of those that were awaited */
	char text[SCREEN_SIZE];
};

/* Starts a script, with job control, as script() would; the terminal is its stdin and output. */
void screen_start(struct screen *, const struct server *, const char *text);

/* Types these keys. */
void screen_type(struct screen *, const char *keys);

/* Waits until this is shown, behind what was awaited before. */
void screen_await(struct screen *, const char *text);

/* How the terminal is set; waits until it echoes, or not. */
bool screen_echoes(const struct screen *);
void screen_await_echo(const struct screen *, bool echoes);

void screen_resize(const struct screen *, int rows, int columns);

/* Waits until the shell has ended, and closes the terminal. The exit status of the shell. */
int screen_end(struct screen *);

/* Closes the terminal, as if its window was closed; then as screen_end(). */
void screen_close(struct screen *);

#endif
