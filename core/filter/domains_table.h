/* SPDX-License-Identifier: Apache-2.0
 * domains_table.h - the memory of a domain set: records in one text, sorted into buckets by the
 * hashes of their keys. What a key means is domains.c's business.
 *
 * First table_append() each record, then table_index() once, then table_find(). */
#ifndef FENCE_FILTER_DOMAINS_TABLE_H
#define FENCE_FILTER_DOMAINS_TABLE_H

#include <string.h>

#include "base/base.h"

/* What a record is found by. */
struct table_key {
    uint16_t port;
    uint8_t kind;
    uint8_t len; /* of the bytes that belong to it */
};

struct table_record { /* the key's bytes follow */
    uint32_t index;
    struct table_key key;
};

struct table_bucket {
    uint32_t from;   /* where in the text it begins; it ends where the next one begins */
    uint32_t filter; /* bits of the hashes in it: most misses end here                 */
};

struct domains_table {
    char *text;
    size_t text_len, text_cap;
    uint32_t count;               /* records in the text                        */
    uint32_t nbuckets;            /* 0 before table_index()                     */
    struct table_bucket *buckets; /* and one more, that tells where the last ends */
};

void table_deinit(struct domains_table *t);

/* Room for `more` bytes of text. Returns 0 or -ENOMEM. */
int table_reserve(struct domains_table *t, size_t more);
int table_append(struct domains_table *t, const struct table_record *record, const char *bytes);

/* Sorts the records into buckets; of equal keys the first stays. hashes[i] is that of the key of
 * the record that was appended as number i. Returns 0, or -ENOMEM and the table is as it was. */
int table_index(struct domains_table *t, const uint64_t *hashes);

/* The record's index, or UINT32_MAX. Only after table_index(). */
uint32_t table_find(const struct domains_table *t, uint64_t hash, struct table_key key,
                    const char *bytes);

size_t table_memory(const struct domains_table *t);

static inline struct table_record table_record_at(const struct domains_table *t, size_t place)
{
    struct table_record record;

    memcpy(&record, t->text + place, sizeof record);
    return record;
}

static inline const char *table_bytes_at(const struct domains_table *t, size_t place)
{
    return t->text + place + sizeof(struct table_record);
}

static inline uint32_t table_home(const struct domains_table *t, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * t->nbuckets >> 32);
}

static inline void table_prefetch(const struct domains_table *t, uint64_t hash)
{
    __builtin_prefetch(&t->buckets[table_home(t, hash)]);
}

#endif
