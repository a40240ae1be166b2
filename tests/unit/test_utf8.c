/* SPDX-License-Identifier: Apache-2.0
 * test_utf8.c - what becomes of text on a terminal and in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/utf8.h"

#define R "\\ufffd"

static const struct {
    const char *name, *text, *shown, *json;
} rows[] = {
    {"nothing", "", "", ""},
    {"ASCII", "a ~", "a ~", "a ~"},
    {"quotes", "\"\\", "\"\\", "\\\"\\\\"},
    {"controls", "\n\t\x1b\x7f", "\\x0a\\x09\\x1b\\x7f", "\\u000a\\u0009\\u001b\\u007f"},
    {"C1", "\xc2\x80\xc2\x9b", "\\xc2\\x80\\xc2\\x9b", "\\u0080\\u009b"},
    {"two bytes", "\xc2\xa0\xc3\xa9", "\xc2\xa0\xc3\xa9", "\xc2\xa0\xc3\xa9"},
    {"three", "\xe2\x82\xac", "\xe2\x82\xac", "\xe2\x82\xac"},
    {"four", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"the last", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"one too many", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", R R R R},
    {"a line's end", "\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\u2028"},
    {"the other way", "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\u202e"},
    {"a continuation", "a\x80z", "a\\x80z", "a" R "z"},
    {"cut", "\xe2\x82", "\\xe2\\x82", R R},
    {"cut by a letter",
     "\xf0\x9f"
     "a",
     "\\xf0\\x9fa", R R "a"},
    {"too long for a slash", "\xc0\xaf", "\\xc0\\xaf", R R},
    {"the same in three", "\xe0\x80\xaf", "\\xe0\\x80\\xaf", R R R},
    {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", R R R},
    {"no byte of UTF-8", "\xff\xf8", "\\xff\\xf8", R R},
};

static char *written(void (*print)(FILE *, const char *), const char *text)
{
    char *out = NULL;
    size_t len;
    FILE *file = open_memstream(&out, &len);

    assert_non_null(file);
    print(file, text);
    assert_int_equal(fclose(file), 0);
    return out;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *shown = written(utf8_print, rows[i].text);
        char *json = written(utf8_print_json, rows[i].text);
        size_t len = strlen(json);

        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("%s: shown as '%s'", rows[i].name, shown);
        assert_true(len >= 2 && json[0] == '"' && json[len - 1] == '"');
        json[len - 1] = '\0';
        if (strcmp(json + 1, rows[i].json) != 0)
            fail_msg("%s: as JSON '%s'", rows[i].name, json + 1);
        free(shown);
        free(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
