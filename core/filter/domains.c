/* SPDX-License-Identifier: Apache-2.0
 * domains.c - a domain set: construction and look-up.
 *
 * A look-up hashes the host once and asks the table once for the name, once for each suffix of as
 * many labels as some wildcard has, once for '*'; an address, once for each length of prefix that
 * some network has. Each is asked again with the port, where there are rules with such a port.
 * Allocates nothing after domains_compile(); knows no verdicts. */
#include "filter/domains.h"

#include <errno.h>

#include "filter/domains_hash.h"
#include "filter/domains_rule.h"
#include "filter/domains_table.h"

#define RECORD_ROOM 28 /* header and a name of 20 bytes; what is too much goes back in the end */

struct domains {
    struct domains_table table;
    struct domains_key key;
    uint64_t depths[2][2];              /* depth_bit() of the names: [has a port][is a wildcard] */
    uint64_t v4_lengths, v6_lengths[3]; /* bit n: some network has n bits                        */
    uint64_t ports;                     /* port_bit() of the rules                               */
    bool has_all;
    struct domains *ported; /* the rules with a port, without it; NULL: there are none */
};

struct network_bytes { /* a network as the key of a record */
    char bytes[1 + 16];
    uint8_t len;
};

static inline uint64_t depth_bit(size_t labels)
{
    return UINT64_C(1) << (labels < 63 ? labels : 63);
}

static inline uint64_t port_bit(uint16_t port)
{
    return UINT64_C(1) << port % 64;
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

static inline uint64_t key_hash(const struct domains *set, uint64_t hash, enum domains_kind kind,
                                uint16_t port)
{
    return domains_hash_slot(&set->key, hash, (uint32_t)port << 8 | kind);
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
    domains_free(set->ported);
    free(set);
}

/* The key that a rule is kept under. A network's bytes are packed into `room`. */
static struct table_key key_of(const char **bytes, struct network_bytes *room,
                               const struct domains_rule *rule)
{
    struct table_key key = {.port = rule->port, .kind = (uint8_t)rule->kind};

    *bytes = "";
    switch (rule->kind) {
    case DOMAINS_NAME:
    case DOMAINS_BELOW:
        key.len = rule->name.len;
        *bytes = rule->name.text;
        break;
    case DOMAINS_NETWORK:
        *room = pack_network(&rule->network);
        key.len = room->len;
        *bytes = room->bytes;
        break;
    case DOMAINS_ALL:
        break;
    }
    return key;
}

/* For domains_match_any_port(): to ask for each port there is would take as long as a list is. */
static int add_ported(struct domains *set, struct table_record record, const char *bytes)
{
    if (!set->ported)
        set->ported = domains_new(0);
    record.key.port = 0;
    return set->ported ? table_append(&set->ported->table, &record, bytes) : -ENOMEM;
}

int domains_add(struct domains *set, struct str rule, uint32_t index, const char **why)
{
    struct domains_rule parsed;
    const char *refused = domains_rule_parse(&parsed, rule), *bytes;
    struct table_record record = {.index = index};
    struct network_bytes room;

    if (refused) {
        *why = refused;
        return -EINVAL;
    }
    record.key = key_of(&bytes, &room, &parsed);
    if (parsed.port != 0 && add_ported(set, record, bytes) < 0)
        return -ENOMEM;
    return table_append(&set->table, &record, bytes);
}

/* The hash of a key; what depths, lengths and ports there are is noted on the way. */
static uint64_t note_key(struct domains *set, struct table_key key, const char *bytes)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    enum domains_kind kind = (enum domains_kind)key.kind;
    uint64_t *lengths, hash = set->key.start;
    struct cidr network;
    size_t labels;

    switch (kind) {
    case DOMAINS_NAME:
    case DOMAINS_BELOW:
        labels = domains_hash_suffixes(suffixes, &set->key, bytes, key.len);
        set->depths[key.port != 0][kind == DOMAINS_BELOW] |= depth_bit(labels);
        hash = suffixes[labels - 1].hash;
        break;
    case DOMAINS_NETWORK:
        network = unpack_network(bytes, key.len);
        lengths = network.base.family == 4 ? &set->v4_lengths : &set->v6_lengths[network.bits / 64];
        *lengths |= UINT64_C(1) << network.bits % 64;
        hash = domains_hash_network(&set->key, &network);
        break;
    case DOMAINS_ALL:
        set->has_all = true;
        break;
    }
    if (key.port != 0)
        set->ports |= port_bit(key.port);
    return key_hash(set, hash, kind, key.port);
}

static int index_records(struct domains *set)
{
    struct domains_table *t = &set->table;
    auto_free uint64_t *hashes = malloc(((size_t)t->count + 1) * sizeof *hashes);
    size_t place = 0;

    if (!hashes)
        return -ENOMEM;
    for (uint32_t i = 0; i < t->count; i++) {
        struct table_key key = table_record_at(t, place).key;

        hashes[i] = note_key(set, key, table_bytes_at(t, place));
        place += sizeof(struct table_record) + key.len;
    }
    return table_index(t, hashes);
}

int domains_compile(struct domains *set)
{
    uint32_t count;

    do { /* once, and once more when so many rules were equal that most buckets are empty */
        count = set->table.count;
        if (index_records(set) < 0)
            return -ENOMEM;
    } while (set->table.count < count / 2);
    return set->ported ? domains_compile(set->ported) : 0;
}

size_t domains_count(const struct domains *set)
{
    return set->table.count;
}

size_t domains_memory(const struct domains *set)
{
    return sizeof *set + table_memory(&set->table) +
           (set->ported ? domains_memory(set->ported) : 0);
}

/* ---- look-up ---- */

struct question {
    uint64_t hash;
    struct table_key key;
    uint8_t from; /* where in the host its bytes begin */
};

/* What there is to ask about a suffix of `labels` labels: nothing, where no rule has its form. */
static size_t add_questions(struct question out[2], const struct domains *set,
                            const struct host *host, const struct domains_suffix *suffix,
                            size_t labels, uint16_t port)
{
    bool below = suffix->from > 0;
    enum domains_kind kind = below ? DOMAINS_BELOW : DOMAINS_NAME;
    size_t n = 0;

    if (set->depths[1][below] & depth_bit(labels) && set->ports & port_bit(port))
        out[n++].key.port = port;
    if (set->depths[0][below] & depth_bit(labels))
        out[n++].key.port = 0;
    for (size_t i = 0; i < n; i++) {
        out[i].key.kind = (uint8_t)kind;
        out[i].key.len = (uint8_t)(host->len - suffix->from);
        out[i].from = suffix->from;
        out[i].hash = key_hash(set, suffix->hash, kind, out[i].key.port);
        table_prefetch(&set->table, out[i].hash);
    }
    return n;
}

/* All questions first, then all answers: the table's lines come from memory at the same time. */
static uint32_t match_name(const struct domains *set, const struct host *host, uint16_t port)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    struct question questions[2 * DOMAINS_LABELS];
    size_t labels = domains_hash_suffixes(suffixes, &set->key, host->text, host->len), n = 0;
    uint32_t rule = DOMAINS_NO_RULE;

    for (size_t d = labels; d > 0; d--)
        n += add_questions(questions + n, set, host, &suffixes[d - 1], d, port);
    for (size_t i = 0; i < n && rule == DOMAINS_NO_RULE; i++)
        rule = table_find(&set->table, questions[i].hash, questions[i].key,
                          host->text + questions[i].from);
    return rule;
}

/* Of a network or '*': the rule for `port`, else the one for every port. */
static uint32_t find_rule(const struct domains *set, uint64_t hash, enum domains_kind kind,
                          struct str bytes, uint16_t port)
{
    struct table_key key = {port, (uint8_t)kind, (uint8_t)bytes.len};
    uint32_t rule = DOMAINS_NO_RULE;

    if (set->ports & port_bit(port))
        rule = table_find(&set->table, key_hash(set, hash, kind, port), key, bytes.bytes);
    key.port = 0;
    if (rule == DOMAINS_NO_RULE)
        rule = table_find(&set->table, key_hash(set, hash, kind, 0), key, bytes.bytes);
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
        rule = find_rule(set, domains_hash_network(&set->key, &network), DOMAINS_NETWORK,
                         (struct str){packed.bytes, packed.len}, port);
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
        rule = find_rule(set, set->key.start, DOMAINS_ALL, STR(""), port);
    return rule;
}

uint32_t domains_match_any_port(const struct domains *set, const struct host *host)
{
    uint32_t rule = domains_match(set, host, 0);

    return rule == DOMAINS_NO_RULE && set->ported ? domains_match(set->ported, host, 0) : rule;
}

uint32_t domains_find(const struct domains *set, struct str rule)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    uint64_t hash = set->key.start;
    struct domains_rule parsed;
    struct network_bytes room;
    struct table_key key;
    const char *bytes;

    if (domains_rule_parse(&parsed, rule))
        return DOMAINS_NO_RULE;
    key = key_of(&bytes, &room, &parsed);
    if (parsed.kind == DOMAINS_NETWORK)
        hash = domains_hash_network(&set->key, &parsed.network);
    else if (parsed.kind != DOMAINS_ALL)
        hash = suffixes[domains_hash_suffixes(suffixes, &set->key, bytes, key.len) - 1].hash;
    return table_find(&set->table, key_hash(set, hash, parsed.kind, key.port), key, bytes);
}
