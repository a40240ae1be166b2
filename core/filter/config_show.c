/* SPDX-License-Identifier: Apache-2.0
 * config_show.c - the settings and all that they extend as one text, by the rules that config.c
 * reads them by: lists one behind the other, objects by their keys, of all else the nearest. Each
 * was read before, and is known to be right. */
#include <cjson/cJSON.h>

#include "base/error.h"
#include "filter/config_chain.h"
#include "filter/config_keys.h"

static void json_cleanup(cJSON **json)
{
    if (*json)
        cJSON_Delete(*json);
}
#define auto_json __attribute__((cleanup(json_cleanup)))

/* ---- lists ---- */

/* The strings of a list, sorted: it may have a million. NULL: out of memory. */
static const char **sort_texts(const cJSON *list, size_t *count)
{
    const char **texts = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *texts);
    const cJSON *item;

    *count = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (texts && cJSON_IsString(item))
            texts[(*count)++] = item->valuestring;
    }
    if (texts)
        qsort(texts, *count, sizeof *texts, str_compare_items);
    return texts;
}

/* Rules and ports, of which there are few. */
static bool has_equal(const cJSON *list, const cJSON *item)
{
    const cJSON *each;
    bool found = false;

    cJSON_ArrayForEach(each, list)
    {
        found = found || cJSON_Compare(each, item, true);
    }
    return found;
}

/* Appends what is not there yet. */
static int append(cJSON *list, const cJSON *more)
{
    size_t count;
    auto_free const char **texts = sort_texts(list, &count);
    const cJSON *item;

    if (!texts)
        return -ENOMEM;
    cJSON_ArrayForEach(item, more)
    {
        const char *text = cJSON_IsString(item) ? item->valuestring : NULL;
        cJSON *copy;

        if (text ? bsearch(&text, texts, count, sizeof *texts, str_compare_items) != NULL
                 : has_equal(list, item))
            continue;
        copy = cJSON_Duplicate(item, true);
        if (!copy)
            return -ENOMEM;
        cJSON_AddItemToArray(list, copy);
    }
    return 0;
}

/* ---- objects ---- */

static int put(cJSON *object, const cJSON *member)
{
    cJSON *copy = cJSON_Duplicate(member, true);

    if (!copy)
        return -ENOMEM;
    cJSON_DeleteItemFromObjectCaseSensitive(object, member->string);
    if (cJSON_AddItemToObject(object, member->string, copy))
        return 0;
    cJSON_Delete(copy);
    return -ENOMEM;
}

static int put_each(cJSON *object, const cJSON *more)
{
    const cJSON *member;
    int rc = 0;

    cJSON_ArrayForEach(member, more)
    {
        if (rc == 0)
            rc = put(object, member);
    }
    return rc;
}

static int merge_section(cJSON *under, const cJSON *over, const char *section);

/* A key that both have. */
static int merge_value(cJSON *section, cJSON *under, const cJSON *over, const struct key *key)
{
    if (key->kind == KEY_SECTION)
        return merge_section(under, over, key->path);
    if (key->kind == KEY_HOSTS || key->kind == KEY_VARIABLES || key->kind == KEY_FREE)
        return put_each(under, over);
    if (cJSON_IsArray(over))
        return append(under, over);
    if (key->kind == KEY_LOCK && cJSON_IsTrue(under))
        return 0;
    return put(section, over);
}

static int merge_section(cJSON *under, const cJSON *over, const char *section)
{
    const cJSON *member;
    int rc = 0;

    cJSON_ArrayForEach(member, over)
    {
        const struct key *key = key_find(section, str_of(member->string));
        cJSON *there = cJSON_GetObjectItemCaseSensitive(under, member->string);

        if (rc == 0 && key->kind != KEY_EXTENDS)
            rc = there ? merge_value(under, there, member, key) : put(under, member);
    }
    return rc;
}

/* ---- the whole ---- */

/* Policies lie beside the file that names them: says so from where the settings are. */
static int place_policies(const struct config_link *link)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(link->json, "policies");
    cJSON *item = list ? list->child : NULL, *next;

    for (; item; item = next) {
        auto_free char *path = config_link_path(link, item->valuestring);
        cJSON *placed = path ? cJSON_CreateString(path) : NULL;

        next = item->next;
        if (!placed)
            return -ENOMEM;
        cJSON_ReplaceItemViaPointer(list, item, placed);
    }
    return 0;
}

static int merge_chain(cJSON **out, const struct config_chain *chain)
{
    auto_json cJSON *all = cJSON_CreateObject();
    int rc = all ? 0 : -ENOMEM;

    for (size_t i = chain->count; rc == 0 && i-- > 0;) {
        rc = place_policies(&chain->links[i]);
        if (rc == 0)
            rc = merge_section(all, chain->links[i].json, "");
    }
    if (rc == 0)
        *out = take(&all);
    return rc;
}

/* As fence_config_load() or fence_config_template(), for what is wrong. */
static int check(const char *path, const char *template, fence_error *err)
{
    fence_config *config = NULL;
    int rc = template ? fence_config_template(&config, template, NULL, 0, err)
                      : fence_config_load(&config, path, NULL, 0, err);

    fence_config_unref(config);
    return rc;
}

int fence_config_show(char **out, const char *path, const char *template, fence_error *err)
{
    auto_chain struct config_chain chain = {.count = 0};
    auto_link struct config_link settings = {0};
    auto_json cJSON *all = NULL;
    int rc = check(path, template, err);

    if (rc == 0 && template)
        rc = config_link_template(&settings, template, err);
    else if (rc == 0 && path)
        rc = config_link_file(&settings, path, err);
    if (rc == 0 && settings.name)
        rc = config_chain_load(&chain, &settings, err);
    if (rc < 0)
        return rc;
    if (merge_chain(&all, &chain) < 0 || !(*out = cJSON_Print(all)))
        return fail(err, -ENOMEM, "out of memory");
    return 0;
}
