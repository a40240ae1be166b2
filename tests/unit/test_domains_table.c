/* SPDX-License-Identifier: Apache-2.0
 * test_domains_table.c - records are found by their whole key, also when their hashes are one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/domains_table.h"

/* Appends and inserts; returns the place. */
static uint32_t put(struct domains_table *t, uint64_t hash, struct table_record record,
                    const char *bytes)
{
    uint32_t place = (uint32_t)t->text_len;

    record.len = (uint8_t)strlen(bytes);
    assert_int_equal(table_append(t, &record, bytes), 0);
    table_insert(t, hash, place);
    return place;
}

static uint32_t look(const struct domains_table *t, uint64_t hash, const char *bytes, uint8_t tag,
                     uint16_t port)
{
    struct table_key key = {bytes, port, tag, (uint8_t)strlen(bytes)};

    return table_find(t, hash, &key);
}

static void test_keys(void **state)
{
    struct domains_table t = {0};
    uint32_t first, other, kind, longer;

    (void)state;
    assert_int_equal(table_make_slots(&t, 4), 0);
    first = put(&t, 1, (struct table_record){.index = 1, .tag = 0 | TABLE_MORE, .port = 80}, "abc");
    other =
        put(&t, 1, (struct table_record){.index = 2, .tag = 0 | TABLE_OTHER, .port = 81}, "abc");
    kind = put(&t, 1, (struct table_record){.index = 3, .tag = 1}, "abc");
    longer = put(&t, 1, (struct table_record){.index = 4, .tag = 0}, "abcd");
    assert_int_equal(look(&t, 1, "abc", 0, 0), first);
    assert_int_equal(look(&t, 1, "abc", TABLE_OTHER, 81), other);
    assert_int_equal(look(&t, 1, "abc", TABLE_OTHER, 82), TABLE_NOTHING);
    assert_int_equal(look(&t, 1, "abc", 1, 0), kind);
    assert_int_equal(look(&t, 1, "abcd", 0, 0), longer);
    assert_int_equal(look(&t, 1, "ab", 0, 0), TABLE_NOTHING);
    assert_int_equal(look(&t, 1, "abx", 0, 0), TABLE_NOTHING);
    assert_int_equal(look(&t, 2, "abc", 0, 0), TABLE_NOTHING);
    assert_int_equal(table_record_at(&t, longer).index, 4);
    table_deinit(&t);
}

/* All at the last slot: the search goes on at the first one, and ends. */
static void test_round_the_end(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    struct domains_table t = {0};
    uint64_t last = UINT64_MAX;

    (void)state;
    assert_int_equal(table_make_slots(&t, ARRAY_LEN(names)), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        put(&t, last, (struct table_record){.index = (uint32_t)i}, names[i]);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        uint32_t place = look(&t, last, names[i], 0, 0);

        assert_int_not_equal(place, TABLE_NOTHING);
        assert_int_equal(table_record_at(&t, place).index, i);
    }
    assert_int_equal(look(&t, last, "g", 0, 0), TABLE_NOTHING);
    table_deinit(&t);
}

/* A hash whose mark would be that of a free slot is found all the same. */
static void test_mark_of_zero(void **state)
{
    struct domains_table t = {0};

    (void)state;
    assert_int_equal(table_make_slots(&t, 1), 0);
    assert_int_equal(look(&t, 0, "a", 0, 0), TABLE_NOTHING);
    put(&t, 0, (struct table_record){.index = 1}, "a");
    assert_int_equal(look(&t, 0, "a", 0, 0), 0);
    table_deinit(&t);
}

static void test_no_records(void **state)
{
    struct domains_table t = {0};

    (void)state;
    assert_int_equal(table_make_slots(&t, 0), 0);
    assert_int_equal(look(&t, 12345, "", 0, 0), TABLE_NOTHING);
    table_shrink(&t);
    table_deinit(&t);
}

static void test_text_grows_and_shrinks(void **state)
{
    struct domains_table t = {0};

    (void)state;
    assert_int_equal(table_make_slots(&t, 100), 0);
    for (uint32_t i = 0; i < 100; i++)
        put(&t, i * UINT64_C(0x9e3779b97f4a7c15), (struct table_record){.index = i}, "name");
    assert_int_equal(t.text_len, 100 * (sizeof(struct table_record) + 4));
    assert_true(t.text_cap > t.text_len);
    table_shrink(&t);
    assert_int_equal(t.text_cap, t.text_len);
    assert_int_equal(table_record_at(&t, 99 * 12).index, 99);
    assert_memory_equal(table_bytes_at(&t, 99 * 12), "name", 4);
    assert_int_equal(table_memory(&t), t.text_len + t.nslots * 6);
    table_deinit(&t);
}

static void test_no_more_than_places_can_tell(void **state)
{
    struct domains_table t = {0};

    (void)state;
    assert_int_equal(table_reserve(&t, (size_t)UINT32_MAX + 1), -ENOMEM);
    assert_int_equal(table_make_slots(&t, UINT32_MAX), -ENOMEM);
    assert_null(t.text);
    assert_null(t.places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_round_the_end),
        cmocka_unit_test(test_mark_of_zero),
        cmocka_unit_test(test_no_records),
        cmocka_unit_test(test_text_grows_and_shrinks),
        cmocka_unit_test(test_no_more_than_places_can_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
