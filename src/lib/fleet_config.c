#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "fleet_config.h"
#include "record.h"
#include "start_command.h"

#define SECTION	  FLEET_CONFIG_SECTION
#define MAX_AREA  64
#define MAX_COUNT 1000000
#define MAX_TIME  604800
#define AT(field) offsetof(struct fleet_config, field)

/* An area becomes part of file names, and of commands. */
static int
set_area(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	if (!record_area_ok(value)) {
		strlcpy(why, "must be letters, digits, `.`, `_` and `-`", size);
		return (-1);
	}
	if (strlen(value) > MAX_AREA) {
		snprintf(why, size, "must be at most %d bytes long", MAX_AREA);
		return (-1);
	}
	return (setting_set_string(object, what, value, why, size));
}

/* So does a host; an IPv6 address has colons. */
static int
set_host(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	if (*value != '\0' && !record_host_ok(value)) {
		strlcpy(why, "must be a host name or an address, without a port", size);
		return (-1);
	}
	return (setting_set_string(object, what, value, why, size));
}

static int
set_dir(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	if (*value != '\0' && *value != '/') {
		strlcpy(why, "must be an absolute path name", size);
		return (-1);
	}
	return (setting_set_string(object, what, value, why, size));
}

/* Only its form is checked: the values of %a, %h and %c are not known yet. */
static int
set_command(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	const struct start_words any = {.area = "", .host = "", .config = ""};
	char *expanded = start_command_expand(value, &any, why, size);

	if (expanded == NULL)
		return (-1);
	free(expanded);
	return (setting_set_string(object, what, value, why, size));
}

static const struct setting_type area = {set_area, setting_print_string, setting_clear_string};
static const struct setting_type host = {set_host, setting_print_string, setting_clear_string};
static const struct setting_type command = {
    set_command, setting_print_string, setting_clear_string};
static const struct setting_type dir = {set_dir, setting_print_string, setting_clear_string};

/* clang-format off */
static const struct setting settings[] = {
	{ SECTION, "dir",		AT(dir),		&dir,		  NULL,	     0, 0,	   false },
	{ SECTION, "area",		AT(area),		&area,		  "default", 0, 0,	   false },
	{ SECTION, "advertise",		AT(advertise),		&host,		  NULL,	     0, 0,	   false },
	{ SECTION, "start_command",	AT(start_command),	&command,	  NULL,	     0, 0,	   true },
	{ SECTION, "max_servers",	AT(max_servers),	&setting_int,	  "4",	     1, MAX_COUNT, false },
	{ SECTION, "start_interval",	AT(start_interval),	&setting_int,	  "5",	     1, MAX_TIME,  false },
	{ SECTION, "start_load_limit",	AT(start_load_limit),	&setting_decimal, "4.0",     0, 0,	   false },
	{ SECTION, "max_processes",	AT(max_processes),	&setting_int,	  "100",     1, MAX_COUNT, false },
	{ SECTION, "one_host",		AT(one_host),		&setting_bool,	  "no",	     0, 0,	   false },
	{ SECTION, "loaded_at",		AT(loaded_at),		&setting_int,	  "20",	     0, MAX_COUNT, false },
	{ SECTION, "idle_timeout",	AT(idle_timeout),	&setting_int,	  "0",	     0, MAX_TIME,  false },
	{ SECTION, "stale_after",	AT(stale_after),	&setting_int,	  "360",     1, MAX_TIME,  false },
	{ SECTION, "touch_interval",	AT(touch_interval),	&setting_int,	  "15",	     1, MAX_TIME,  false },
	{ SECTION, "ping_tries",	AT(ping_tries),		&setting_int,	  "5",	     1, 100,	   false },
	{ SECTION, "ping_timeout",	AT(ping_timeout),	&setting_int,	  "5",	     1, 600,	   false },
	{ SECTION, "wait_load",		AT(wait_load),		&setting_int,	  "5",	     0, MAX_COUNT, false },
	{ SECTION, "wait_tries",	AT(wait_tries),		&setting_int,	  "10",	     0, MAX_COUNT, false },
};
/* clang-format on */

const struct setting_table fleet_config_table = {settings, sizeof(settings) / sizeof(*settings)};

int
fleet_config_read(struct fleet_config *c, const struct config *config, bool in_cwd,
    void (*skipped)(const struct config_value *), char *err, size_t errsize)
{
	const struct config_value *v;
	size_t i = 0;

	if ((v = setting_unknown(&fleet_config_table, config, SECTION, &i)) == NULL)
		return (
		    setting_read(&fleet_config_table, c, config, in_cwd, skipped, err, errsize));
	snprintf(err, errsize, "%s:%d: [%s]%s is not known", v->file, v->line, v->section, v->name);
	return (-1);
}

int
fleet_config_check(const struct fleet_config *c, char *err, size_t errsize)
{
	if (c->stale_after / 2 >= c->touch_interval)
		return (0);
	snprintf(err, errsize,
	    "[" SECTION "]stale_after = %d: must be at least twice touch_interval, which is %d",
	    c->stale_after, c->touch_interval);
	return (-1);
}

int
fleet_config_load(
    struct fleet_config *c, const struct config *config, bool in_cwd, char *err, size_t errsize)
{
	*c = (struct fleet_config){0};
	if (setting_defaults(&fleet_config_table, c, err, errsize) == -1)
		return (-1);
	if (config != NULL && fleet_config_read(c, config, in_cwd, NULL, err, errsize) == -1)
		return (-1);
	return (fleet_config_check(c, err, errsize));
}

void
fleet_config_free(struct fleet_config *c)
{
	setting_clear(&fleet_config_table, c);
}
