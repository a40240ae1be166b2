/* SPDX-License-Identifier: Apache-2.0
 * cmd_templates.c - `fence templates`: the settings that come with fence. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

#define NAME_WIDTH 19 /* of a column; the longest name has 17 */

static int finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    print_error("cannot write to standard output");
    return EXIT_FENCE;
}

int print_templates(void)
{
    fence_template each;

    for (size_t i = 0; fence_template_at(&each, i) == 0; i++)
        printf("%-*s%s\n", NAME_WIDTH, each.name, each.about);
    return finish();
}

/* As it is, to be copied and changed. The library knows what an unknown name is like. */
static int show(const char *name)
{
    fence_config *config = NULL;
    fence_template each;
    fence_error err = {0};

    for (size_t i = 0; fence_template_at(&each, i) == 0; i++) {
        if (strcmp(each.name, name) == 0) {
            fwrite(each.text, 1, each.len, stdout);
            return finish();
        }
    }
    fence_config_template(&config, name, NULL, 0, &err);
    print_error("%s", err.message);
    fence_config_unref(config);
    return EXIT_FENCE;
}

int cmd_templates(char **argv)
{
    const char *what = argv[0] ? argv[0] : "";

    if (strcmp(what, "-h") == 0 || strcmp(what, "--help") == 0)
        return text_help_templates();
    if (strcmp(what, "list") == 0 && !argv[1])
        return print_templates();
    if (strcmp(what, "show") == 0 && argv[1] && !argv[2])
        return show(argv[1]);
    print_error("fence templates list, or show NAME: see fence templates --help");
    return EXIT_FENCE;
}
