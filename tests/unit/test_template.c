/* SPDX-License-Identifier: Apache-2.0
 * test_template.c - each template is settings that load, says what it is for, and is found. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "filter/config.h"
#include "filter/template.h"

static void test_each(void **state)
{
    const char *before = "";
    fence_template each;
    size_t count = 0;

    (void)state;
    for (; fence_template_at(&each, count) == 0; count++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};
        char head[200];

        snprintf(head, sizeof head, "// %s: %s\n", each.name, each.about);
        if (strncmp(each.text, head, strlen(head)) != 0)
            fail_msg("%s does not begin with its own words", each.name);
        if (strcmp(before, each.name) >= 0)
            fail_msg("%s: out of order", each.name);
        if (fence_config_template(&config, each.name, NULL, 0, &err) < 0)
            fail_msg("%s: %s", each.name, err.message);
        before = each.name;
        fence_config_unref(config);
    }
    assert_int_equal(count, 12);
    assert_int_equal(fence_template_at(&each, count), -ENOENT);
}

static void test_find(void **state)
{
    static const struct {
        const char *name, *asked, *error;
    } rows[] = {
        {"known", "code", NULL},
        {"a letter missing", "cod", "there is no template 'cod'; did you mean 'code'?"},
        {"two letters swapped", "hemres", "there is no template 'hemres'; did you mean 'hermes'?"},
        {"another case", "NPM-install",
         "there is no template 'NPM-install'; did you mean 'npm-install'?"},
        {"nothing like it", "zzzzzzzzzz",
         "there is no template 'zzzzzzzzzz': fence templates list names them"},
        {"nothing", "", "there is no template '': fence templates list names them"},
        {"an escape sequence", "\033[31m;;;;",
         "there is no template '\\x1b[31m;;;;': fence templates list names them"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_template found = {.name = NULL};
        fence_error err = {0, ""};
        int rc = template_find(&found, rows[i].asked, &err);

        if (rc != (rows[i].error ? FENCE_ECONFIG : 0) ||
            strcmp(err.message, rows[i].error ? rows[i].error : "") != 0)
            fail_msg("%s: %d %s", rows[i].name, rc, err.message);
        if (!rows[i].error)
            assert_string_equal(found.name, rows[i].asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
