/* SPDX-License-Identifier: Apache-2.0
 * config_read_rules.c - network.rules from JSON: an array of objects, each a table of members. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "filter/config_reader.h"

/* ---- members ---- */

typedef int (*set_text)(struct request_rule *rule, struct str text, const char **why);

static int outcome(struct reader *r, int rc, const char *why)
{
    if (rc == -EINVAL)
        return fail_here(r, false, ": %s", why);
    return rc < 0 ? fail_memory(r) : 0;
}

static int read_rule_text(struct reader *r, const cJSON *value, struct request_rule *rule,
                          set_text set)
{
    const char *why = NULL;
    int rc;

    if (!cJSON_IsString(value))
        return fail_type(r, value, "a string");
    rc = set(rule, str_of(value->valuestring), &why);
    if (rc == -EINVAL)
        return fail_value(r, value->valuestring, why);
    return outcome(r, rc, why);
}

static int read_port(struct reader *r, const cJSON *value, struct request_rule *rule)
{
    const char *why = NULL;
    int rc;

    if (cJSON_IsString(value))
        return read_rule_text(r, value, rule, config_rule_ports);
    if (!cJSON_IsNumber(value))
        return fail_type(r, value, "a port, a range such as \"8000-8999\", or a list of them");
    rc = config_rule_port(rule, value->valuedouble, &why);
    return outcome(r, rc, why);
}

static int read_method(struct reader *r, const cJSON *value, struct request_rule *rule)
{
    return read_rule_text(r, value, rule, config_rule_method);
}

/* One value, or a list of them. An empty list could mean all or none. */
static int read_each(struct reader *r, const cJSON *value, struct request_rule *rule,
                     int (*read)(struct reader *, const cJSON *, struct request_rule *))
{
    const cJSON *item;
    size_t index = 0;

    if (!cJSON_IsArray(value))
        return read(r, value, rule);
    if (!value->child)
        return fail_here(r, false, ": an empty list matches nothing: leave the key out for all");
    cJSON_ArrayForEach(item, value)
    {
        int rc;

        r->path[r->depth++] = (struct jsonc_step){NULL, index++};
        rc = read(r, item, rule);
        if (rc < 0)
            return rc;
        r->depth--;
    }
    return 0;
}

static int read_rule_ports(struct reader *r, const cJSON *value, struct request_rule *rule)
{
    return read_each(r, value, rule, read_port);
}

static int read_methods(struct reader *r, const cJSON *value, struct request_rule *rule)
{
    return read_each(r, value, rule, read_method);
}

static int read_action(struct reader *r, const cJSON *value, struct request_rule *rule)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "";

    rule->allows = strcmp(text, "allow") == 0;
    if (!rule->allows && strcmp(text, "deny") != 0)
        return fail_type(r, value, "\"allow\" or \"deny\"");
    return 0;
}

/* ---- a rule ---- */

struct member {
    const char *name;
    bool needed;
    set_text text; /* of a string; or NULL, and then */
    int (*read)(struct reader *r, const cJSON *value, struct request_rule *rule);
};

static const struct member members[] = {
    {"host", true, config_rule_host, NULL},       {"port", false, NULL, read_rule_ports},
    {"scheme", false, config_rule_scheme, NULL},  {"method", false, NULL, read_methods},
    {"path", false, config_rule_path, NULL},      {"action", true, NULL, read_action},
    {"message", false, config_rule_message, NULL}};

static const struct member *find_member(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    }
    return NULL;
}

static int read_members(struct reader *r, const cJSON *object, struct request_rule *rule)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, object)
    {
        const struct member *member = find_member(item->string);
        int rc;

        r->path[r->depth++] = (struct jsonc_step){item->string, 0};
        if (!member)
            return fail_here(r, true,
                             ": a rule has host, port, scheme, method, path, action and "
                             "message, and nothing else");
        rc = member->text ? read_rule_text(r, item, rule, member->text)
                          : member->read(r, item, rule);
        if (rc < 0)
            return rc;
        r->depth--;
    }
    return 0;
}

static int check_needed(struct reader *r, const cJSON *object)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *name = members[i].name;

        if (members[i].needed && !cJSON_GetObjectItemCaseSensitive(object, name))
            return fail_here(r, false, ": \"%s\" is missing%s", name,
                             strcmp(name, "host") == 0 ? "; \"*\" is every host" : "");
    }
    return 0;
}

static int read_rule(struct reader *r, const cJSON *object, struct request_rule *rule)
{
    const char *why = NULL;
    int rc;

    if (!cJSON_IsObject(object))
        return fail_type(r, object,
                         "an object: {\"host\": \"x.test\", \"action\": \"allow\" or \"deny\"}");
    rc = check_duplicates(r, object);
    if (rc == 0)
        rc = check_needed(r, object);
    if (rc == 0)
        rc = read_members(r, object, rule);
    if (rc < 0)
        return rc;
    rc = config_rule_check(rule, &why);
    return outcome(r, rc, why);
}

static bool joins_address(const struct request_rule *rule)
{
    return rule->host_kind == HOST_RULE && rule->host.kind == DOMAINS_NETWORK &&
           (rule->methods || rule->path);
}

int read_rules(struct reader *r, const cJSON *list)
{
    struct request_rules *rules = &r->config->rules;
    size_t count = (size_t)cJSON_GetArraySize(list), index = 0;
    struct request_rule *grown;
    const cJSON *item;

    if (count + rules->count > LIMIT_REQUEST_RULES)
        return fail_here(r, true,
                         ": has more than %d rules; lists of names belong into "
                         "allowedDomains and deniedDomains",
                         LIMIT_REQUEST_RULES);
    grown = reallocarray(rules->list, rules->count + count + 1, sizeof *grown);
    if (!grown)
        return fail_memory(r);
    rules->list = grown;
    memset(grown + rules->count, 0, (count + 1) * sizeof *grown);
    read_part(r, &r->config->rule_parts, count);
    cJSON_ArrayForEach(item, list)
    {
        struct request_rule *rule = &rules->list[rules->count++];
        int rc;

        r->path[r->depth++] = (struct jsonc_step){NULL, index++};
        rc = read_rule(r, item, rule);
        if (rc < 0)
            return rc;
        r->depth--;
        rules->by_address = rules->by_address || joins_address(rule);
    }
    return 0;
}
