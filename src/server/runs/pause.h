/*
 * pause.h: STOP_BEFORE_TOOL, STOP_AFTER_TOOL, STOP_AFTER_TOOL_SIGNALED and STOP_AFTER_TOOL_ERROR in
 * the server's environment: a build engineer looks at a tool's root while the server waits for
 * Enter.
 */
#ifndef PAUSE_H
#define PAUSE_H

#include <stdbool.h>

/* Once, before any tool: which of them are set, and whether there is a terminal. */
void pause_init(void);
bool pause_wanted(void); /* any of them */

/* `root` is the path by which it can be entered. */
void pause_before_tool(const char *root);
void pause_after_tool(const char *root, int wait_status);

#endif
