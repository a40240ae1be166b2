/* SPDX-License-Identifier: Apache-2.0
 * test_config_link.c - settings from one place: what they are called, and their JSON. */
#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "filter/config_chain.h"

static void test_kinds(void **state)
{
    struct config_link text = {0}, template = {0}, file = {0};

    (void)state;
    assert_int_equal(config_link_text(&text, "mine", "{} // so", 8, NULL), 0);
    assert_int_equal(text.kind, CONFIG_TEXT);
    assert_string_equal(text.name, "mine");
    assert_int_equal(config_link_parse(&text, NULL), 0);
    assert_true(cJSON_IsObject(text.json));

    assert_int_equal(config_link_template(&template, "code", NULL), 0);
    assert_int_equal(template.kind, CONFIG_TEMPLATE);
    assert_string_equal(template.name, "template code");
    assert_int_equal(config_link_parse(&template, NULL), 0);

    assert_int_equal(config_link_file(&file, FENCE_TESTS "/../policies/templates/code.json", NULL),
                     0);
    assert_int_equal(file.kind, CONFIG_FILE);
    assert_string_equal(file.name, FENCE_TESTS "/../policies/templates/code.json");
    assert_int_equal(config_link_parse(&file, NULL), 0);
    assert_true(cJSON_Compare(file.json, template.json, true)); /* the embedded one is the file */

    config_link_deinit(&text);
    config_link_deinit(&template);
    config_link_deinit(&file);
    assert_null(file.name);
    config_link_deinit(&file);
}

static void test_refused(void **state)
{
    struct config_link link = {0};
    fence_error err = {0, ""};

    (void)state;
    assert_int_equal(config_link_file(&link, "/nonexistent/a\033.json", &err), FENCE_ECONFIG);
    assert_string_equal(err.message, "'/nonexistent/a\\x1b.json' does not exist");
    assert_int_equal(config_link_template(&link, "cod", &err), FENCE_ECONFIG);
    assert_null(link.name);
    assert_int_equal(config_link_text(&link, "mine", "{,}", 3, &err), 0);
    assert_int_equal(config_link_parse(&link, &err), FENCE_ECONFIG);
    assert_memory_equal(err.message, "mine:1:2: ", 10);
    config_link_deinit(&link);
    assert_int_equal(config_link_text(&link, "mine", "", (size_t)LIMIT_CONFIG_BYTES + 1, &err), 0);
    assert_null(link.text); /* not even copied */
    assert_int_equal(config_link_parse(&link, &err), FENCE_ECONFIG);
    assert_string_equal(err.message, "mine: has more than 67108864 bytes");
    config_link_deinit(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
