/* SPDX-License-Identifier: Apache-2.0
 * test_name_cache.c - what is remembered, for how long, and how much of it at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proxy/name_cache.h"

#define START UINT64_C(1000000)

/* One address that tells `n`. */
static struct addr numbered(unsigned n)
{
    return (struct addr){4, {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static void add(struct name_cache *cache, const char *name, unsigned n, uint64_t now)
{
    struct addr addr = numbered(n);

    name_cache_add(cache, name, &addr, 1, now);
    memset(&addr, 0xff, sizeof addr); /* what is kept is a copy */
}

/* Is `name` known at `now`, as the one address that tells `n`? */
static bool knows(struct name_cache *cache, const char *name, unsigned n, uint64_t now)
{
    struct addr expected = numbered(n);
    size_t count = 99;
    const struct addr *found = name_cache_find(cache, &count, name, now);

    return found && count == 1 && addr_equal(found, &expected);
}

static size_t nkept(const struct name_cache *cache)
{
    size_t count = 0;

    for (size_t i = 0; i < LIMIT_CACHED_NAMES; i++)
        count += cache->slots[i] != NULL;
    return count;
}

/* ---- one name ---- */

#define L49  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
#define L253 L49 L49 L49 L49 L49 "aaa"

static const struct {
    const char *name, *added, *asked;
    uint64_t after; /* milliseconds */
    bool found;
} rows[] = {
    {"at once", "a.test", "a.test", 0, true},
    {"in its last millisecond", "a.test", "a.test", LIMIT_CACHE_MS - 1, true},
    {"too late", "a.test", "a.test", LIMIT_CACHE_MS, false},
    {"much too late", "a.test", "a.test", UINT64_C(1) << 40, false},
    {"another name", "a.test", "b.test", 0, false},
    {"a part of the name", "a.test", "a.tes", 0, false},
    {"more than the name", "a.test", "a.test2", 0, false},
    {"a name below it", "a.test", "x.a.test", 0, false},
    {"the longest name", L253, L253, 0, true},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct name_cache cache = {{NULL}};

        add(&cache, rows[i].added, 7, START);
        if (knows(&cache, rows[i].asked, 7, START + rows[i].after) != rows[i].found)
            fail_msg("%s: %s", rows[i].name, rows[i].found ? "not found" : "found");
        name_cache_deinit(&cache);
        assert_int_equal(nkept(&cache), 0);
    }
}

/* It costs no memory until its slot is wanted again. */
static void test_expired_is_freed(void **state)
{
    struct name_cache cache = {{NULL}};

    (void)state;
    add(&cache, "a.test", 1, START);
    assert_int_equal(nkept(&cache), 1);
    assert_false(knows(&cache, "a.test", 1, START + LIMIT_CACHE_MS));
    assert_int_equal(nkept(&cache), 0);
    name_cache_deinit(&cache);
}

static void test_the_later_answer_counts(void **state)
{
    struct name_cache cache = {{NULL}};

    (void)state;
    add(&cache, "a.test", 1, START);
    add(&cache, "a.test", 2, START + 100);
    assert_int_equal(nkept(&cache), 1);
    assert_true(knows(&cache, "a.test", 2, START + LIMIT_CACHE_MS + 99)); /* from then on */
    assert_false(knows(&cache, "a.test", 2, START + LIMIT_CACHE_MS + 100));
    name_cache_deinit(&cache);
}

static void test_a_whole_answer(void **state)
{
    struct addr addrs[LIMIT_ADDRESSES];
    struct name_cache cache = {{NULL}};
    const struct addr *found;
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < LIMIT_ADDRESSES; i++)
        addrs[i] = numbered(i);
    name_cache_add(&cache, "a.test", addrs, LIMIT_ADDRESSES, START);
    found = name_cache_find(&cache, &count, "a.test", START);
    assert_int_equal(count, LIMIT_ADDRESSES);
    assert_memory_equal(found, addrs, sizeof addrs);
    name_cache_deinit(&cache);
}

/* ---- many names ---- */

/* Of more names than there are slots, some have lost theirs; whichever is found is itself. */
static void test_bound(void **state)
{
    struct name_cache cache = {{NULL}};
    unsigned found = 0;
    char name[32];

    (void)state;
    for (unsigned i = 0; i < 4 * LIMIT_CACHED_NAMES; i++) {
        snprintf(name, sizeof name, "n%u.test", i);
        add(&cache, name, i, START);
        if (!knows(&cache, name, i, START))
            fail_msg("%s: the latest is not kept", name);
    }
    for (unsigned i = 0; i < 4 * LIMIT_CACHED_NAMES; i++) {
        size_t count;

        snprintf(name, sizeof name, "n%u.test", i);
        if (!name_cache_find(&cache, &count, name, START))
            continue;
        found++;
        if (!knows(&cache, name, i, START))
            fail_msg("%s: another one's addresses", name);
    }
    assert_int_equal(found, nkept(&cache));
    assert_in_range(found, LIMIT_CACHED_NAMES / 2, LIMIT_CACHED_NAMES); /* and the hash spreads */
    name_cache_deinit(&cache);
    name_cache_deinit(&cache); /* harmless */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_expired_is_freed),
        cmocka_unit_test(test_the_later_answer_counts),
        cmocka_unit_test(test_a_whole_answer),
        cmocka_unit_test(test_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
