/* SPDX-License-Identifier: Apache-2.0
 * test_jsonc_locate.c - from paths to offsets, from offsets to lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/jsonc.h"
#include "support/guard.h"

struct position_row {
    const char *name;
    struct str text;
    size_t at;
    unsigned line, column;
};

/* clang-format off */
static const struct position_row position_rows[] = {
    {"the beginning",            STR("abc"), 0, 1, 1},
    {"nothing",                  STR(""), 0, 1, 1},
    {"in the first line",        STR("abc"), 2, 1, 3},
    {"after a line feed",        STR("a\nbc"), 3, 2, 2},
    {"the line feed itself",     STR("a\nbc"), 1, 1, 2},
    {"CRLF is one line end",     STR("a\r\nb\r\nc"), 6, 3, 1},
    {"between CR and LF",        STR("a\r\nb"), 2, 1, 3},
    {"a lone CR ends a line",    STR("a\rb"), 2, 2, 1},
    {"columns are bytes",        STR("\xc3\xa9x"), 2, 1, 3},
    {"the end",                  STR("a\n"), 2, 2, 1},
    {"beyond the end",           STR("a\n"), 99, 2, 1},
};
/* clang-format on */

static void test_position(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(position_rows); i++) {
        const struct position_row *row = &position_rows[i];
        char *text = guard_copy(row->text.bytes, row->text.len);
        unsigned line, column;

        jsonc_position((struct str){text, row->text.len}, row->at, &line, &column);
        if (line != row->line || column != row->column)
            fail_msg("%s: %u:%u", row->name, line, column);
        guard_free(text, row->text.len);
    }
}

static const char document[] =
    " {\"a\": [10, \"x]\\\"\", {\"b\": 1}, []],\n"
    "  \"a\": 2, \"q\\u0041\\/\\n\": 3, \"\\ud83d\\ude00\\u00e9\\u20ac\": 4, \"\": {}, \"z\": [ ]}";

struct locate_row {
    const char *name;
    struct jsonc_step path[3];
    size_t depth;
    const char *value; /* the text there; NULL: nowhere */
    const char *key;
};

/* clang-format off */
static const struct locate_row locate_rows[] = {
    {"the whole",              {{NULL, 0}}, 0, "{\"a\": [10", "{\"a\": [10"},
    {"a member",               {{"a", 0}}, 1, "[10, ", "\"a\": [10"},
    {"the second of a name",   {{"a", 1}}, 1, "2, ", "\"a\": 2"},
    {"no third of a name",     {{"a", 2}}, 1, NULL, NULL},
    {"an element",             {{"a", 0}, {NULL, 0}}, 2, "10, ", "10, "},
    {"brackets in a string",   {{"a", 0}, {NULL, 1}}, 2, "\"x]", "\"x]"},
    {"deep",                   {{"a", 0}, {NULL, 2}, {"b", 0}}, 3, "1}", "\"b\": 1"},
    {"the last element",       {{"a", 0}, {NULL, 3}}, 2, "[]]", "[]]"},
    {"one element too far",    {{"a", 0}, {NULL, 4}}, 2, NULL, NULL},
    {"an escaped name",        {{"qA/\n", 0}}, 1, "3, ", "\"q\\u0041"},
    {"a name beyond ASCII",    {{"\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac", 0}}, 1, "4, ", "\"\\ud83d"},
    {"an empty name",          {{"", 0}}, 1, "{}", "\"\": {"},
    {"a prefix of a name",     {{"q", 0}}, 1, NULL, NULL},
    {"case matters",           {{"A", 0}}, 1, NULL, NULL},
    {"an element of an object", {{NULL, 0}}, 1, NULL, NULL},
    {"a member of a list",     {{"a", 0}, {"b", 0}}, 2, NULL, NULL},
    {"a member of nothing",    {{"", 0}, {"b", 0}}, 2, NULL, NULL},
    {"an element of nothing",  {{"z", 0}, {NULL, 0}}, 2, NULL, NULL},
    {"inside a number",        {{"a", 1}, {"b", 0}}, 2, NULL, NULL},
};
/* clang-format on */

static void check_at(const char *row, const char *text, size_t at, const char *expected)
{
    size_t len = sizeof document - 1;

    if (!expected && at != len)
        fail_msg("%s: found at %zu", row, at);
    if (expected && (len - at < strlen(expected) || strncmp(text + at, expected, strlen(expected))))
        fail_msg("%s: found at %zu: '%.20s'", row, at, document + at);
}

static void test_locate(void **state)
{
    size_t len = sizeof document - 1;
    char *text = guard_copy(document, len);
    struct str whole = {text, len};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(locate_rows); i++) {
        const struct locate_row *row = &locate_rows[i];

        check_at(row->name, text, jsonc_locate(whole, row->path, row->depth, false), row->value);
        check_at(row->name, text, jsonc_locate(whole, row->path, row->depth, true), row->key);
    }
    guard_free(text, len);
}

/* Text that is not normalized gives a wrong answer, and reads nothing outside. */
static void test_every_cut(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof document; len++) {
        char *text = guard_copy(document, len);

        for (size_t i = 0; i < ARRAY_LEN(locate_rows); i++) {
            const struct locate_row *row = &locate_rows[i];

            if (jsonc_locate((struct str){text, len}, row->path, row->depth, false) > len)
                fail_msg("%s: beyond the end of %zu bytes", row->name, len);
        }
        guard_free(text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_position),
        cmocka_unit_test(test_locate),
        cmocka_unit_test(test_every_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
