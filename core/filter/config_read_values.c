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

int read_device(struct reader *r, const char *text, size_t index, size_t field)
{
    if (strncmp(text, "/dev/", 5) != 0 || text[5] == '\0' || strstr(text, "/."))
        return fail_value(r, text, "a device is a path below /dev, such as /dev/kvm");
    return read_text(r, text, index, field);
}

int read_mach_name(struct reader *r, const char *text, size_t index, size_t field)
{
    static const char known[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";
    size_t len = strspn(text, known), more = text[len] == '*';

    if (len + more == 0 || text[len + more] || len >= LIMIT_MACH_NAME)
        return fail_value(r, text,
                          "a service's name has up to 127 letters, digits, '.', '-', '_' and '@', "
                          "and may end with '*'");
    return read_text(r, text, index, field);
}

int read_device_mode(struct reader *r, const cJSON *value)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "none";

    if (strcmp(text, "host") == 0)
        return fail_here(r, false,
                         ": \"host\" opens disks and memory as well: name what is needed in "
                         "devices.allow");
    if (!*text || strcmp(text, "auto") == 0 || strcmp(text, "minimal") == 0)
        return 0;
    return fail_type(r, value, "\"auto\" or \"minimal\"");
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

/* "auto", "minimal" or "host" */
static void list_words(char *out, size_t cap, const char *words)
{
    const char *word = words;
    size_t len = 0;

    while (*word && len < cap) {
        const char *next = word + strlen(word) + 1;
        const char *before = word == words ? "" : *next ? ", " : " or ";

        len += (size_t)snprintf(out + len, cap - len, "%s\"%s\"", before, word);
        word = next;
    }
}

int read_choice(struct reader *r, const cJSON *value, size_t field, const char *words)
{
    unsigned char *choice = (void *)((char *)r->config + field);
    const char *text = cJSON_IsString(value) ? value->valuestring : NULL, *word = words;
    char wanted[80];
    unsigned char index = 0;

    if (text && !*text) {
        *choice = 0;
        return 0;
    }
    for (; text && *word; word += strlen(word) + 1) {
        if (strcmp(word, text) == 0) {
            *choice = index;
            return 0;
        }
        index++;
    }
    list_words(wanted, sizeof wanted, words);
    return fail_type(r, value, wanted);
}

int read_never(struct reader *r, const cJSON *value, const char *why)
{
    if (!cJSON_IsBool(value))
        return fail_type(r, value, "true or false");
    if (cJSON_IsTrue(value))
        return fail_here(r, true, ": %s: remove it, or set it to false", why);
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
