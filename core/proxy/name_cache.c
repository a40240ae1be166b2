/* SPDX-License-Identifier: Apache-2.0
 * name_cache.c - one slot for each hash: bounded, without a list to keep in order. Two names that
 * share a slot only take turns. */
#include "proxy/name_cache.h"

#include <string.h>

struct name_entry {
    uint64_t until;
    size_t count;
    char name[LIMIT_HOST + 1];
    struct addr addrs[];
};

static struct name_entry **slot_of(struct name_cache *cache, const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return &cache->slots[hash % LIMIT_CACHED_NAMES];
}

void name_cache_deinit(struct name_cache *cache)
{
    for (size_t i = 0; i < LIMIT_CACHED_NAMES; i++)
        free(take(&cache->slots[i]));
}

const struct addr *name_cache_find(struct name_cache *cache, size_t *count, const char *name,
                                   uint64_t now)
{
    struct name_entry **slot = slot_of(cache, name);

    if (!*slot || strcmp((*slot)->name, name) != 0)
        return NULL;
    if ((*slot)->until <= now) {
        free(take(slot));
        return NULL;
    }
    *count = (*slot)->count;
    return (*slot)->addrs;
}

void name_cache_add(struct name_cache *cache, const char *name, const struct addr *addrs,
                    size_t count, uint64_t now)
{
    struct name_entry **slot = slot_of(cache, name);
    struct name_entry *entry = malloc(sizeof *entry + count * sizeof *addrs);

    if (!entry)
        return;
    free(*slot);
    entry->until = now + LIMIT_CACHE_MS;
    entry->count = count;
    memcpy(entry->name, name, strlen(name) + 1);
    memcpy(entry->addrs, addrs, count * sizeof *addrs);
    *slot = entry;
}
