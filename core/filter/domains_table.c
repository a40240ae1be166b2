/* SPDX-License-Identifier: Apache-2.0
 * domains_table.c - buckets of two records on average, side by side in memory: a hit costs the line
 * of its bucket and that of its record, a miss the former alone. Nothing is ever removed. */
#include "filter/domains_table.h"

#include <errno.h>

void table_deinit(struct domains_table *t)
{
    free(t->text);
    free(t->buckets);
}

int table_reserve(struct domains_table *t, size_t more)
{
    size_t cap = t->text_cap < 256 ? 256 : t->text_cap;
    char *text;

    if (t->text_cap - t->text_len >= more)
        return 0;
    while (cap - t->text_len < more)
        cap *= 2;
    if (cap > UINT32_MAX) /* a bucket could not tell where */
        return -ENOMEM;
    text = realloc(t->text, cap);
    if (!text)
        return -ENOMEM;
    t->text = text;
    t->text_cap = cap;
    return 0;
}

int table_append(struct domains_table *t, const struct table_record *record, const char *bytes)
{
    int rc = table_reserve(t, sizeof *record + record->key.len);

    if (rc < 0)
        return rc;
    memcpy(t->text + t->text_len, record, sizeof *record);
    memcpy(t->text + t->text_len + sizeof *record, bytes, record->key.len);
    t->text_len += sizeof *record + record->key.len;
    t->count++;
    return 0;
}

/* ---- sorting ---- */

static inline uint32_t filter_bit(uint64_t hash)
{
    return UINT32_C(1) << (hash & 31);
}

static inline size_t record_size(struct table_key key)
{
    return sizeof(struct table_record) + key.len;
}

static inline bool same_key(struct table_key a, struct table_key b)
{
    return a.port == b.port && a.kind == b.kind && a.len == b.len;
}

/* From here on `from` is where the next record of the bucket goes. */
static void make_room(struct domains_table *t, const uint64_t *hashes)
{
    uint32_t from = 0;
    size_t place = 0;

    for (uint32_t i = 0; i < t->count; i++) {
        struct table_bucket *bucket = &t->buckets[table_home(t, hashes[i])];
        size_t size = record_size(table_record_at(t, place).key);

        bucket->from += (uint32_t)size;
        bucket->filter |= filter_bit(hashes[i]);
        place += size;
    }
    for (uint32_t b = 0; b < t->nbuckets; b++) {
        uint32_t size = t->buckets[b].from;

        t->buckets[b].from = from;
        from += size;
    }
}

/* Afterwards `from` is where the bucket ends. */
static void move_records(struct domains_table *t, char *sorted, const uint64_t *hashes)
{
    size_t place = 0;

    for (uint32_t i = 0; i < t->count; i++) {
        struct table_bucket *bucket = &t->buckets[table_home(t, hashes[i])];
        size_t size = record_size(table_record_at(t, place).key);

        memcpy(sorted + bucket->from, t->text + place, size);
        bucket->from += (uint32_t)size;
        place += size;
    }
}

/* Whether the record at `place` has an equal between `from` and `to`. */
static bool has_equal(const struct domains_table *t, size_t place, size_t from, size_t to)
{
    struct table_key key = table_record_at(t, place).key;

    while (from < to) {
        struct table_key other = table_record_at(t, from).key;

        if (same_key(key, other) &&
            memcmp(table_bytes_at(t, place), table_bytes_at(t, from), key.len) == 0)
            return true;
        from += record_size(other);
    }
    return false;
}

/* Closes the gaps that equal records leave; afterwards `from` is where the bucket begins. */
static void drop_equals(struct domains_table *t)
{
    size_t place = 0, out = 0;

    t->count = 0;
    for (uint32_t b = 0; b < t->nbuckets; b++) {
        size_t from = out, end = t->buckets[b].from;

        while (place < end) {
            size_t size = record_size(table_record_at(t, place).key);

            if (!has_equal(t, place, from, out)) {
                if (place != out)
                    memmove(t->text + out, t->text + place, size);
                out += size;
                t->count++;
            }
            place += size;
        }
        t->buckets[b].from = (uint32_t)from;
    }
    t->buckets[t->nbuckets].from = (uint32_t)out;
    t->text_len = out;
}

static void shrink(struct domains_table *t)
{
    char *text = t->text_len > 0 ? realloc(t->text, t->text_len) : NULL;

    if (!text) /* it only stays too large */
        return;
    t->text = text;
    t->text_cap = t->text_len;
}

int table_index(struct domains_table *t, const uint64_t *hashes)
{
    uint32_t nbuckets = t->count / 2 + 1;
    auto_free struct table_bucket *buckets = calloc((size_t)nbuckets + 1, sizeof *buckets);
    auto_free char *sorted = malloc(t->text_len + 1);

    if (!buckets || !sorted)
        return -ENOMEM;
    free(t->buckets);
    t->buckets = take(&buckets);
    t->nbuckets = nbuckets;
    make_room(t, hashes);
    move_records(t, sorted, hashes);
    free(t->text);
    t->text = take(&sorted);
    t->text_cap = t->text_len + 1;
    drop_equals(t);
    shrink(t);
    return 0;
}

/* ---- finding ---- */

uint32_t table_find(const struct domains_table *t, uint64_t hash, struct table_key key,
                    const char *bytes)
{
    const struct table_bucket *bucket = &t->buckets[table_home(t, hash)];
    size_t place = bucket[0].from, end = bucket[1].from;

    if (!(bucket->filter & filter_bit(hash)))
        return UINT32_MAX;
    while (place < end) {
        struct table_record record = table_record_at(t, place);

        if (same_key(record.key, key) && memcmp(table_bytes_at(t, place), bytes, key.len) == 0)
            return record.index;
        place += record_size(record.key);
    }
    return UINT32_MAX;
}

size_t table_memory(const struct domains_table *t)
{
    size_t nbuckets = t->buckets ? (size_t)t->nbuckets + 1 : 0;

    return t->text_cap + nbuckets * sizeof *t->buckets;
}
