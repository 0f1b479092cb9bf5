/*
 * dump.h: bytes that are written down for people: tests/wire/v5-*.txt, and the worked example of
 * runtool-srpc(7).
 */
#ifndef DUMP_H
#define DUMP_H

#include "lib/buf.h"

/*
 * The bytes that `sender` ("client" or "server") sends in a section, which begins with the line
 * `heading` and ends where the next begins with the same three characters. A line that begins with
 * `client->server` or `server->client` says who sends what follows; of each line that begins with
 * pairs of hexadecimal digits, a blank between two, these are the bytes, up to two blanks or the
 * line's end.
 */
struct buf dump_read(const char *path, const char *heading, const char *sender);

#endif
