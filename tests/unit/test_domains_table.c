/* SPDX-License-Identifier: Apache-2.0
 * test_domains_table.c - records are found by their whole key, also when their hashes are one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "filter/domains_table.h"

#define NONE UINT32_MAX

static void put(struct domains_table *t, uint32_t index, const char *bytes, uint8_t kind,
                uint16_t port)
{
    struct table_record record = {index, {port, kind, (uint8_t)strlen(bytes)}};

    assert_int_equal(table_append(t, &record, bytes), 0);
}

static uint32_t look(const struct domains_table *t, uint64_t hash, const char *bytes, uint8_t kind,
                     uint16_t port)
{
    return table_find(t, hash, (struct table_key){port, kind, (uint8_t)strlen(bytes)}, bytes);
}

/* One hash for all: nothing but the key tells them apart. */
static void test_keys(void **state)
{
    const uint64_t hashes[] = {7, 7, 7, 7, 7};
    struct domains_table t = {0};

    (void)state;
    put(&t, 1, "abc", 0, 80);
    put(&t, 2, "abc", 0, 81);
    put(&t, 3, "abc", 1, 80);
    put(&t, 4, "abcd", 0, 80);
    put(&t, 5, "", 0, 80);
    assert_int_equal(table_index(&t, hashes), 0);
    assert_int_equal(t.count, 5);
    assert_int_equal(look(&t, 7, "abc", 0, 80), 1);
    assert_int_equal(look(&t, 7, "abc", 0, 81), 2);
    assert_int_equal(look(&t, 7, "abc", 1, 80), 3);
    assert_int_equal(look(&t, 7, "abcd", 0, 80), 4);
    assert_int_equal(look(&t, 7, "", 0, 80), 5);
    assert_int_equal(look(&t, 7, "ab", 0, 80), NONE);
    assert_int_equal(look(&t, 7, "abx", 0, 80), NONE);
    assert_int_equal(look(&t, 7, "abc", 0, 82), NONE);
    assert_int_equal(look(&t, 7, "abc", 2, 80), NONE);
    assert_int_equal(look(&t, 8, "abc", 0, 80), NONE); /* the filter */
    table_deinit(&t);
}

static void test_first_and_last_bucket(void **state)
{
    const uint64_t hashes[] = {UINT64_MAX, 0, UINT64_MAX, UINT64_MAX, 0};
    struct domains_table t = {0};

    (void)state;
    put(&t, 0, "last", 0, 0);
    put(&t, 1, "first", 0, 0);
    put(&t, 2, "last too", 0, 0);
    put(&t, 3, "last", 0, 0);
    put(&t, 4, "first too", 0, 0);
    assert_int_equal(table_index(&t, hashes), 0);
    assert_int_equal(t.count, 4); /* "last" stood there twice */
    assert_int_equal(look(&t, UINT64_MAX, "last", 0, 0), 0);
    assert_int_equal(look(&t, 0, "first", 0, 0), 1);
    assert_int_equal(look(&t, UINT64_MAX, "last too", 0, 0), 2);
    assert_int_equal(look(&t, 0, "first too", 0, 0), 4);
    assert_int_equal(look(&t, UINT64_MAX / 2, "last", 0, 0), NONE);
    table_deinit(&t);
}

/* Equal records leave gaps in front of others, which move up. */
static void test_gaps_are_closed(void **state)
{
    enum { COUNT = 300 };
    uint64_t hashes[COUNT];
    struct domains_table t = {0};
    char name[8];

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        hashes[i] = (i % 100 + 1) * UINT64_C(0x9e3779b97f4a7c15);
        snprintf(name, sizeof name, "n%u", i % 100);
        put(&t, i, name, 0, 0);
    }
    assert_int_equal(table_index(&t, hashes), 0);
    assert_int_equal(t.count, 100);
    assert_int_equal(t.text_cap, t.text_len);
    assert_int_equal(t.text_len, 100 * sizeof(struct table_record) + 10 * 2 + 90 * 3);
    assert_int_equal(table_memory(&t), t.text_len + (COUNT / 2 + 2) * 8);
    for (uint32_t i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(look(&t, hashes[i], name, 0, 0), i);
    }
    table_deinit(&t);
}

static void test_no_records(void **state)
{
    const uint64_t hashes[1] = {0};
    struct domains_table t = {0};

    (void)state;
    assert_int_equal(table_memory(&t), 0);
    assert_int_equal(table_index(&t, hashes), 0);
    assert_int_equal(look(&t, 12345, "", 0, 0), NONE);
    table_deinit(&t);
}

static void test_no_more_than_buckets_can_tell(void **state)
{
    struct domains_table t = {0};

    (void)state;
    assert_int_equal(table_reserve(&t, (size_t)UINT32_MAX + 1), -ENOMEM);
    assert_null(t.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_first_and_last_bucket),
        cmocka_unit_test(test_gaps_are_closed),
        cmocka_unit_test(test_no_records),
        cmocka_unit_test(test_no_more_than_buckets_can_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
