/* SPDX-License-Identifier: Apache-2.0
 * load.c - the settings and policies that the command line names, or that are found. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define PATH_ROOM 4096 /* as PATH_MAX */

/* A path of the settings file lies beside it, wherever fence was started. */
static int beside(char out[PATH_ROOM], const char *settings, const char *path, fence_error *err)
{
    const char *slash = settings ? strrchr(settings, '/') : NULL;
    int folder = slash && path[0] != '/' ? (int)(slash + 1 - settings) : 0;

    if (snprintf(out, PATH_ROOM, "%.*s%s", folder, settings ? settings : "", path) < PATH_ROOM)
        return 0;
    err->code = -1;
    snprintf(err->message, sizeof err->message, "policies: a path is too long");
    return -1;
}

static int load_each(fence_policy *policy, const fence_config *config, const char *settings,
                     const struct options *options, fence_error *err)
{
    const char *path;
    char full[PATH_ROOM];

    for (size_t i = 0; (path = fence_config_policy(config, i)); i++) {
        if (beside(full, settings, path, err) < 0 || fence_policy_load(policy, full, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < options->npolicies; i++) {
        if (fence_policy_load(policy, options->policies[i], err) < 0)
            return -1;
    }
    return 0;
}

/* Writes the path of the settings, or "" for none. */
static int find_settings(char out[PATH_ROOM], const struct options *options, fence_error *err)
{
    if (!options->settings)
        return fence_config_find(out, PATH_ROOM, err);
    if (snprintf(out, PATH_ROOM, "%s", options->settings) < PATH_ROOM)
        return 0;
    snprintf(err->message, sizeof err->message, "the path of the settings is too long");
    return -1;
}

int load_policies(fence_policy **out, const fence_config *config, const char *settings,
                  const struct options *options, fence_error *err)
{
    fence_policy *policy;
    int rc;

    *out = NULL;
    if (options->npolicies == 0 && !fence_config_policy(config, 0))
        return 0;
    rc = fence_policy_new(&policy, err);
    if (rc < 0)
        return rc;
    if (load_each(policy, config, settings, options, err) < 0) {
        fence_policy_unref(policy);
        return -1;
    }
    *out = policy;
    return 0;
}

int load_rules(fence_config **config, fence_policy **policy, const struct options *options)
{
    char found[PATH_ROOM];
    const char *path;
    fence_error err = {0};
    int rc;

    *config = NULL;
    *policy = NULL;
    rc = find_settings(found, options, &err);
    path = found[0] || options->settings ? found : NULL;
    if (rc == 0)
        rc = fence_config_load(config, path, options->extra, options->nextra, &err);
    if (rc == 0)
        rc = load_policies(policy, *config, path, options, &err);
    if (rc == 0)
        return 0;
    print_error("%s", err.message);
    return -1;
}
