#include <errno.h>
#include <fcntl.h>
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

/* Not by its name, which may be another one's in our mounts. */
static int
open_tools(int ours)
{
	return (ioctl(ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

int
terminal_open(bool raw, int rows, int columns, int *ours, int *tools, int *held)
{
	struct termios modes;
	int saved;

	if ((*ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return (-1);
	if (unlockpt(*ours) == -1 || (*tools = open_tools(*ours)) == -1 ||
	    (*held = open_tools(*ours)) == -1 || set_size(*ours, rows, columns) == -1 ||
	    tcgetattr(*tools, &modes) == -1)
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
	fd_close(held);
	errno = saved;
	return (-1);
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
