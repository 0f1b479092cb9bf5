#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "terminal.h"

/* Both ends, as the kernel makes them. 0, or -1 with errno. */
static int
open_ends(int rows, int columns, int *ours, int *tools)
{
	const struct winsize size = {
	    .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	int saved;

	if ((*ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return (-1);
	/* Not by its name: a root of ours may have other terminals below /dev/pts. */
	if (unlockpt(*ours) == 0 &&
	    (*tools = ioctl(*ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) != -1 &&
	    ioctl(*tools, TIOCSWINSZ, &size) == 0)
		return (0);
	saved = errno;
	fd_close(ours);
	fd_close(tools);
	errno = saved;
	return (-1);
}

int
terminal_open_output(int rows, int columns, int *ours, int *tools)
{
	struct termios modes;

	if (open_ends(rows, columns, ours, tools) == -1)
		return (-1);
	if (tcgetattr(*tools, &modes) == 0) {
		cfmakeraw(&modes);
		if (tcsetattr(*tools, TCSANOW, &modes) == 0)
			return (0);
	}
	fd_close(ours);
	fd_close(tools);
	errno = EIO;
	return (-1);
}

const char *
terminal_remedy(int error)
{
	return (error == ENOSPC ? " (the sysctl kernel.pty.max limits all terminals)" : "");
}
