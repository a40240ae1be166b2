/* SPDX-License-Identifier: Apache-2.0
 * policies.c - the policies that the command line names. */
#include <stddef.h>

#include "cli/cli.h"

static int load_each(fence_policy *policy, const struct options *options, fence_error *err)
{
    for (size_t i = 0; i < options->npolicies; i++) {
        int rc = fence_policy_load(policy, options->policies[i], err);

        if (rc < 0)
            return rc;
    }
    return 0;
}

int load_policies(fence_policy **out, const struct options *options)
{
    fence_policy *policy = NULL;
    fence_error err = {0};

    *out = NULL;
    if (options->npolicies == 0)
        return 0;
    if (fence_policy_new(&policy, &err) == 0 && load_each(policy, options, &err) == 0) {
        *out = policy;
        return 0;
    }
    print_error("%s", err.message);
    fence_policy_unref(policy);
    return -1;
}
