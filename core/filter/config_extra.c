/* SPDX-License-Identifier: Apache-2.0
 * config_extra.c - values from the command line, behind those of the file; then the last touch. */
#include "base/error.h"
#include "filter/config_build.h"

static const char write_key[] = "filesystem.allowWrite";
static const char deny_read_key[] = "filesystem.denyRead";
static const char deny_write_key[] = "filesystem.denyWrite";
static const char nested_key[] = "allowNested";
static const char new_session_key[] = "forceNewSession";
static const char other_owners_key[] = "filesystem.allowOtherOwners";

size_t config_count_extra(const fence_setting *extra, size_t nextra, const char *key)
{
    size_t count = 0;

    for (size_t i = 0; i < nextra; i++)
        count += extra[i].key && strcmp(extra[i].key, key) == 0;
    return count;
}

static int fail_extra(fence_error *err, const fence_setting *setting, const char *why)
{
    char origin[64], value[160];

    str_escape(origin, sizeof origin, str_of(setting->origin));
    str_escape(value, sizeof value, str_of(setting->value));
    return fail(err, FENCE_ECONFIG, "%s: '%s': %s", origin, value, why);
}

/* "--allow example.com", kept for the decisions it will make. */
static int add_origin(struct config_domains *list, const fence_setting *setting)
{
    size_t origin_len = strlen(setting->origin), value_len = strlen(setting->value);
    char **origins = config_grow(list->origins, list->norigins, sizeof *origins);
    char *text;

    if (!origins)
        return -ENOMEM;
    list->origins = origins;
    text = malloc(origin_len + 1 + value_len + 1);
    if (!text)
        return -ENOMEM;
    memcpy(text, setting->origin, origin_len);
    text[origin_len] = ' ';
    memcpy(text + origin_len + 1, setting->value, value_len + 1);
    origins[list->norigins++] = text;
    return 0;
}

static int set_switch(bool *out, struct str value, const char **why)
{
    if (!str_equal(value, STR("true"))) {
        *why = "this key takes true alone from outside the file";
        return -EINVAL;
    }
    *out = true;
    return 0;
}

static int add_extra(struct fence_config *config, const fence_setting *setting, const char **why)
{
    struct config_domains *list = NULL;
    struct str value = str_of(setting->value);
    int rc;

    if (strcmp(setting->key, write_key) == 0)
        return config_add_write(config, value, why);
    if (strcmp(setting->key, deny_read_key) == 0)
        return config_add_text(&config->deny_read, value, why);
    if (strcmp(setting->key, deny_write_key) == 0)
        return config_add_text(&config->deny_write, value, why);
    if (strcmp(setting->key, nested_key) == 0)
        return set_switch(&config->allow_nested, value, why);
    if (strcmp(setting->key, new_session_key) == 0)
        return set_switch(&config->force_new_session, value, why);
    if (strcmp(setting->key, other_owners_key) == 0)
        return set_switch(&config->allow_other_owners, value, why);
    if (strcmp(setting->key, config->allowed.key) == 0)
        list = &config->allowed;
    else if (strcmp(setting->key, config->denied.key) == 0)
        list = &config->denied;
    if (!list) {
        *why = "this key takes no value from outside the file";
        return -EINVAL;
    }
    rc = config_add_domain(config, list, value, list->parts.total + (uint32_t)list->norigins, why);
    return rc < 0 ? rc : add_origin(list, setting);
}

/* A list that the file did not have. */
static int ensure_set(struct domains **set, size_t expected)
{
    if (!*set)
        *set = domains_new(expected);
    return *set ? 0 : -ENOMEM;
}

static int ensure_sets(struct fence_config *config, const fence_setting *extra, size_t nextra)
{
    struct config_domains *lists[] = {&config->allowed, &config->denied, &config->no_proxy};

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (ensure_set(&lists[i]->set, config_count_extra(extra, nextra, lists[i]->key)) < 0)
            return -ENOMEM;
    }
    if (ensure_set(&config->allowed_addresses.set, 0) < 0)
        return -ENOMEM;
    return ensure_set(&config->denied_addresses.set, 0);
}

static int compile_sets(struct fence_config *config)
{
    struct domains *sets[] = {config->allowed.set, config->denied.set, config->no_proxy.set,
                              config->allowed_addresses.set, config->denied_addresses.set};

    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        if (domains_compile(sets[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

int config_finish(struct fence_config *config, const fence_setting *extra, size_t nextra,
                  fence_error *err)
{
    if (ensure_sets(config, extra, nextra) < 0 || config_finish_upstream(config) < 0)
        return fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < nextra; i++) {
        const char *why = NULL;
        int rc;

        if (!extra[i].origin || !extra[i].key || !extra[i].value)
            return fail(err, -EINVAL, "setting %zu lacks its origin, its key or its value", i);
        rc = add_extra(config, &extra[i], &why);
        if (rc == -EINVAL)
            return fail_extra(err, &extra[i], why);
        if (rc < 0)
            return fail(err, rc, "out of memory");
    }
    return compile_sets(config) < 0 ? fail(err, -ENOMEM, "out of memory") : 0;
}
