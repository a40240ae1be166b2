/* SPDX-License-Identifier: Apache-2.0
 * domains.c - a domain set: construction and look-up.
 *
 * A look-up hashes the host once and asks the table once for the name, once for each suffix of as
 * many labels as some wildcard has, once for '*'; an address, once for each length of prefix that
 * some network has. Only a host that has rules for several ports costs another question or two.
 * Allocates nothing after domains_compile(); knows no verdicts. */
#include "filter/domains.h"

#include <errno.h>

#include "filter/domains_hash.h"
#include "filter/domains_rule.h"
#include "filter/domains_table.h"

#define RECORD_ROOM 28 /* header and a name of 20 bytes; what is too much goes back in the end */
#define BATCH       16 /* cache misses that are waited for at once                             */

struct domains {
    struct domains_table table;
    struct domains_key key;
    uint32_t nrecords, count;           /* in the text; in the slots           */
    uint64_t name_depths, below_depths; /* depth_bit() of the rules there are  */
    uint64_t v4_lengths, v6_lengths[3]; /* bit n: some network has n bits      */
    bool has_all;
};

struct network_bytes { /* a network as the key of a record */
    char bytes[1 + 16];
    uint8_t len;
};

static inline uint64_t depth_bit(size_t labels)
{
    return UINT64_C(1) << (labels < 63 ? labels : 63);
}

static struct network_bytes pack_network(const struct cidr *network)
{
    struct network_bytes packed = {.len = network->base.family == 4 ? 1 + 4 : 1 + 16};

    packed.bytes[0] = (char)network->bits;
    memcpy(packed.bytes + 1, network->base.bytes, 16);
    return packed;
}

static struct cidr unpack_network(const char *bytes, size_t len)
{
    struct cidr network = {.base.family = len == 1 + 4 ? 4 : 6, .bits = (uint8_t)bytes[0]};

    memcpy(network.base.bytes, bytes + 1, len - 1);
    return network;
}

/* The first record of a key is found by the key, those for other ports by key and port. */
static inline uint64_t first_hash(const struct domains *set, uint64_t hash, uint8_t kind)
{
    return domains_hash_slot(&set->key, hash, kind);
}

static inline uint64_t other_hash(const struct domains *set, uint64_t hash,
                                  const struct table_key *key)
{
    return domains_hash_slot(&set->key, hash, (uint32_t)key->port << 8 | key->tag);
}

/* ---- construction ---- */

struct domains *domains_new(size_t expected)
{
    auto_free struct domains *set = calloc(1, sizeof *set);

    if (!set || expected > UINT32_MAX / RECORD_ROOM)
        return NULL;
    domains_hash_init(&set->key);
    if (table_reserve(&set->table, expected * RECORD_ROOM) < 0)
        return NULL;
    return take(&set);
}

void domains_free(struct domains *set)
{
    if (!set)
        return;
    table_deinit(&set->table);
    free(set);
}

int domains_add(struct domains *set, struct str rule, uint32_t index, const char **why)
{
    struct domains_rule parsed;
    const char *refused = domains_rule_parse(&parsed, rule), *bytes = "";
    struct table_record record = {.index = index};
    struct network_bytes packed;
    int rc;

    if (refused) {
        *why = refused;
        return -EINVAL;
    }
    record.port = parsed.port;
    record.tag = (uint8_t)parsed.kind;
    switch (parsed.kind) {
    case DOMAINS_NAME:
    case DOMAINS_BELOW:
        record.len = parsed.name.len;
        bytes = parsed.name.text;
        break;
    case DOMAINS_NETWORK:
        packed = pack_network(&parsed.network);
        record.len = packed.len;
        bytes = packed.bytes;
        break;
    case DOMAINS_ALL:
        break;
    }
    rc = table_append(&set->table, &record, bytes);
    set->nrecords += rc == 0;
    return rc;
}

/* The hash of a record's key; what depths and lengths there are is noted on the way. */
static uint64_t note_key(struct domains *set, enum domains_kind kind, const char *bytes, size_t len)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    struct cidr network;
    uint64_t *bits;
    size_t labels;

    switch (kind) {
    case DOMAINS_NAME:
    case DOMAINS_BELOW:
        labels = domains_hash_suffixes(suffixes, &set->key, bytes, len);
        bits = kind == DOMAINS_NAME ? &set->name_depths : &set->below_depths;
        *bits |= depth_bit(labels);
        return suffixes[labels - 1].hash;
    case DOMAINS_NETWORK:
        network = unpack_network(bytes, len);
        bits = network.base.family == 4 ? &set->v4_lengths : &set->v6_lengths[network.bits / 64];
        *bits |= UINT64_C(1) << network.bits % 64;
        return domains_hash_network(&set->key, &network);
    case DOMAINS_ALL:
        break;
    }
    set->has_all = true;
    return set->key.start;
}

/* Moves a record down to the end of those that stay, unless an equal one is among them. */
static void settle(struct domains *set, size_t place, uint64_t hash)
{
    struct domains_table *t = &set->table;
    struct table_record record = table_record_at(t, place), first;
    struct table_key key = {table_bytes_at(t, place), record.port, record.tag, record.len};
    uint64_t slot_hash = first_hash(set, hash, record.tag);
    uint32_t found = table_find(t, slot_hash, &key);

    if (found != TABLE_NOTHING) {
        first = table_record_at(t, found);
        if (first.port == record.port)
            return;
        first.tag |= TABLE_MORE;
        memcpy(t->text + found, &first, sizeof first);
        record.tag = key.tag |= TABLE_OTHER;
        slot_hash = other_hash(set, hash, &key);
        if (table_find(t, slot_hash, &key) != TABLE_NOTHING)
            return;
    }
    table_insert(t, slot_hash, (uint32_t)t->text_len);
    memmove(t->text + t->text_len + sizeof record, key.bytes, key.len);
    memcpy(t->text + t->text_len, &record, sizeof record);
    t->text_len += sizeof record + record.len;
    set->count++;
}

/* Reads the records in order and keeps the first of equal ones. A batch at a time, so that the
 * slots of many are on their way from memory while the next names are hashed. */
static void index_records(struct domains *set)
{
    struct domains_table *t = &set->table;
    size_t end = t->text_len, place = 0, n;
    size_t places[BATCH];
    uint64_t hashes[BATCH];

    t->text_len = 0;
    while (place < end) {
        for (n = 0; n < BATCH && place < end; n++) {
            struct table_record record = table_record_at(t, place);

            record.tag &= (uint8_t) ~(TABLE_MORE | TABLE_OTHER); /* of an earlier compilation */
            memcpy(t->text + place, &record, sizeof record);
            places[n] = place;
            hashes[n] =
                note_key(set, (enum domains_kind)record.tag, table_bytes_at(t, place), record.len);
            table_prefetch(t, first_hash(set, hashes[n], record.tag));
            place += sizeof record + record.len;
        }
        for (size_t i = 0; i < n; i++)
            settle(set, places[i], hashes[i]);
    }
}

int domains_compile(struct domains *set)
{
    uint32_t records;

    do { /* once, and once more when so many rules were equal that the table is mostly empty */
        records = set->nrecords;
        if (table_make_slots(&set->table, records) < 0)
            return -ENOMEM;
        set->count = 0;
        index_records(set);
        set->nrecords = set->count;
    } while (set->count < records / 2);
    table_shrink(&set->table);
    return 0;
}

size_t domains_count(const struct domains *set)
{
    return set->count;
}

size_t domains_memory(const struct domains *set)
{
    return sizeof *set + table_memory(&set->table);
}

/* ---- look-up ---- */

/* Among the rules of one key: the one for `port`, else the one for every port. */
static uint32_t find_rule(const struct domains *set, uint64_t hash, struct table_key key,
                          uint16_t port)
{
    uint32_t place = table_find(&set->table, first_hash(set, hash, key.tag), &key);
    const uint16_t ports[] = {port, 0};
    struct table_record first;

    if (place == TABLE_NOTHING)
        return DOMAINS_NO_RULE;
    first = table_record_at(&set->table, place);
    key.tag |= TABLE_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        if (first.port == ports[i])
            return first.index;
        if (!(first.tag & TABLE_MORE))
            continue;
        key.port = ports[i];
        place = table_find(&set->table, other_hash(set, hash, &key), &key);
        if (place != TABLE_NOTHING)
            return table_record_at(&set->table, place).index;
    }
    return DOMAINS_NO_RULE;
}

static void prefetch(const struct domains *set, uint64_t hash, enum domains_kind kind)
{
    table_prefetch(&set->table, first_hash(set, hash, kind));
}

static uint32_t match_suffix(const struct domains *set, const struct host *host,
                             const struct domains_suffix *suffix, enum domains_kind kind,
                             uint16_t port)
{
    struct table_key key = {.bytes = host->text + suffix->from,
                            .tag = (uint8_t)kind,
                            .len = (uint8_t)(host->len - suffix->from)};

    return find_rule(set, suffix->hash, key, port);
}

static uint32_t match_name(const struct domains *set, const struct host *host, uint16_t port)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    size_t labels = domains_hash_suffixes(suffixes, &set->key, host->text, host->len);
    bool exact = set->name_depths & depth_bit(labels);
    uint32_t rule = DOMAINS_NO_RULE;

    if (exact)
        prefetch(set, suffixes[labels - 1].hash, DOMAINS_NAME);
    for (size_t n = labels - 1; n > 0; n--) {
        if (set->below_depths & depth_bit(n))
            prefetch(set, suffixes[n - 1].hash, DOMAINS_BELOW);
    }
    if (exact)
        rule = match_suffix(set, host, &suffixes[labels - 1], DOMAINS_NAME, port);
    for (size_t n = labels - 1; n > 0 && rule == DOMAINS_NO_RULE; n--) {
        if (set->below_depths & depth_bit(n))
            rule = match_suffix(set, host, &suffixes[n - 1], DOMAINS_BELOW, port);
    }
    return rule;
}

static bool has_length(const struct domains *set, uint8_t family, size_t bits)
{
    uint64_t lengths = family == 4 ? set->v4_lengths : set->v6_lengths[bits / 64];

    return lengths >> bits % 64 & 1;
}

/* Shortens `network` to `bits`. */
static void shorten(struct cidr *network, size_t bits)
{
    for (size_t i = bits / 8; i < (network->bits + 7u) / 8; i++)
        network->base.bytes[i] &= i == bits / 8 ? (uint8_t)(0xff00 >> bits % 8) : 0;
    network->bits = (uint8_t)bits;
}

uint32_t domains_match_addr(const struct domains *set, const struct addr *addr, uint16_t port)
{
    size_t full = addr->family == 4 ? 32 : 128;
    struct cidr network = {*addr, (uint8_t)full};
    uint32_t rule = DOMAINS_NO_RULE;

    for (size_t bits = full + 1; bits-- > 0 && rule == DOMAINS_NO_RULE;) {
        struct network_bytes packed;

        if (!has_length(set, addr->family, bits))
            continue;
        shorten(&network, bits);
        packed = pack_network(&network);
        rule = find_rule(set, domains_hash_network(&set->key, &network),
                         (struct table_key){packed.bytes, 0, DOMAINS_NETWORK, packed.len}, port);
    }
    return rule;
}

uint32_t domains_match(const struct domains *set, const struct host *host, uint16_t port)
{
    uint32_t rule;

    if (host->is_addr)
        rule = domains_match_addr(set, &host->addr, port);
    else
        rule = match_name(set, host, port);
    if (rule == DOMAINS_NO_RULE && set->has_all)
        rule = find_rule(set, set->key.start, (struct table_key){"", 0, DOMAINS_ALL, 0}, port);
    return rule;
}
