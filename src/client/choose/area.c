#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "area.h"

#define SECTION FLEET_CONFIG_SECTION

static const char *
why_no_start(const struct fleet_config *config, const struct config *file, bool in_cwd)
{
	const struct config_value *v = config_get(file, SECTION, "start_command");

	if (config->start_command != NULL)
		return (NULL);
	if (in_cwd && v != NULL && *v->value != '\0')
		return ("start a RunToolServer, or name the configuration with -c: start_command "
			"is not "
			"taken from a vesta.cfg found in the current directory");
	return ("start a RunToolServer, or say by [" SECTION "]start_command how");
}

int
area_open(struct area *a, const char *name, const struct config *config, const char *path,
    bool in_cwd, char *why, size_t size)
{
	char *copy;

	*a = (struct area){0};
	if (fleet_config_load(&a->config, config, in_cwd, why, size) == -1)
		return (-1);
	if (a->config.dir == NULL) {
		snprintf(why, size,
		    "%s: [" SECTION "]dir is not set, and thus there is no area %s: set it to the "
		    "directory in which its servers register",
		    path, name);
		return (-1);
	}
	if ((copy = strdup(name)) == NULL || realpath(path, a->file) == NULL) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		free(copy);
		return (-1);
	}
	free(a->config.area);
	a->config.area = copy;
	a->why_no_start = why_no_start(&a->config, config, in_cwd);
	return (0);
}

void
area_close(struct area *a)
{
	fleet_config_free(&a->config);
}
