/* SPDX-License-Identifier: Apache-2.0
 * test_config_settings.c - what stands under "policy" is walked through as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "filter/config_settings.h"

/* Appends a value in a notation of its own: kind, and in brackets what it holds. */
static void write_down(char *out, size_t cap, const struct setting *value)
{
    struct setting item;
    size_t len = strlen(out);

    if (value->name) {
        snprintf(out + len, cap - len, "%s:", value->name);
        len = strlen(out);
    }
    switch (value->kind) {
    case SETTING_NULL:
        snprintf(out + len, cap - len, "null ");
        return;
    case SETTING_BOOL:
        snprintf(out + len, cap - len, "%s ", value->truth ? "true" : "false");
        return;
    case SETTING_NUMBER:
        snprintf(out + len, cap - len, "%g ", value->number);
        return;
    case SETTING_TEXT:
        snprintf(out + len, cap - len, "'%s' ", value->text);
        return;
    case SETTING_LIST:
    case SETTING_OBJECT:
        break;
    }
    snprintf(out + len, cap - len, value->kind == SETTING_LIST ? "[ " : "{ ");
    for (bool more = setting_first(&item, value); more; more = setting_next(&item))
        write_down(out, cap, &item);
    len = strlen(out);
    snprintf(out + len, cap - len, value->kind == SETTING_LIST ? "] " : "} ");
}

static const struct {
    const char *name, *json, *expect;
} rows[] = {
    {"no such key", "{}", "null "},
    {"nothing in it", "{\"policy\": {}}", "{ } "},
    {"every kind, in its order",
     "{\"policy\": {\"z\": null, \"a\": true, \"b\": false, \"n\": -1.5, \"t\": \"x\"}}",
     "{ z:null a:true b:false n:-1.5 t:'x' } "},
    {"empty ones", "{\"policy\": {\"l\": [], \"o\": {}, \"t\": \"\"}}", "{ l:[ ] o:{ } t:'' } "},
    {"within each other", "{\"policy\": {\"a\": [1, [2, {\"b\": [3]}], \"c\"], \"d\": {\"e\": 4}}}",
     "{ a:[ 1 [ 2 { b:[ 3 ] } ] 'c' ] d:{ e:4 } } "},
    {"the same key in two objects", "{\"policy\": {\"a\": {\"k\": 1}, \"b\": {\"k\": 2}}}",
     "{ a:{ k:1 } b:{ k:2 } } "},
};

static void test_walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_config *config = NULL;
        fence_error err = {0};
        char seen[256] = "";
        struct setting root;

        if (fence_config_parse(&config, "x", rows[i].json, strlen(rows[i].json), NULL, 0, &err) < 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        root = setting_root(config);
        assert_true(root.kind == SETTING_NULL || strcmp(root.name, "policy") == 0);
        root.name = NULL; /* the same in each row */
        write_down(seen, sizeof seen, &root);
        if (strcmp(seen, rows[i].expect) != 0)
            fail_msg("%s: %s", rows[i].name, seen);
        fence_config_unref(config);
    }
}

/* What holds nothing has no first value: nothing at all, a number, a text. */
static void test_nothing_in_it(void **state)
{
    static const char json[] = "{\"policy\": {\"n\": 1, \"t\": \"x\"}}";
    fence_config *config = NULL;
    struct setting none = {0}, item, root, first;

    (void)state;
    assert_false(setting_first(&item, &none));
    assert_int_equal(fence_config_parse(&config, "x", json, sizeof json - 1, NULL, 0, NULL), 0);
    root = setting_root(config);
    assert_true(setting_first(&first, &root));
    do
        assert_false(setting_first(&item, &first));
    while (setting_next(&first));
    assert_int_equal(item.kind, SETTING_NULL);
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_nothing_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
