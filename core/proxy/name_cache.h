/* SPDX-License-Identifier: Apache-2.0
 * name_cache.h - what names were resolved to a moment ago. getaddrinfo(3) tells no time to live, so
 * the moment is short; failures are not kept. Addresses are judged whenever they are used. */
#ifndef FENCE_PROXY_NAME_CACHE_H
#define FENCE_PROXY_NAME_CACHE_H

#include "base/addr.h"
#include "base/limits.h"

struct name_cache {
    struct name_entry *slots[LIMIT_CACHED_NAMES]; /* by hash; the later name takes the place */
};

void name_cache_deinit(struct name_cache *cache);

/* The addresses of `name` at `now` (milliseconds of any steady clock), or NULL. They stay where
 * they are until the cache is asked or told something else. */
const struct addr *name_cache_find(struct name_cache *cache, size_t *count, const char *name,
                                   uint64_t now);

/* Remembers them for LIMIT_CACHE_MS. Without memory it does not. */
void name_cache_add(struct name_cache *cache, const char *name, const struct addr *addrs,
                    size_t count, uint64_t now);

#endif
