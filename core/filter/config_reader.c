/* SPDX-License-Identifier: Apache-2.0
 * config_reader.c - see config_reader.h. */
#include "filter/config_reader.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- errors ---- */

int fail_here(struct reader *r, bool at_key, const char *fmt, ...)
{
    const struct config_link *link = &r->chain->links[r->at];
    struct str source = {link->text, link->len};
    size_t at = jsonc_locate(source, r->path, r->depth, at_key);
    unsigned line, column;
    char name[160], path[120], text[280];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    jsonc_position(source, at, &line, &column);
    str_escape(name, sizeof name, str_of(link->name));
    config_format_path(path, sizeof path, r->path, r->depth);
    return fail(r->err, FENCE_ECONFIG, "%s:%u:%u: %s%s", name, line, column, path,
                r->depth == 0 && text[0] == ':' ? text + 2 : text);
}

int fail_memory(struct reader *r)
{
    return fail(r->err, -ENOMEM, "out of memory");
}

int fail_value(struct reader *r, const char *value, const char *why)
{
    char escaped[100];

    str_escape(escaped, sizeof escaped, str_of(value));
    return fail_here(r, false, ": '%s': %s", escaped, why);
}

int fail_type(struct reader *r, const cJSON *value, const char *wanted)
{
    if (cJSON_IsNull(value))
        return fail_here(r, false, ": null is no value here: leave the key out");
    return fail_here(r, false, ": must be %s", wanted);
}

/* ---- duplicates ---- */

int check_duplicates(struct reader *r, const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
    auto_free struct config_name *names = reallocarray(NULL, count + 1, sizeof *names);
    const char *repeated;
    const cJSON *item;

    if (!names)
        return fail_memory(r);
    cJSON_ArrayForEach(item, object)
    {
        names[i] = (struct config_name){item->string, i};
        i++;
    }
    repeated = config_find_repeated(names, count);
    if (!repeated)
        return 0;
    r->path[r->depth++] = (struct jsonc_step){repeated, 1};
    return fail_here(r, true, ": this key stands here twice: remove one");
}

/* Deeper than the schema goes, errors name the section. */
static int check_free(struct reader *r, const cJSON *value)
{
    const cJSON *item;
    int rc = cJSON_IsObject(value) ? check_duplicates(r, value) : 0;

    cJSON_ArrayForEach(item, value)
    {
        if (rc == 0)
            rc = check_free(r, item);
    }
    return rc;
}

/* Behind what is there, in the place of what has the same name: the settings of one policy go
 * together. */
static int add_free(struct reader *r, const cJSON *member)
{
    cJSON *copy = cJSON_Duplicate(member, true);

    if (!copy)
        return fail_memory(r);
    cJSON_DeleteItemFromObjectCaseSensitive(r->config->policy_settings, member->string);
    if (cJSON_AddItemToObject(r->config->policy_settings, member->string, copy))
        return 0;
    cJSON_Delete(copy);
    return fail_memory(r);
}

int read_free(struct reader *r, const cJSON *value)
{
    const cJSON *member;
    int rc = check_free(r, value);

    if (rc < 0)
        return rc;
    if (!r->config->policy_settings) {
        r->config->policy_settings = cJSON_Duplicate(value, true);
        return r->config->policy_settings ? 0 : fail_memory(r);
    }
    cJSON_ArrayForEach(member, value)
    {
        rc = add_free(r, member);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- lists ---- */

void read_part(struct reader *r, struct config_parts *parts, size_t count)
{
    parts->from[r->at] = parts->total;
    parts->count[r->at] = (uint32_t)count;
    parts->total += (uint32_t)count;
}

int read_list(struct reader *r, const cJSON *list, size_t field, read_item read)
{
    const cJSON *item;
    size_t index = 0;
    int rc = 0;

    cJSON_ArrayForEach(item, list)
    {
        r->path[r->depth++] = (struct jsonc_step){NULL, index};
        if (cJSON_IsString(item))
            rc = read(r, item->valuestring, index, field);
        else
            rc = fail_here(r, false, ": must be a string: this is a list of strings");
        r->depth--;
        if (rc < 0)
            return rc;
        index++;
    }
    return 0;
}

const cJSON *reader_look_up(struct reader *r, const char *section, const char *key)
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
