/* SPDX-License-Identifier: Apache-2.0
 * config_read_values.c - values of the kinds that need no table of their own: texts, ports,
 * variables, switches, times. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

#include "filter/config_reader.h"
#include "filter/env_pattern.h"

int read_text(struct reader *r, const char *text, size_t index, size_t field)
{
    const char *why = NULL;
    int rc = 0;

    (void)index;
    if (field != 0)
        rc = config_add_text((void *)((char *)r->config + field), str_of(text), &why);
    if (rc == -EINVAL)
        return fail_value(r, text, why);
    return rc < 0 ? fail_memory(r) : 0;
}

int read_env_name(struct reader *r, const char *text, size_t index, size_t field)
{
    const char *why = env_pattern_check(str_of(text));

    return why ? fail_value(r, text, why) : read_text(r, text, index, field);
}

int read_command(struct reader *r, const char *text, size_t index, size_t field)
{
    struct command_rules *rules = (void *)((char *)r->config + field);
    const char *why = NULL;
    int rc =
        rules->count < LIMIT_COMMAND_RULES ? command_rules_add(rules, str_of(text), &why) : -EINVAL;

    if (rc == 0) {
        rules->list[rules->count - 1].source = (uint32_t)r->at;
        rules->list[rules->count - 1].index = (uint32_t)index;
    }
    if (rc == -EINVAL)
        return fail_value(r, text, why ? why : "there are too many in this list");
    return rc < 0 ? fail_memory(r) : 0;
}

/* One that a file has, and what it extends, stands in the list once. */
static int add_port(struct reader *r, struct config_ports *list, uint16_t port, uint32_t index)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != port)
            continue;
        if (list->places[i].source == r->at)
            return fail_here(r, false, ": stands in the list twice: leave one out");
        return 0;
    }
    if (list->count == LIMIT_LOCAL_PORTS)
        return fail_here(r, false, ": is one of more than %d ports", LIMIT_LOCAL_PORTS);
    list->places[list->count] = (struct config_place){(uint32_t)r->at, index};
    list->items[list->count++] = port;
    return 0;
}

static int read_port(struct reader *r, const cJSON *item, struct config_ports *list, uint32_t index)
{
    double number = cJSON_IsNumber(item) ? item->valuedouble : -1;
    uint16_t port;

    if (!(number >= 1 && number <= 65535) || number != (uint16_t)number)
        return fail_here(r, false, ": must be a port, 1 to 65535");
    port = (uint16_t)number;
    if (port == CONFIG_HTTP_PORT || port == CONFIG_SOCKS_PORT)
        return fail_here(r, false, ": fence itself listens there: leave it out");
    return add_port(r, list, port, index);
}

int read_ports(struct reader *r, const cJSON *value, size_t field)
{
    struct config_ports *list = (void *)((char *)r->config + field);
    uint32_t index = 0;
    const cJSON *item;

    if (cJSON_GetArraySize(value) > LIMIT_LOCAL_PORTS)
        return fail_here(r, true, ": has more than %d ports", LIMIT_LOCAL_PORTS);
    if (!list->items)
        list->items = calloc(LIMIT_LOCAL_PORTS, sizeof *list->items);
    if (!list->places)
        list->places = calloc(LIMIT_LOCAL_PORTS, sizeof *list->places);
    if (!list->items || !list->places)
        return fail_memory(r);
    cJSON_ArrayForEach(item, value)
    {
        int rc;

        r->path[r->depth++] = (struct jsonc_step){NULL, index};
        rc = read_port(r, item, list, index++);
        if (rc < 0)
            return rc;
        r->depth--;
    }
    return 0;
}

/* The nearest word about a key of a section, which becomes the place that errors are
 * about; NULL where nobody has said one. */
static const cJSON *look_up(struct reader *r, const char *section, const char *key)
{
    r->path[0] = (struct jsonc_step){section, 0};
    r->path[1] = (struct jsonc_step){key, 0};
    r->depth = 2;
    for (r->at = 0; r->at < r->chain->count; r->at++) {
        const cJSON *object =
            cJSON_GetObjectItemCaseSensitive(r->chain->links[r->at].json, section);
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

        if (value)
            return value;
    }
    r->at = 0;
    return NULL;
}

/* The default list alone is held against what fence is given to run: its children have the walls.
 */
int check_commands(struct reader *r)
{
    struct commands *commands = &r->config->commands;
    const struct config_ssh *ssh = &r->config->ssh;
    bool hosts = ssh->allowed_hosts.count + ssh->denied_hosts.count > 0;
    bool more = ssh->allowed_commands.count + ssh->denied_commands.count > 0 ||
                ssh->allow_all_commands || ssh->inherit_deny;

    commands->held = commands->deny.count + commands->allow.count > 0 || hosts ||
                     cJSON_IsTrue(look_up(r, "command", "useDefaults"));
    r->path[0] = (struct jsonc_step){"ssh", 0};
    r->depth = 1;
    for (r->at = 0; more && r->at + 1 < r->chain->count; r->at++) {
        if (cJSON_GetObjectItemCaseSensitive(r->chain->links[r->at].json, "ssh"))
            break;
    }
    if (more && !hosts)
        return fail_here(r, true, ": holds nothing without hosts: add \"allowedHosts\": [\"*\"]");
    return 0;
}

/* Without a word about network.allowLocalOutbound, what network.allowLocalBinding says holds: the
 * ancestor's default. */
int check_local_ports(struct reader *r)
{
    struct fence_config *config = r->config;
    const cJSON *binding = look_up(r, "network", "allowLocalBinding");
    const cJSON *open = look_up(r, "network", "allowLocalOutbound");

    if (config->local_outbound && config->local_ports.count == 0)
        return fail_here(r, true,
                         ": opens nothing by itself: add the ports of this machine's services, "
                         "\"allowLocalOutboundPorts\": [5432]");
    config->local_outbound = config->local_outbound || (!open && cJSON_IsTrue(binding));
    if (config->local_outbound)
        return 0;
    if (config->local_ports.count > 0 && !open) {
        look_up(r, "network", "allowLocalOutboundPorts");
        return fail_here(r, true, ": opens nothing without \"allowLocalOutbound\": true");
    }
    config->local_ports.count = 0;
    return 0;
}

/* What is extended may have set it. */
static void forget_variable(struct config_texts *list, const char *name)
{
    size_t len = strlen(name), kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (strncmp(list->items[i], name, len) == 0 && list->items[i][len] == '=')
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* environment.set: "NAME=value" each. */
static int read_variable(struct reader *r, const cJSON *item, size_t field)
{
    auto_free char *text = NULL;

    if (!cJSON_IsString(item))
        return fail_type(r, item, "a string");
    if (!*item->string || strchr(item->string, '='))
        return fail_here(r, true, ": is no name for a variable");
    if (strcmp(item->string, "FENCE_SANDBOX") == 0)
        return fail_here(r, true, ": is what tells the command where it is: fence sets it");
    if (asprintf(&text, "%s=%s", item->string, item->valuestring) < 0) {
        text = NULL;
        return fail_memory(r);
    }
    forget_variable((void *)((char *)r->config + field), item->string);
    return read_text(r, text, 0, field);
}

int read_variables(struct reader *r, const cJSON *value, size_t field)
{
    const cJSON *item;
    int rc = check_duplicates(r, value);

    cJSON_ArrayForEach(item, value)
    {
        if (rc < 0)
            return rc;
        r->path[r->depth++] = (struct jsonc_step){item->string, 0};
        rc = read_variable(r, item, field);
        if (rc == 0)
            r->depth--;
    }
    return rc;
}

int read_switch(struct reader *r, const cJSON *value, size_t field)
{
    if (!cJSON_IsBool(value))
        return fail_type(r, value, "true or false");
    if (field != 0)
        *(bool *)((char *)r->config + field) = cJSON_IsTrue(value);
    return 0;
}

int read_lock(struct reader *r, const cJSON *value, size_t field)
{
    bool *lock = (void *)((char *)r->config + field);

    if (!cJSON_IsBool(value))
        return fail_type(r, value, "true or false");
    *lock = *lock || cJSON_IsTrue(value);
    return 0;
}

int read_seconds(struct reader *r, const cJSON *value, size_t field)
{
    uint32_t *seconds = (void *)((char *)r->config + field);
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;

    if (!(number >= 0 && number <= LIMIT_TUNNEL_S) || number != (uint32_t)number)
        return fail_here(r, false, ": must be a whole number of seconds, 0 to %d", LIMIT_TUNNEL_S);
    *seconds = (uint32_t)number;
    return 0;
}

int read_either(struct reader *r, const cJSON *value, size_t field, const char *words)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    const char *other = words + strlen(words) + 1;
    char wanted[64];

    if (field == 0 && cJSON_IsString(value) && !*text)
        return 0;
    if (strcmp(text, words) != 0 && strcmp(text, other) != 0) {
        snprintf(wanted, sizeof wanted, "\"%s\" or \"%s\"", words, other);
        return fail_type(r, value, wanted);
    }
    if (field != 0)
        *(bool *)((char *)r->config + field) = strcmp(text, words) == 0;
    return 0;
}
