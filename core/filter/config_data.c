/* SPDX-License-Identifier: Apache-2.0
 * config_data.c - the finished configuration: counting, looking up, naming. Changes nothing but
 * the count, so threads may share one. */
#include <cjson/cJSON.h>

#include <stdio.h>

#include "base/limits.h"
#include "filter/config_build.h"

struct fence_config *config_new(void)
{
    struct fence_config *config = calloc(1, sizeof *config);

    if (!config)
        return NULL;
    atomic_init(&config->refs, 1);
    config->tls_name_check = true;
    config->denied_names_resolve = true;
    config->proxy_variables = true;
    config->commands.use_defaults = true;
    config->env_inherit = true;
    config->http_port = CONFIG_HTTP_PORT;
    config->socks_port = CONFIG_SOCKS_PORT;
    config->allowed.key = "network.allowedDomains";
    config->denied.key = "network.deniedDomains";
    config->no_proxy.key = "network.noProxy";
    config->allowed_addresses.key = "network.allowedAddresses";
    config->denied_addresses.key = "network.deniedAddresses";
    return config;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void config_free(struct fence_config *config)
{
    struct config_texts *texts[] = {
        &config->deny_write,       &config->allow_read,   &config->deny_read,
        &config->allow_execute,    &config->unix_sockets, &config->env_allow,
        &config->env_deny,         &config->env_set,      &config->ssh.allowed_hosts,
        &config->ssh.denied_hosts, &config->devices,      &config->mach_lookup,
        &config->mach_register};
    struct config_domains *lists[] = {&config->allowed, &config->denied, &config->no_proxy};

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        domains_free(lists[i]->set);
        free_texts(lists[i]->origins, lists[i]->norigins);
    }
    explicit_bzero(&config->upstream, sizeof config->upstream); /* it may hold a password */
    domains_free(config->allowed_addresses.set);
    domains_free(config->denied_addresses.set);
    request_rules_deinit(&config->rules);
    free(config->pins);
    free(config->literals);
    free_texts(config->policies, config->npolicies);
    if (config->policy_settings)
        cJSON_Delete(config->policy_settings);
    free_texts(config->allow_write, config->nallow_write);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free_texts(texts[i]->items, texts[i]->count);
    free(config->local_ports.items);
    command_rules_deinit(&config->commands.deny);
    command_rules_deinit(&config->commands.allow);
    command_rules_deinit(&config->ssh.allowed_commands);
    command_rules_deinit(&config->ssh.denied_commands);
    free(config->local_ports.places);
    for (size_t i = 0; i < config->nsources; i++)
        free(config->sources[i].name);
    free(config);
}

fence_config *fence_config_ref(fence_config *config)
{
    atomic_fetch_add_explicit(&config->refs, 1, memory_order_relaxed);
    return config;
}

fence_config *fence_config_unref(fence_config *config)
{
    if (config && atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel) == 1)
        config_free(config);
    return NULL;
}

const char *fence_config_policy(const fence_config *config, size_t index)
{
    return index < config->npolicies ? config->policies[index] : NULL;
}

bool config_needs_literal(const struct addr *addr)
{
    enum addr_class class = addr_classify(addr);

    return class == ADDR_METADATA || class == ADDR_UNSPECIFIED;
}

int config_compare_pins(const void *a, const void *b)
{
    const struct config_pin *left = a, *right = b;

    return strcmp(left->name.text, right->name.text);
}

const struct addr *config_pinned(const struct fence_config *config, const struct host *name)
{
    size_t from = 0, to = config->npins;

    if (name->is_addr)
        return NULL;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct config_pin *pin = &config->pins[middle];
        int order = strcmp(name->text, pin->name.text);

        if (order == 0)
            return &pin->addr;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const struct upstream *config_upstream(const struct fence_config *config, const struct host *host,
                                       uint16_t port)
{
    if (config->upstream.kind == UPSTREAM_NONE || config_pinned(config, host) ||
        domains_match(config->no_proxy.set, host, port) != DOMAINS_NO_RULE)
        return NULL;
    return &config->upstream;
}

int fence_config_new_session(const fence_config *config)
{
    return config->force_new_session;
}

/* ---- names for people ---- */

const char *fence_config_source(const fence_config *config, size_t index)
{
    return index < config->nsources ? config->sources[index].name : NULL;
}

const char *fence_config_file(const fence_config *config, size_t index)
{
    for (size_t i = 0; i < config->nsources; i++) {
        if (config->sources[i].kind == CONFIG_FILE && index-- == 0)
            return config->sources[i].name;
    }
    return NULL;
}

/* " of template code"; nothing for the settings themselves. Of a long path the end says more. */
static void append_source(char *out, size_t cap, const struct config_source *source)
{
    size_t len = strlen(out), room = cap - len, skip = 0;
    char name[LIMIT_PATH];
    size_t name_len = str_escape(name, sizeof name, str_of(source->name));

    if (name_len + sizeof " of " > room && room > sizeof " of ...")
        skip = name_len - (room - sizeof " of ...");
    snprintf(out + len, room, " of %s%s", skip > 0 ? "..." : "", name + skip);
}

void config_place_name(char *out, size_t cap, const struct fence_config *config, const char *key,
                       struct config_place place)
{
    bool is_said = place.source > 0;

    snprintf(out, cap, "%s[%u]", key, place.index);
    if (place.source >= config->nsources)
        return;
    is_said = is_said || config->sources[place.source].kind == CONFIG_TEMPLATE;
    if (is_said)
        append_source(out, cap, &config->sources[place.source]);
}

void config_entry_name(char *out, size_t cap, const struct fence_config *config, const char *key,
                       const struct config_parts *parts, size_t index)
{
    struct config_place place = {.source = 0, .index = (uint32_t)index};

    for (uint32_t i = 0; i < config->nsources; i++) {
        if (index >= parts->from[i] && index - parts->from[i] < parts->count[i])
            place = (struct config_place){i, (uint32_t)index - parts->from[i]};
    }
    config_place_name(out, cap, config, key, place);
}

void config_rule_name(char *out, size_t cap, const struct fence_config *config,
                      const struct config_domains *list, uint32_t index)
{
    uint32_t origin = index - list->parts.total;

    if (index < list->parts.total || origin >= list->norigins)
        config_entry_name(out, cap, config, list->key, &list->parts, index);
    else
        str_escape(out, cap, str_of(list->origins[origin]));
}
