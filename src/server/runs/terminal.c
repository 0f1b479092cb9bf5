#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "terminal.h"

static int
set_size(int fd, int rows, int columns)
{
	const struct winsize size = {
	    .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	return (ioctl(fd, TIOCSWINSZ, &size));
}

/* Makes both ends; `raw`: it changes no byte. 0, or -1 with errno. */
static int
open_ends(bool raw, int rows, int columns, int *ours, int *tools)
{
	struct termios modes;
	int saved;

	if ((*ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return (-1);
	/* Not by its name, which may be another one's in our mounts. */
	if (unlockpt(*ours) == -1 ||
	    (*tools = ioctl(*ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1 ||
	    set_size(*ours, rows, columns) == -1 || tcgetattr(*tools, &modes) == -1)
		goto fail;
	if (raw)
		cfmakeraw(&modes);
	else
		modes.c_iflag |= IUTF8;
	if (tcsetattr(*tools, TCSANOW, &modes) == 0)
		return (0);
fail:
	saved = errno;
	fd_close(ours);
	fd_close(tools);
	errno = saved;
	return (-1);
}

int
terminal_open(int rows, int columns, int *ours, int *tools)
{
	return (open_ends(false, rows, columns, ours, tools));
}

int
terminal_open_output(int rows, int columns, int *ours, int *tools)
{
	return (open_ends(true, rows, columns, ours, tools));
}

void
terminal_resize(int ours, int rows, int columns)
{
	if (ours != -1)
		set_size(ours, rows, columns);
}

const char *
terminal_remedy(int error)
{
	return (error == ENOSPC ? " (the sysctl kernel.pty.max limits all terminals)" : "");
}
