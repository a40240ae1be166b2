/* SPDX-License-Identifier: Apache-2.0
 * config.c - JSON to struct config, by the table of config_keys.c.
 *
 * A key that is known but not built yet is taken with the value that asks for nothing, and refused
 * with any other: a rule that is read and ignored would be a hole. cJSON looks keys up without
 * case and lets duplicates pass, so its case-blind look-up is never used, and jsonc.c has checked
 * the text before it. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "filter/config_keys.h"
#include "filter/config_reader.h"

/* ---- keys ---- */

static int fail_unknown(struct reader *r, const char *section, struct str name)
{
    const struct key *nearest = key_nearest(section, name);
    char escaped[80];

    str_escape(escaped, sizeof escaped, name);
    if (!nearest)
        return fail_here(r, true, ": unknown key '%s'", escaped);
    return fail_here(r, true, ": unknown key '%s'; did you mean '%s'?", escaped,
                     key_below(nearest, section) ? key_name(nearest).bytes : nearest->path);
}

/* ---- values ---- */

static int read_domain(struct reader *r, const char *text, size_t index, size_t field)
{
    struct config_domains *list = (void *)((char *)r->config + field);
    const char *why = NULL;
    int rc = config_add_domain(r->config, list, str_of(text),
                               list->parts.from[r->at] + (uint32_t)index, &why);

    if (rc == -EINVAL)
        return fail_value(r, text, why);
    return rc < 0 ? fail_memory(r) : 0;
}

static int read_domains(struct reader *r, const cJSON *value, size_t field)
{
    struct config_domains *list = (void *)((char *)r->config + field);
    size_t count = (size_t)cJSON_GetArraySize(value);

    read_part(r, &list->parts, count);
    if (!list->set)
        list->set = domains_new(count + config_count_extra(r->extra, r->nextra, list->key));
    if (!list->set)
        return fail_memory(r);
    return read_list(r, value, field, read_domain);
}

static int read_address(struct reader *r, const char *text, size_t index, size_t field)
{
    struct config_cidrs *list = (void *)((char *)r->config + field);
    const char *why = NULL;
    int rc = config_add_address(r->config, list, str_of(text),
                                list->parts.from[r->at] + (uint32_t)index, &why);

    if (rc == -EINVAL)
        return fail_value(r, text, why);
    return rc < 0 ? fail_memory(r) : 0;
}

static int read_addresses(struct reader *r, const cJSON *value, size_t field)
{
    struct config_cidrs *list = (void *)((char *)r->config + field);

    size_t count = (size_t)cJSON_GetArraySize(value);

    read_part(r, &list->parts, count);
    if (!list->set)
        list->set = domains_new(count);
    if (!list->set)
        return fail_memory(r);
    return read_list(r, value, field, read_address);
}

/* What a file asks, and what it extends, is asked once. */
static bool has_policy(const struct fence_config *config, const char *path)
{
    bool found = false;

    for (size_t i = 0; i < config->npolicies; i++)
        found = found || strcmp(config->policies[i], path) == 0;
    return found;
}

/* A policy lies beside the file that names it. */
static int read_policy(struct reader *r, const char *text, size_t index, size_t field)
{
    auto_free char *path = config_link_path(&r->chain->links[r->at], text);
    const char *why = NULL;
    int rc = -ENOMEM;

    (void)index;
    (void)field;
    if (path && r->chain->count > 1 && has_policy(r->config, path))
        return 0;
    if (path)
        rc = config_add_policy(r->config, str_of(path), &why);
    if (rc == -EINVAL)
        return fail_value(r, text, why);
    return rc < 0 ? fail_memory(r) : 0;
}

static int read_path(struct reader *r, const char *text, size_t index, size_t field)
{
    const char *why = NULL;
    int rc = config_add_write(r->config, str_of(text), &why);

    (void)index;
    (void)field;
    if (rc == -EINVAL)
        return fail_value(r, text, why);
    return rc < 0 ? fail_memory(r) : 0;
}

/* It may hold a password: what is wrong with it is said, not what it is. */
static int read_upstream(struct reader *r, const cJSON *value)
{
    const char *why = NULL;
    int rc = config_set_upstream(r->config, str_of(value->valuestring), &why);

    if (rc == -EINVAL)
        return fail_here(r, false, ": %s", why);
    return rc < 0 ? fail_memory(r) : 0;
}

static int read_section(struct reader *r, const cJSON *object, const char *section);

static int read_value(struct reader *r, const cJSON *value, const struct key *key)
{
    static const char strings[] = "a list of strings";

    switch (key->kind) {
    case KEY_SECTION:
        return read_section(r, value, key->path);
    case KEY_COMMENT:
    case KEY_EXTENDS:
        return cJSON_IsString(value) ? 0 : fail_type(r, value, "a string");
    case KEY_SWITCH:
        return read_switch(r, value, key->field);
    case KEY_LOCK:
        return read_lock(r, value, key->field);
    case KEY_DOMAINS:
        return cJSON_IsArray(value) ? read_domains(r, value, key->field)
                                    : fail_type(r, value, strings);
    case KEY_ADDRESSES:
        return cJSON_IsArray(value) ? read_addresses(r, value, key->field)
                                    : fail_type(r, value, strings);
    case KEY_HOSTS:
        return cJSON_IsObject(value) ? read_hosts(r, value)
                                     : fail_type(r, value, "an object: names and their addresses");
    case KEY_RULES:
        return cJSON_IsArray(value) ? read_rules(r, value) : fail_type(r, value, "a list of rules");
    case KEY_POLICIES:
        return cJSON_IsArray(value) ? read_list(r, value, 0, read_policy)
                                    : fail_type(r, value, strings);
    case KEY_FREE:
        return cJSON_IsObject(value)
                   ? read_free(r, value)
                   : fail_type(r, value, "an object: policies and their settings");
    case KEY_PATHS:
        return cJSON_IsArray(value) ? read_list(r, value, 0, read_path)
                                    : fail_type(r, value, strings);
    case KEY_TEXTS:
        return cJSON_IsArray(value) ? read_list(r, value, key->field, read_text)
                                    : fail_type(r, value, strings);
    case KEY_DEVICES:
        return cJSON_IsArray(value) ? read_list(r, value, key->field, read_device)
                                    : fail_type(r, value, strings);
    case KEY_DEVICE_MODE:
        return read_device_mode(r, value);
    case KEY_ENV_NAMES:
        return cJSON_IsArray(value) ? read_list(r, value, key->field, read_env_name)
                                    : fail_type(r, value, strings);
    case KEY_COMMANDS:
        return cJSON_IsArray(value) ? read_list(r, value, key->field, read_command)
                                    : fail_type(r, value, strings);
    case KEY_PORTS:
        return cJSON_IsArray(value) ? read_ports(r, value, key->field)
                                    : fail_type(r, value, "a list of ports");
    case KEY_PORT:
        return read_proxy_port(r, value, key->field);
    case KEY_VARIABLES:
        return cJSON_IsObject(value) ? read_variables(r, value, key->field)
                                     : fail_type(r, value, "an object: variables and their values");
    case KEY_UPSTREAM:
        return cJSON_IsString(value) ? read_upstream(r, value)
                                     : fail_type(r, value, "a proxy's URL as a string");
    case KEY_SECONDS:
        return read_seconds(r, value, key->field);
    case KEY_CHOICE:
        return read_choice(r, value, key->field, key->word);
    case KEY_EITHER:
        return read_either(r, value, key->field, key->word);
    case KEY_MACH_NAMES:
        return cJSON_IsArray(value) ? read_list(r, value, key->field, read_mach_name)
                                    : fail_type(r, value, strings);
    case KEY_NEVER:
        return read_never(r, value, key->word);
    }
    return fail_memory(r); /* not reached: every kind has its case */
}

static int read_section(struct reader *r, const cJSON *object, const char *section)
{
    const cJSON *member;
    int rc;

    if (!cJSON_IsObject(object))
        return fail_type(r, object, "an object");
    rc = check_duplicates(r, object);
    if (rc < 0)
        return rc;
    cJSON_ArrayForEach(member, object)
    {
        struct str name = str_of(member->string);
        const struct key *key = key_find(section, name);

        r->path[r->depth++] = (struct jsonc_step){member->string, 0};
        rc = key ? read_value(r, member, key) : fail_unknown(r, section, name);
        if (rc < 0)
            return rc;
        r->depth--;
    }
    return 0;
}

/* ---- contradictions ---- */

/* A rule that one list allows and the other denies, in the same words and the same file: deny would
 * win, but whoever wrote both cannot have meant it. What extends it, and the command line, may
 * contradict a file. */
static int check_list(struct reader *r, const char *denied, const struct domains *allowed,
                      const char *allowed_key, const struct config_parts *parts)
{
    const cJSON *json = r->chain->links[r->at].json, *item;
    const cJSON *network = cJSON_GetObjectItemCaseSensitive(json, "network");
    size_t index = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(network, denied))
    {
        uint32_t rule = domains_find(allowed, str_of(item->valuestring)) - parts->from[r->at];

        r->path[0] = (struct jsonc_step){"network", 0};
        r->path[1] = (struct jsonc_step){denied, 0};
        r->path[2] = (struct jsonc_step){NULL, index++};
        r->depth = 3;
        if (rule < parts->count[r->at])
            return fail_here(r, false, ": %s[%u] allows what this denies: remove one", allowed_key,
                             rule);
    }
    return 0;
}

static int check_contradictions(struct reader *r)
{
    const struct fence_config *c = r->config;
    int rc = check_list(r, "deniedDomains", c->allowed.set, c->allowed.key, &c->allowed.parts);

    if (rc < 0)
        return rc;
    return check_list(r, "deniedAddresses", c->allowed_addresses.set, c->allowed_addresses.key,
                      &c->allowed_addresses.parts);
}

/* ---- the whole ---- */

static void config_cleanup(struct fence_config **config)
{
    fence_config_unref(*config);
}
#define auto_config __attribute__((cleanup(config_cleanup)))

/* What is extended comes first, so that what extends it has the last word. */
static int read_chain(struct reader *r)
{
    int rc = 0;

    for (r->at = r->chain->count; rc == 0 && r->at-- > 0;)
        rc = read_section(r, r->chain->links[r->at].json, "");
    return rc;
}

static int check_chain(struct reader *r)
{
    int rc = 0;

    for (r->at = r->chain->count; rc == 0 && r->at-- > 0;)
        rc = check_contradictions(r);
    if (rc == 0 && r->chain->count > 0)
        rc = check_local_ports(r);
    if (rc == 0 && r->chain->count > 0)
        rc = check_proxy_ports(r);
    return rc == 0 ? check_default_action(r) : rc;
}

/* The names, for the rules that stand there. */
static void keep_sources(struct fence_config *config, struct config_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        config->sources[i] =
            (struct config_source){chain->links[i].kind, take(&chain->links[i].name)};
    config->nsources = chain->count;
}

int config_build(struct fence_config **out, struct config_link *settings,
                 const fence_setting *extra, size_t nextra, fence_error *err)
{
    auto_config struct fence_config *config = config_new();
    auto_chain struct config_chain chain = {.count = 0};
    struct reader r = {
        .config = config, .chain = &chain, .extra = extra, .nextra = nextra, .err = err};
    int rc = 0;

    if (!config)
        return fail_memory(&r);
    if (settings)
        rc = config_chain_load(&chain, settings, err);
    if (rc == 0)
        rc = read_chain(&r);
    if (rc == 0)
        rc = config_finish(config, extra, nextra, err);
    if (rc == 0)
        rc = check_chain(&r);
    if (rc == 0)
        rc = check_commands(&r);
    if (rc < 0)
        return rc;
    keep_sources(config, &chain);
    *out = take(&config);
    return 0;
}
