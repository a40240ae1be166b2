/* SPDX-License-Identifier: Apache-2.0
 * test_config_reader.c - errors that say where, repeated names, lists of strings. */
#include "filter/config_reader.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char name[] = "f.json", text[] = "{\n  \"a\": [\"x\", 1],\n  \"b\": null, \"b\": 2}";

static const struct config_chain chain = {
    .links = {{.kind = CONFIG_FILE, .name = name, .text = text, .len = sizeof text - 1}},
    .count = 1,
};

static struct reader reader_of(fence_error *err)
{
    return (struct reader){.chain = &chain, .err = err};
}

static void test_places(void **state)
{
    fence_error err = {0, ""};
    struct reader r = reader_of(&err);
    cJSON *null = cJSON_CreateNull();

    (void)state;
    assert_int_equal(fail_here(&r, false, ": %s", "wrong"), FENCE_ECONFIG);
    assert_string_equal(err.message, "f.json:1:1: wrong");
    r.path[r.depth++] = (struct jsonc_step){"a", 0};
    fail_here(&r, true, ": wrong");
    assert_string_equal(err.message, "f.json:2:3: a: wrong");
    r.path[r.depth++] = (struct jsonc_step){NULL, 1};
    fail_value(&r, "\033", "wrong");
    assert_string_equal(err.message, "f.json:2:14: a[1]: '\\x1b': wrong");
    fail_type(&r, null, "a string");
    assert_string_equal(err.message, "f.json:2:14: a[1]: null is no value here: leave the key out");
    assert_int_equal(fail_memory(&r), -ENOMEM);
    cJSON_Delete(null);
}

static void test_duplicates(void **state)
{
    fence_error err = {0, ""};
    struct reader r = reader_of(&err);
    cJSON *json = cJSON_Parse(text);

    (void)state;
    assert_int_equal(check_duplicates(&r, json), FENCE_ECONFIG);
    assert_string_equal(err.message, "f.json:3:14: b: this key stands here twice: remove one");
    cJSON_DeleteItemFromObjectCaseSensitive(json, "b");
    r.depth = 0;
    assert_int_equal(check_duplicates(&r, json), 0);
    cJSON_Delete(json);
}

static int take_item(struct reader *r, const char *item, size_t index, size_t field)
{
    assert_string_equal(item, "x");
    assert_int_equal(index, 0);
    assert_int_equal(field, 7);
    assert_int_equal(r->depth, 2);
    return 0;
}

static void test_list(void **state)
{
    fence_error err = {0, ""};
    struct reader r = reader_of(&err);
    cJSON *json = cJSON_Parse(text);

    (void)state;
    r.path[r.depth++] = (struct jsonc_step){"a", 0};
    assert_int_equal(read_list(&r, cJSON_GetObjectItemCaseSensitive(json, "a"), 7, take_item),
                     FENCE_ECONFIG);
    assert_string_equal(err.message,
                        "f.json:2:14: a[1]: must be a string: this is a list of strings");
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
