#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runtool.h"
#include "show.h"

#define COLUMNS	      8 /* of a table, at most */
#define GAP	      2 /* blanks between two */
#define MS_PER_SECOND 1000

static const char *
message(const json_t *answer)
{
	return (json_string_value(json_object_get(json_object_get(answer, "error"), "message")));
}

/* A word for an error, in place of a state or of a call. */
static const char *
failure(const json_t *answer)
{
	json_int_t code =
	    json_integer_value(json_object_get(json_object_get(answer, "error"), "code"));

	return (code == RUNTOOL_TRANSPORT || code == RUNTOOL_TIMEOUT ? "silent" : "failed");
}

static json_t *
text_of(const json_t *value)
{
	if (json_is_string(value))
		return (json_string(json_string_value(value)));
	if (json_is_integer(value))
		return (json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value)));
	if (json_is_real(value))
		return (json_sprintf("%.2f", json_real_value(value)));
	return (json_string("-"));
}

void
show_lists(const json_t *answers)
{
	bool shown = false;
	json_t *answer, *value, *text;
	const char *name;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		if (message(answer) != NULL) {
			warnx("%s: %s", json_string_value(json_object_get(answer, "server")),
			    message(answer));
			continue;
		}
		if (shown)
			putchar('\n');
		shown = true;
		json_object_foreach(answer, name, value)
		{
			text = text_of(value);
			printf("%-12s %s\n", name, json_string_value(text));
			json_decref(text);
		}
	}
}

/* ---- tables: rows of strings, the first of them the titles -------------------------------- */

/* NULL when memory is short, and from then on. */
static json_t *
add_row(json_t *rows, json_t *row)
{
	if (json_array_append_new(rows, row) == 0)
		return (rows);
	json_decref(rows);
	return (NULL);
}

static void
print_row(const json_t *row, const size_t *widths)
{
	size_t last = json_array_size(row) - 1, column;

	for (column = 0; column < last; column++)
		printf("%-*s", (int)widths[column] + GAP,
		    json_string_value(json_array_get(row, column)));
	puts(json_string_value(json_array_get(row, last)));
}

/* Columns without a title are not aligned. Frees the rows. */
static int
print_table(json_t *rows)
{
	size_t i, column, len, columns = json_array_size(json_array_get(rows, 0));
	size_t widths[COLUMNS] = {0};

	if (rows == NULL) {
		errno = ENOMEM;
		return (-1);
	}
	for (i = 0; i < json_array_size(rows); i++) {
		for (column = 0; column < columns; column++) {
			len = json_string_length(json_array_get(json_array_get(rows, i), column));
			if (len > widths[column])
				widths[column] = len;
		}
	}
	for (i = 0; i < json_array_size(rows); i++)
		print_row(json_array_get(rows, i), widths);
	json_decref(rows);
	return (0);
}

static json_t *
cell(const json_t *answer, const char *name)
{
	return (text_of(json_object_get(answer, name)));
}

static json_t *
in_flight(const json_t *answer)
{
	const json_t *n = json_object_get(answer, "in_flight");
	const json_t *slots = json_object_get(answer, "max_tools");

	if (n == NULL || slots == NULL)
		return (text_of(n));
	return (json_sprintf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
	    json_integer_value(n), json_integer_value(slots)));
}

static json_t *
state(const json_t *answer)
{
	return (message(answer) == NULL ? cell(answer, "state") : json_string(failure(answer)));
}

int
show_servers(const json_t *answers)
{
	json_t *rows = json_pack("[[s, s, s, s, s, s]]", "SERVER", "STATE", "IN_FLIGHT", "LOAD",
		   "STARTED", "PID"),
	       *answer, *row;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		row = json_pack("[o, o, o, o, o, o]", cell(answer, "server"), state(answer),
		    in_flight(answer), cell(answer, "load"), cell(answer, "registered"),
		    cell(answer, "pid"));
		if (message(answer) != NULL)
			json_array_append_new(row, json_string(message(answer)));
		rows = add_row(rows, row);
	}
	return (print_table(rows));
}

static json_t *
host_row(const json_t *answer)
{
	const json_t *known = json_object_get(answer, "remembered");
	const char *words = message(answer);
	json_t *row = json_pack("[o, o, o, o]", cell(answer, "server"), state(answer),
	    in_flight(answer), cell(answer, "load"));

	if (known == NULL) {
		json_array_append_new(row, json_string("-"));
	} else {
		json_array_append_new(
		    row, json_sprintf("%s for %" JSON_INTEGER_FORMAT " s",
			     json_string_value(json_object_get(known, "state")),
			     json_integer_value(json_object_get(known, "seconds"))));
		if (words == NULL)
			words = json_string_value(json_object_get(known, "message"));
	}
	if (words != NULL)
		json_array_append_new(row, json_string(words));
	return (row);
}

int
show_hosts(const json_t *answers)
{
	json_t *rows = json_pack(
		   "[[s, s, s, s, s]]", "SERVER", "STATE", "IN_FLIGHT", "LOAD", "REMEMBERED"),
	       *answer;
	size_t i;

	json_array_foreach(answers, i, answer) rows = add_row(rows, host_row(answer));
	return (print_table(rows));
}

static json_t *
call_row(const json_t *answer, const char *call, const json_t *counts)
{
	json_int_t count = json_integer_value(json_object_get(counts, "count"));
	double total = json_real_value(json_object_get(counts, "total_s"));

	return (json_pack("[o, s, o, o, o, o, o]", cell(answer, "server"), call,
	    cell(counts, "count"), cell(counts, "errors"), json_sprintf("%.3f", total),
	    json_sprintf("%.3f", count == 0 ? 0 : MS_PER_SECOND * total / (double)count),
	    json_sprintf(
		"%.3f", MS_PER_SECOND * json_real_value(json_object_get(counts, "longest_s")))));
}

int
show_calls(const json_t *answers)
{
	json_t *rows = json_pack("[[s, s, s, s, s, s, s]]", "SERVER", "CALL", "COUNT", "ERRORS",
		   "TOTAL_S", "MEAN_MS", "LONGEST_MS"),
	       *answer, *counts;
	const char *call;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		if (message(answer) != NULL)
			rows = add_row(
			    rows, json_pack("[o, s, s, s, s, s, s, s]", cell(answer, "server"),
				      failure(answer), "-", "-", "-", "-", "-", message(answer)));
		json_object_foreach(json_object_get(answer, "calls"), call, counts) rows =
		    add_row(rows, call_row(answer, call, counts));
	}
	return (print_table(rows));
}
