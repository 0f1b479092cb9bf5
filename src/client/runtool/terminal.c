#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

#define MAX_SIDE 32767 /* rows or columns of a size that can be sent */

bool
terminal_wants_colour(const char *when)
{
	return (strcmp(when, "always") == 0 ||
		(strcmp(when, "auto") == 0 && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO)));
}

void
terminal_size(int *rows, int *columns)
{
	static const int fds[] = {STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO};
	struct winsize size;
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (ioctl(fds[i], TIOCGWINSZ, &size) == -1)
			continue;
		*rows = size.ws_row < MAX_SIDE ? size.ws_row : MAX_SIDE;
		*columns = size.ws_col < MAX_SIDE ? size.ws_col : MAX_SIDE;
		return;
	}
}
