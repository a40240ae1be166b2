/* SPDX-License-Identifier: Apache-2.0
 * cmd_profile.c - `fence profile`: the settings as what macOS holds a command by. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/text.h"

static void tell(void *payload, const char *text)
{
    (void)payload;
    print_plain("[fence:macos] %s", text);
}

/* Half a profile may deny less than all of it: the status says that it is none. */
static int write_profile(const char *profile)
{
    if (fputs(profile, stdout) >= 0 && fflush(stdout) == 0)
        return 0;
    print_error("cannot write to standard output");
    return EXIT_FENCE;
}

static int profile(const struct options *options)
{
    const char *shell[] = {"sh", "-c", options->string, NULL};
    fence_sandbox_options what = FENCE_SANDBOX_OPTIONS_INIT;
    struct rules rules = {0};
    fence_error err = {0};
    char *text = NULL, **files = NULL;
    int status = EXIT_FENCE, rc;

    what.argv = options->string ? shell : (const char *const *)options->words;
    what.ports = options->ports;
    rc = rules_load(&rules, options, &err);
    if (rc == 0 && rules.policy && !(files = rules_files(&rules, options, &err)))
        rc = -1;
    what.rule_files = (const char *const *)files;
    if (rc == 0)
        rc = fence_profile(&text, rules.config, rules.policy, &what, tell, NULL, &err);
    if (rc == 0) {
        status = write_profile(text);
    } else {
        print_error("%s", err.message);
        status = err.code == FENCE_EDENIED ? EXIT_DENIED : EXIT_FENCE;
    }
    free(text);
    rules_files_free(files);
    rules_unload(&rules);
    return status;
}

/* An option that a profile has no place for, or NULL. */
static const char *misplaced(const struct options *options)
{
    if (options->watch)
        return "--watch";
    return options->ask_timeout_s ? "--ask-timeout" : options_of_sandboxes(options);
}

int cmd_profile(char **argv)
{
    struct options options = {0};
    fence_error err;
    int status = EXIT_FENCE;

    if (options_read(&options, argv, false, &err) < 0)
        print_error("%s", err.message);
    else if (options.help)
        status = text_help_profile();
    else if (misplaced(&options))
        print_error("fence profile starts nothing: leave out %s", misplaced(&options));
    else if (options.string && options.words[0])
        print_error("-c takes one string, and no further words: put them into it");
    else
        status = profile(&options);
    options_deinit(&options);
    return status;
}
