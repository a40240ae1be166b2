/* SPDX-License-Identifier: Apache-2.0
 * test_domains_hash.c - a suffix has one hash, whatever stands before it and wherever it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "filter/domains_hash.h"
#include "support/guard.h"

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *name, *text;
    size_t labels;
} ROWS[] = {
    {"one byte", "a", 1},
    {"one label of seven", "seven77", 1},
    {"one label of eight", "eight888", 1},
    {"one label of nine", "localhost", 1},
    {"one label of sixteen", "sixteen-16-16-16", 1},
    {"labels of one byte", "a.b.c.d.e.f.g.h.i.j", 10},
    {"labels of seven", "seven77.seven77.seven77", 3},
    {"labels of eight", "eight888.eight888.eight888", 3},
    {"labels of sixteen", "sixteen-16-16-16.sixteen-16-16-16", 2},
    {"label of 63", LABEL_63 "." LABEL_63 ".test", 3},
    {"mixed", "a.eight888.nine-9999.bb.fifteen15151515.com", 6},
};

/* The hash of the name alone, with a forbidden page behind it. */
static uint64_t hash_alone(const struct domains_key *key, const char *text, size_t len)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    char *copy = guard_copy(text, len);
    size_t labels = domains_hash_suffixes(suffixes, key, copy, len);

    guard_free(copy, len);
    return suffixes[labels - 1].hash;
}

static void test_suffixes(void **state)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    struct domains_key key;

    (void)state;
    domains_hash_init(&key);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const char *text = ROWS[i].text;
        size_t len = strlen(text), labels = domains_hash_suffixes(suffixes, &key, text, len);

        if (labels != ROWS[i].labels)
            fail_msg("%s: %zu labels", ROWS[i].name, labels);
        for (size_t n = 0; n < labels; n++) {
            size_t from = suffixes[n].from;

            if ((n == labels - 1) != (from == 0) || (from > 0 && text[from - 1] != '.'))
                fail_msg("%s: suffix %zu begins at %zu", ROWS[i].name, n, from);
            if (hash_alone(&key, text + from, len - from) != suffixes[n].hash)
                fail_msg("%s: '%s' has another hash alone", ROWS[i].name, text + from);
        }
    }
}

/* The same bytes in other labels, and the same labels in another order, are other names. */
static void test_alike(void **state)
{
    static const char *const names[] = {
        "a.b",
        "b.a",
        "ab",
        "a-b",
        "aa.b",
        "a.bb",
        "eight888.a",
        "eight888a",
        "a.eight888",
        "eight888",
        "eight888.eight888",
        "eight888eight888",
        "seven77.a",
        "seven77a",
        "a.a",
        "a.a.a",
        "aaa",
    };
    const size_t n = sizeof names / sizeof *names;
    struct domains_key key;

    (void)state;
    domains_hash_init(&key);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (hash_alone(&key, names[i], strlen(names[i])) ==
                hash_alone(&key, names[j], strlen(names[j])))
                fail_msg("'%s' and '%s' have one hash", names[i], names[j]);
        }
    }
}

static void test_networks(void **state)
{
    struct domains_key key;
    uint64_t hashes[130];
    size_t n = 0;

    (void)state;
    domains_hash_init(&key);
    for (size_t bits = 0; bits <= 128; bits++) {
        struct cidr network = {.base.family = 6, .bits = (uint8_t)bits};

        hashes[n++] = domains_hash_network(&key, &network);
    }
    hashes[n++] = domains_hash_network(&key, &(struct cidr){.base.family = 4});
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++)
            assert_true(hashes[i] != hashes[j]);
    }
}

/* Two sets have two keys: what is learnt from one says nothing of another. */
static void test_keys_differ(void **state)
{
    struct domains_key a, b;

    (void)state;
    domains_hash_init(&a);
    domains_hash_init(&b);
    assert_true(hash_alone(&a, "good.test", 9) != hash_alone(&b, "good.test", 9));
}

/* Buckets are chosen by the high half, filters by the low bits: both must spread. */
static void test_spread(void **state)
{
    enum { BUCKETS = 64, NAMES = 64 * 256 };
    unsigned high[BUCKETS] = {0}, low[BUCKETS] = {0};
    struct domains_key key;
    char name[32];

    (void)state;
    domains_hash_init(&key);
    for (unsigned i = 0; i < NAMES; i++) {
        int len = snprintf(name, sizeof name, "n%u.good.test", i);
        uint64_t hash = domains_hash_slot(&key, hash_alone(&key, name, (size_t)len), 0);

        high[hash >> 58]++;
        low[hash % BUCKETS]++;
    }
    for (size_t i = 0; i < BUCKETS; i++) { /* 256 expected; eight standard deviations are 128 */
        if (high[i] < 128 || high[i] > 384 || low[i] < 128 || low[i] > 384)
            fail_msg("bucket %zu holds %u and %u of 256", i, high[i], low[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suffixes), cmocka_unit_test(test_alike),
        cmocka_unit_test(test_networks), cmocka_unit_test(test_keys_differ),
        cmocka_unit_test(test_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
