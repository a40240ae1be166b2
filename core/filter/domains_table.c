/* SPDX-License-Identifier: Apache-2.0
 * domains_table.c - linear probing in a table that is half full, so that a search looks at two
 * slots on average and nearly always at one cache line. Nothing is ever removed. */
#include "filter/domains_table.h"

#include <errno.h>

void table_deinit(struct domains_table *t)
{
    free(t->text);
    free(t->places);
}

/* ---- the text ---- */

int table_reserve(struct domains_table *t, size_t more)
{
    size_t cap = t->text_cap < 256 ? 256 : t->text_cap;
    char *text;

    if (t->text_cap - t->text_len >= more)
        return 0;
    while (cap - t->text_len < more)
        cap *= 2;
    if (cap > UINT32_MAX) /* a slot could not tell where */
        return -ENOMEM;
    text = realloc(t->text, cap);
    if (!text)
        return -ENOMEM;
    t->text = text;
    t->text_cap = cap;
    return 0;
}

void table_shrink(struct domains_table *t)
{
    char *text = t->text_len > 0 ? realloc(t->text, t->text_len) : NULL;

    if (!text) /* it only stays too large */
        return;
    t->text = text;
    t->text_cap = t->text_len;
}

int table_append(struct domains_table *t, const struct table_record *record, const char *bytes)
{
    int rc = table_reserve(t, sizeof *record + record->len);

    if (rc < 0)
        return rc;
    memcpy(t->text + t->text_len, record, sizeof *record);
    memcpy(t->text + t->text_len + sizeof *record, bytes, record->len);
    t->text_len += sizeof *record + record->len;
    return 0;
}

/* ---- the slots ---- */

int table_make_slots(struct domains_table *t, uint32_t n)
{
    size_t count = 2 * (size_t)n + 1;
    uint32_t *places;

    if (count > UINT32_MAX)
        return -ENOMEM;
    places = calloc(count, sizeof *t->places + sizeof *t->marks);
    if (!places)
        return -ENOMEM;
    free(t->places);
    t->places = places;
    t->marks = (uint16_t *)(places + count);
    t->nslots = (uint32_t)count;
    return 0;
}

/* The bits of the hash that had the least say in table_home(). */
static inline uint16_t mark_of(uint64_t hash)
{
    uint16_t mark = (uint16_t)hash;

    return mark == 0 ? 1 : mark;
}

static inline uint32_t next_slot(const struct domains_table *t, uint32_t slot)
{
    return slot + 1 == t->nslots ? 0 : slot + 1;
}

static inline bool is_record(const struct domains_table *t, size_t place,
                             const struct table_key *key)
{
    struct table_record record = table_record_at(t, place);

    return (record.tag & ~TABLE_MORE) == key->tag && record.len == key->len &&
           (!(key->tag & TABLE_OTHER) || record.port == key->port) &&
           memcmp(table_bytes_at(t, place), key->bytes, key->len) == 0;
}

uint32_t table_find(const struct domains_table *t, uint64_t hash, const struct table_key *key)
{
    uint16_t mark = mark_of(hash);

    for (uint32_t slot = table_home(t, hash); t->marks[slot] != 0; slot = next_slot(t, slot)) {
        if (t->marks[slot] == mark && is_record(t, t->places[slot], key))
            return t->places[slot];
    }
    return TABLE_NOTHING;
}

void table_insert(struct domains_table *t, uint64_t hash, uint32_t place)
{
    uint32_t slot = table_home(t, hash);

    while (t->marks[slot] != 0)
        slot = next_slot(t, slot);
    t->marks[slot] = mark_of(hash);
    t->places[slot] = place;
}

size_t table_memory(const struct domains_table *t)
{
    return t->text_cap + t->nslots * (sizeof *t->places + sizeof *t->marks);
}
