/* SPDX-License-Identifier: Apache-2.0
 * cmd_policy_test.c - `fence policy test`: which policies, which settings, which tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/policy_test.h"
#include "cli/text.h"

#define EXIT_FAILED 1
#define EXIT_ERROR  2

/* team.lua is tested by team_test.lua beside it. NULL: out of memory. */
static char *tests_of(const char *policy)
{
    static const char suffix[] = "_test.lua";
    size_t len = strlen(policy);
    char *path = malloc(len + sizeof suffix);

    if (!path)
        return NULL;
    if (len > 4 && strcmp(policy + len - 4, ".lua") == 0)
        len -= 4;
    memcpy(path, policy, len);
    memcpy(path + len, suffix, sizeof suffix);
    return path;
}

/* The settings are those that are named: what a test says must not depend on whose home it is in.
 */
static int run_tests(struct options *options, struct report *report, fence_error *err)
{
    char *found = tests_of(options->words[0]);
    char *only[] = {found, NULL}, **path = options->words[1] ? options->words + 1 : only;
    struct rules rules;
    int rc;

    options->policies[options->npolicies++] = options->words[0]; /* behind those of --policy */
    /* with the policies, for nothing: what is wrong with them comes first */
    rc = rules_load_again(&rules, options->settings ? options->settings : "", options, err);
    for (; rc == 0 && *path; path++)
        rc = test_file_run(*path, &rules, options, report, err);
    rules_unload(&rules);
    free(found);
    return rc;
}

static int test(struct options *options)
{
    struct report report;
    fence_error err = {0};
    int status = EXIT_ERROR;

    if (report_begin(&report, options->json) < 0)
        print_error("out of memory");
    else if (run_tests(options, &report, &err) < 0)
        print_error("%s", err.message);
    else if (report_end(&report) < 0)
        print_error("cannot write to standard output");
    else
        status = report.failed > 0 ? EXIT_FAILED : 0;
    report_free(&report);
    return status;
}

int cmd_policy_test(char **argv)
{
    struct options options = {0};
    fence_error err;
    int status = EXIT_ERROR;

    if (options_read_anywhere(&options, argv, true, &err) < 0)
        print_error("%s", err.message);
    else if (options.help)
        status = text_help_policy();
    else if (options_of_runs(&options))
        print_error("fence policy test decides once: leave out %s", options_of_runs(&options));
    else if (!options.words[0])
        print_error("fence policy test FILE [TEST...]: see fence policy --help");
    else
        status = test(&options);
    options_deinit(&options);
    return status;
}
