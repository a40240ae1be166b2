/* SPDX-License-Identifier: Apache-2.0
 * config_values.c - single values of the configuration, wherever they were written: checked, then
 * added. Knows neither JSON nor files. */
#include <errno.h>

#include "filter/config_build.h"

/* Notes an address that only a literal opens, when `rule` is such a literal. */
static int note_literal(struct fence_config *config, struct str rule)
{
    struct config_literal *list = config->literals;
    struct config_literal literal = {.port = 0};
    struct host host;
    struct cidr network;

    if (rule.len == 0 ||
        (ascii_hex(rule.bytes[0]) < 0 && rule.bytes[0] != '[' && rule.bytes[0] != ':'))
        return 0; /* a name: the usual case, and there may be a million */
    if (!host_parse(&host, rule) || !host_parse_authority(&host, &literal.port, rule, 0)) {
        if (!host.is_addr)
            return 0;
        literal.addr = host.addr;
    } else if (!cidr_parse(&network, rule)) {
        if (network.bits != (network.base.family == 4 ? 32 : 128))
            return 0;
        literal.addr = network.base;
    } else {
        return 0;
    }
    if (!config_needs_literal(&literal.addr))
        return 0;
    list = config_grow(list, config->nliterals, sizeof *list);
    if (!list)
        return -ENOMEM;
    config->literals = list;
    list[config->nliterals++] = literal;
    return 0;
}

int config_add_domain(struct fence_config *config, struct config_domains *list, struct str rule,
                      uint32_t index, const char **why)
{
    int rc;

    if (index >= LIMIT_RULES) {
        *why = "there are too many rules in this list";
        return -EINVAL;
    }
    rc = domains_add(list->set, rule, index, why);
    if (rc < 0 || list != &config->allowed)
        return rc;
    return note_literal(config, rule);
}

int config_add_address(struct fence_config *config, struct config_cidrs *list, struct str rule,
                       uint32_t index, const char **why)
{
    struct cidr network;
    int rc;

    *why = index < LIMIT_RULES ? cidr_parse(&network, rule) : "there are too many in this list";
    if (*why)
        return -EINVAL;
    rc = domains_add(list->set, rule, index, why);
    if (rc < 0 || list != &config->allowed_addresses)
        return rc;
    return note_literal(config, rule);
}

int config_add_policy(struct fence_config *config, struct str path, const char **why)
{
    char **list;

    if (path.len == 0 || config->npolicies >= LIMIT_POLICIES) {
        *why = path.len == 0 ? "this is an empty path" : "there are more than 64 policies";
        return -EINVAL;
    }
    list = config_grow(config->policies, config->npolicies, sizeof *list);
    if (!list)
        return -ENOMEM;
    config->policies = list;
    list[config->npolicies] = strndup(path.bytes, path.len);
    if (!list[config->npolicies])
        return -ENOMEM;
    config->npolicies++;
    return 0;
}

int config_add_text(struct config_texts *list, struct str text, const char **why)
{
    char **items;

    if (text.len == 0 || list->count >= LIMIT_CONFIG_TEXTS) {
        *why = text.len == 0 ? "this is empty" : "there are too many in this list";
        return -EINVAL;
    }
    items = config_grow(list->items, list->count, sizeof *items);
    if (!items)
        return -ENOMEM;
    list->items = items;
    items[list->count] = strndup(text.bytes, text.len);
    if (!items[list->count])
        return -ENOMEM;
    list->count++;
    return 0;
}

/* Everything below a folder is the folder. */
static struct str without_deep_glob(struct str path)
{
    if (!str_has_suffix(path, STR("/**")))
        return path;
    return path.len == 3 ? STR("/") : str_slice(path, 0, path.len - 3);
}

int config_add_write(struct fence_config *config, struct str path, const char **why)
{
    auto_free char *copy = NULL;
    char **list;

    path = without_deep_glob(path);
    if (path.len == 0) {
        *why = "this is an empty path: the current folder is \".\"";
        return -EINVAL;
    }
    copy = strndup(path.bytes, path.len);
    if (!copy)
        return -ENOMEM;
    list = config_grow(config->allow_write, config->nallow_write, sizeof *list);
    if (!list)
        return -ENOMEM;
    config->allow_write = list;
    list[config->nallow_write++] = take(&copy);
    return 0;
}

const char *config_parse_pin(struct config_pin *out, struct str name, struct str addr)
{
    struct config_pin pin;
    struct host value;
    const char *why;

    if (str_find(name, '*') < name.len)
        return "a wildcard has no address of its own: write each name";
    why = host_parse_bare(&pin.name, name);
    if (why)
        return why;
    if (pin.name.is_addr)
        return "an address needs no line here: write a host name";
    if (host_parse_bare(&value, addr) || !value.is_addr)
        return "must have an IP address as its value, such as \"10.1.2.3\" or \"fd00::1\"";
    pin.addr = value.addr;
    *out = pin;
    return NULL;
}
