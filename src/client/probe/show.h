/* show.h: what RunToolProbe prints for people, from what struct probe says. */
#ifndef SHOW_H
#define SHOW_H

#include <jansson.h>

/* One value a line, an empty line between servers; the words of errors go to stderr. */
void show_lists(const json_t *answers);

/*
 * Tables, with errors in them: a server a line, with its record or with what is remembered, or a call
 * of a server a line. 0, or -1 with errno.
 */
int show_servers(const json_t *answers);
int show_hosts(const json_t *answers);
int show_calls(const json_t *answers);

#endif
