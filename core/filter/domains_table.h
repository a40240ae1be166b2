/* SPDX-License-Identifier: Apache-2.0
 * domains_table.h - the memory of a domain set: records one behind the other in one text, and an
 * open hash table that tells where they stand. What the keys mean is domains.c's business. */
#ifndef FENCE_FILTER_DOMAINS_TABLE_H
#define FENCE_FILTER_DOMAINS_TABLE_H

#include <string.h>

#include "base/base.h"

/* `tag`, besides what the owner keeps in its low bits. */
#define TABLE_MORE  0x40 /* other records have this key and another port */
#define TABLE_OTHER 0x80 /* one of those: its port is part of its key    */

/* Stands before the `len` bytes of its key. */
struct table_record {
    uint32_t index;
    uint16_t port;
    uint8_t tag;
    uint8_t len;
};

struct table_key {
    const char *bytes;
    uint16_t port; /* of TABLE_OTHER only */
    uint8_t tag;   /* without TABLE_MORE  */
    uint8_t len;
};

/* Marks and places are apart so that a miss reads marks alone: two bytes a slot stay in a cache
 * that all the records would not fit in. */
struct domains_table {
    char *text;
    size_t text_len, text_cap;
    uint32_t *places; /* of the record in the text                          */
    uint16_t *marks;  /* 16 bits of the hash; 0: free. Behind the places    */
    uint32_t nslots;
};

#define TABLE_NOTHING UINT32_MAX /* no place: the text ends before it */

void table_deinit(struct domains_table *t);

/* Room for `more` bytes of text. Returns 0 or -ENOMEM. */
int table_reserve(struct domains_table *t, size_t more);
void table_shrink(struct domains_table *t); /* gives the rest of the text back */
int table_append(struct domains_table *t, const struct table_record *record, const char *bytes);

/* New, empty slots for `n` records. Returns 0, or -ENOMEM and the old ones stay. */
int table_make_slots(struct domains_table *t, uint32_t n);
void table_insert(struct domains_table *t, uint64_t hash, uint32_t place);

/* Where the record stands, or TABLE_NOTHING. */
uint32_t table_find(const struct domains_table *t, uint64_t hash, const struct table_key *key);

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
    return (uint32_t)((hash >> 32) * t->nslots >> 32);
}

static inline void table_prefetch(const struct domains_table *t, uint64_t hash)
{
    uint32_t slot = table_home(t, hash);

    __builtin_prefetch(&t->marks[slot]);
    __builtin_prefetch(&t->places[slot]);
}

#endif
