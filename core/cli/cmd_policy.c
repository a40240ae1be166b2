/* SPDX-License-Identifier: Apache-2.0
 * cmd_policy.c - `fence policy`: chooses what is done with policies, and does `check`, which loads
 * them as a run would and nothing else. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

/* Each by itself, so that every wrong one is named. */
static int check(const char *path)
{
    fence_policy *policy = NULL;
    fence_error err = {0};
    int status = 0;

    if (fence_policy_new(&policy, &err) < 0 || fence_policy_load(policy, path, &err) < 0) {
        print_error("%s", err.message);
        status = EXIT_FENCE;
    }
    fence_policy_unref(policy);
    return status;
}

int cmd_policy(char **argv)
{
    int status = 0;

    if (argv[0] && (strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "--help") == 0))
        return text_help_policy();
    if (argv[0] && strcmp(argv[0], "test") == 0)
        return cmd_policy_test(argv + 1);
    if (!argv[0] || strcmp(argv[0], "check") != 0 || !argv[1]) {
        print_error("fence policy check FILE..., or test FILE: see fence policy --help");
        return EXIT_FENCE;
    }
    for (char **path = argv + 1; *path; path++) {
        if (check(*path) != 0)
            status = EXIT_FENCE;
    }
    return status;
}
