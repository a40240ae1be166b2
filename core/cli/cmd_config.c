/* SPDX-License-Identifier: Apache-2.0
 * cmd_config.c - `fence config show`: the settings in force, and what they come from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

/* One below the other, as the ancestor draws it. */
static void print_chain(const fence_config *config)
{
    const char *name = fence_config_source(config, 0);

    print_plain("Active config chain:");
    if (!name)
        print_plain("none: nothing is allowed");
    for (size_t i = 0; (name = fence_config_source(config, i)); i++)
        print_plain("%*s%s%s", i > 0 ? (int)(4 * (i - 1)) : 0, "", i > 0 ? "└── " : "", name);
}

static int show(const char *path, const char *template, fence_error *err)
{
    fence_config *config = NULL;
    char *json = NULL;
    int rc = template ? fence_config_template(&config, template, NULL, 0, err)
                      : fence_config_load(&config, path, NULL, 0, err);

    if (rc == 0)
        rc = fence_config_show(&json, path, template, err);
    if (rc == 0) {
        print_chain(config);
        puts(json);
    }
    free(json);
    fence_config_unref(config);
    return rc;
}

/* What is not among the settings would be passed over. */
static const char *misuse(const struct options *options)
{
    if (strcmp(options->words[0] ? options->words[0] : "", "show") != 0 || options->words[1])
        return "fence config show [-s FILE | -t NAME]: see fence config --help";
    if (options->nextra > 0 || options->npolicies > 0 || options->string ||
        options_of_runs(options))
        return "fence config show takes -s or -t, and no other option";
    return NULL;
}

static int config_with(const struct options *options)
{
    char path[PATH_ROOM];
    fence_error err = {0};

    if (misuse(options)) {
        print_error("%s", misuse(options));
        return EXIT_FENCE;
    }
    if (rules_find(path, options, &err) < 0 ||
        show(path[0] || options->settings ? path : NULL, options->template, &err) < 0) {
        print_error("%s", err.message);
        return EXIT_FENCE;
    }
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    print_error("cannot write to standard output");
    return EXIT_FENCE;
}

int cmd_config(char **argv)
{
    struct options options = {0};
    fence_error err;
    int status = EXIT_FENCE;

    if (options_read_anywhere(&options, argv, false, &err) < 0)
        print_error("%s", err.message);
    else
        status = options.help ? text_help_config() : config_with(&options);
    options_deinit(&options);
    return status;
}
