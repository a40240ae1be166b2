/* SPDX-License-Identifier: Apache-2.0
 * load.c - the settings and policies that the command line names, or that are found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* A path of the settings file lies beside it, wherever fence was started. */
static int beside(char out[PATH_ROOM], const char *settings, const char *path)
{
    const char *slash = strrchr(settings, '/');
    int folder = slash && path[0] != '/' ? (int)(slash + 1 - settings) : 0;

    return snprintf(out, PATH_ROOM, "%.*s%s", folder, settings, path) < PATH_ROOM ? 1 : -1;
}

int rules_policy_path(char out[PATH_ROOM], const struct rules *rules, const struct options *options,
                      size_t index)
{
    const char *path;
    size_t named = 0;

    while ((path = fence_config_policy(rules->config, named))) {
        if (named++ == index)
            return beside(out, rules->settings, path);
    }
    if (index - named >= options->npolicies)
        return 0;
    path = options->policies[index - named];
    return snprintf(out, PATH_ROOM, "%s", path) < PATH_ROOM ? 1 : -1;
}

int rules_load_policies(struct rules *rules, const struct options *options, fence_error *err)
{
    char path[PATH_ROOM];
    int more = rules_policy_path(path, rules, options, 0);

    if (more > 0 && fence_policy_new(&rules->policy, err) < 0)
        return -1;
    if (more > 0)
        fence_policy_configure(rules->policy, rules->config);
    for (size_t i = 0; more > 0; more = rules_policy_path(path, rules, options, ++i)) {
        if (fence_policy_load(rules->policy, path, err) < 0)
            return -1;
    }
    if (more == 0)
        return 0;
    err->code = -1;
    snprintf(err->message, sizeof err->message, "policies: a path is too long");
    return -1;
}

int rules_find(char out[PATH_ROOM], const struct options *options, fence_error *err)
{
    out[0] = '\0';
    if (options->template)
        return 0;
    if (!options->settings)
        return fence_config_find(out, PATH_ROOM, err);
    if (snprintf(out, PATH_ROOM, "%s", options->settings) < PATH_ROOM)
        return 0;
    snprintf(err->message, sizeof err->message, "the path of the settings is too long");
    return -1;
}

static int load_from_there(struct rules *out, const struct options *options, fence_error *err)
{
    const char *path = out->settings[0] || options->settings ? out->settings : NULL;

    int rc = options->template
                 ? fence_config_template(&out->config, options->template, options->extra,
                                         options->nextra, err)
                 : fence_config_load(&out->config, path, options->extra, options->nextra, err);

    if (rc < 0)
        return -1;
    return rules_load_policies(out, options, err);
}

int rules_load(struct rules *out, const struct options *options, fence_error *err)
{
    *out = (struct rules){0};
    if (rules_find(out->settings, options, err) < 0)
        return -1;
    return load_from_there(out, options, err);
}

int rules_load_again(struct rules *out, const char *settings, const struct options *options,
                     fence_error *err)
{
    *out = (struct rules){0};
    snprintf(out->settings, sizeof out->settings, "%s", settings);
    return load_from_there(out, options, err);
}

void rules_unload(struct rules *rules)
{
    rules->policy = fence_policy_unref(rules->policy);
    rules->config = fence_config_unref(rules->config);
}

/* The file of that number among those that rules_files() lists; NULL behind the last. */
static const char *rules_file(const struct rules *rules, const struct options *options,
                              size_t index)
{
    size_t named = 0;

    while (rules->policy && fence_policy_file(rules->policy, named)) {
        if (named++ == index)
            return fence_policy_file(rules->policy, index);
    }
    return options->watch ? fence_config_file(rules->config, index - named) : NULL;
}

char **rules_files(const struct rules *rules, const struct options *options, fence_error *err)
{
    size_t count = 0, copied = 0;
    char **files;

    while (rules_file(rules, options, count))
        count++;
    files = calloc(count + 1, sizeof *files);
    for (; files && copied < count; copied++) {
        files[copied] = strdup(rules_file(rules, options, copied));
        if (!files[copied])
            break;
    }
    if (files && copied == count)
        return files;
    rules_files_free(files);
    snprintf(err->message, sizeof err->message, "out of memory");
    return NULL;
}

void rules_files_free(char **files)
{
    for (char **file = files; file && *file; file++)
        free(*file);
    free(files);
}
