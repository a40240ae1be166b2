/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_text.c - paths as strings, and patterns as expressions. What an expression matches
 * is told by regcomp(3): those of a profile are of the same kind, over bytes. */
#include <errno.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/pattern.h"
#include "sandbox/seatbelt_text.h"

#define MOST 8

static const struct row {
    const char *name, *base, *rest;
    enum seatbelt_reach reach;
    const char *closed[MOST], *free[MOST];
} rows[] = {
    {"a name",
     "/p",
     ".vscode",
     SEATBELT_AND_BELOW,
     {"/p/.vscode", "/p/.vscode/x/y"},
     {"/p/.vscode2", "/p/x.vscode", "/p/x/.vscode", "/q/p/.vscode", "/p", "/p/vscode"}},
    {"272 case", "/p", ".bashrc", SEATBELT_AND_BELOW, {"/p/.BASHRC", "/p/.BashRc"}, {"/P/.bashrc"}},
    {"272 a long s and a Kelvin sign",
     "/p",
     "desk",
     SEATBELT_AND_BELOW,
     {"/p/de\xc5\xbfk", "/p/des\xe2\x84\xaa", "/p/de\xc5\xbf\xe2\x84\xaa"},
     {"/p/dexk", "/p/desx"}},
    {"272 a ligature",
     "/p",
     "office-list",
     SEATBELT_AND_BELOW,
     {"/p/o\xef\xac\x83"
      "ce-list",
      "/p/office-li\xef\xac\x86"},
     {"/p/oxxice-list"}},
    {"272 a composed letter for two",
     "/p",
     "cafe\xcc\x81",
     SEATBELT_AND_BELOW,
     {"/p/cafe\xcc\x81", "/p/caf\xc3\xa9", "/p/CAF\xc3\x89"},
     {"/p/cafe/x/y", "/p/cab"}},
    {"272 two for a composed letter",
     "/p",
     "\xc3\xa9tude",
     SEATBELT_AND_BELOW,
     {"/p/e\xcc\x81tude", "/p/\xc3\xa9tude", "/p/\xc3\x89TUDE"},
     {"/p/xtude"}},
    {"everywhere below",
     "/p",
     "**/.env",
     SEATBELT_AND_BELOW,
     {"/p/.env", "/p/a/b/.env", "/p/.env/x"},
     {"/p/a.env", "/p/.envrc", "/q/.env"}},
    {"below any folder",
     NULL,
     "**/.env",
     SEATBELT_AND_BELOW,
     {"/p/.env", "/.env", "/a/b/.ENV/x"},
     {"/p/a.env", "/p/.envrc"}},
    {"folders between",
     "/p",
     "a/**/b",
     SEATBELT_AND_BELOW,
     {"/p/a/b", "/p/a/x/y/b"},
     {"/p/a/xb", "/p/b", "/p/ab"}},
    {"a star",
     "/p",
     "*.pem",
     SEATBELT_AND_BELOW,
     {"/p/x.pem", "/p/.pem"},
     {"/p/a/x.pem", "/p/x.pemx"}},
    {"a question mark",
     "/p",
     "a?b",
     SEATBELT_AND_BELOW,
     {"/p/a.b", "/p/axb"},
     {"/p/ab", "/p/a/b", "/p/axxb"}},
    {"272 letters of other alphabets for a question mark, and for two",
     "/p",
     "k??t",
     SEATBELT_AND_BELOW,
     {"/p/kast", "/p/k\xef\xac\x81t", "/p/ka\xc5\xbft", "/p/k\xc3\xa4\xc3\xa4t"},
     {"/p/kat", "/p/kt", "/p/k/\xc3\xa4t", "/p/kaaat"}},
    {"272 a long s, and a ligature, for letters of a class",
     "/p",
     "de[sf][i]k",
     SEATBELT_AND_BELOW,
     {"/p/desik", "/p/de\xc5\xbfik", "/p/de\xef\xac\x81k"},
     {"/p/dexik", "/p/desk", "/p/dek/"}},
    {"272 a letter that is two of ASCII",
     "/p",
     "stra\xc3\x9f"
     "e",
     SEATBELT_AND_BELOW,
     {"/p/stra\xc3\x9f"
      "e",
      "/p/STRASSE",
      "/p/stra\xc5\xbfs"
      "e"},
     {"/p/straxxe", "/p/strae"}},
    {"a quotation mark",
     "/p\"",
     "a\"b",
     SEATBELT_AND_BELOW,
     {"/p\"/a\"b"},
     {"/p/a\"b", "/p\"/a.b", "/p\"/ab"}},
    {"a class",
     "/p",
     "x[a-c3._-]y",
     SEATBELT_AND_BELOW,
     {"/p/xay", "/p/xBy", "/p/x3y", "/p/x.y", "/p/x-y", "/p/x_y"},
     {"/p/xdy", "/p/x4y", "/p/xy", "/p/x/y"}},
    {"a class of all others",
     "/p",
     "x[!0-4._]y",
     SEATBELT_AND_BELOW,
     {"/p/xdy", "/p/x5y", "/p/x]y", "/p/x^y", "/p/x\\y", "/p/x\"y", "/p/x\xc3y"},
     {"/p/x0y", "/p/x4y", "/p/x.y", "/p/x_y", "/p/x/y"}},
    {"a letter is in a class in both cases, or in none",
     "/p",
     "[!a]",
     SEATBELT_AND_BELOW,
     {"/p/A", "/p/a"},
     {"/p/aa"}},
    {"a class of signs", "/p", "x[]^]y", SEATBELT_AND_BELOW, {"/p/x]y", "/p/x^y"}, {"/p/xay"}},
    {"a class of one case", "/p", "[A-C]", SEATBELT_AND_BELOW, {"/p/a", "/p/B"}, {"/p/d", "/p/1"}},
    {"a class with a control character",
     "/p",
     "x[a\x12]",
     SEATBELT_AND_BELOW,
     {"/p/x\x12", "/p/xA"},
     {"/p/xb"}},
    {"a bracket that is not closed", "/p", "x[ay", SEATBELT_AND_BELOW, {"/p/x[ay"}, {"/p/xay"}},
    {"signs of an expression",
     "/p (a|b)+$",
     "^c.{2}\\\"",
     SEATBELT_AND_BELOW,
     {"/p (a|b)+$/^c.{2}\\\""},
     {"/p a/^c.{2}\\\"", "/p (a|b)+$/^cxx\\\""}},
    {"alone", "/p", "a", SEATBELT_ALONE, {"/p/a"}, {"/p/a/b", "/p/ab"}},
    {"in the root", "/", "a/b", SEATBELT_AND_BELOW, {"/a/b", "/a/b/c"}, {"//a/b", "/x/a/b"}},
    {"everywhere", "/", "**/a", SEATBELT_AND_BELOW, {"/a", "/x/a"}, {"/xa"}},
    {"a control character", "/p", "a\nb", SEATBELT_AND_BELOW, {"/p/a\nb"}, {"/p/ab"}},
};

/* Takes the expression out of (regex #"..."). */
static void compile(regex_t *regex, const char *row, struct str filter)
{
    static const struct str begin = {"(regex #\"", 9}, end = {"\")", 2};
    char text[1024];
    size_t len = 0;

    if (!str_has_prefix(filter, begin) || !str_has_suffix(filter, end))
        fail_msg("%s: no filter: " STR_FMT, row, STR_ARG(filter));
    filter = str_slice(filter, begin.len, filter.len - end.len);
    for (size_t i = 0; i < filter.len; i++) {
        if (filter.bytes[i] == '"') /* nobody is to ask how a reader takes it */
            fail_msg("%s: a quotation mark: " STR_FMT, row, STR_ARG(filter));
        text[len++] = filter.bytes[i];
    }
    text[len] = '\0';
    if (regcomp(regex, text, REG_EXTENDED | REG_NOSUB) != 0)
        fail_msg("%s: no expression: %s", row, text);
}

static void test_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        auto_buf struct buf out = BUF_INIT(4096);
        regex_t regex;

        if (seatbelt_regex(&out, row->base, str_of(row->rest), row->reach) != 0)
            fail_msg("%s: refused", row->name);
        compile(&regex, row->name, buf_str(&out));
        for (size_t k = 0; k < MOST && row->closed[k]; k++) {
            if (regexec(&regex, row->closed[k], 0, NULL, 0) != 0)
                fail_msg("%s: %s is free: " STR_FMT, row->name, row->closed[k],
                         STR_ARG(buf_str(&out)));
        }
        for (size_t k = 0; k < MOST && row->free[k]; k++) {
            if (regexec(&regex, row->free[k], 0, NULL, 0) == 0)
                fail_msg("%s: %s is closed: " STR_FMT, row->name, row->free[k],
                         STR_ARG(buf_str(&out)));
        }
        regfree(&regex);
    }
}

/* 273: whatever pattern.h matches, the expression does; and no byte of it ends the string. */
static void test_every_byte(void **state)
{
    (void)state;
    for (unsigned c = 1; c <= 0xff; c++) {
        char rest[] = {'x', (char)c, 'y', '\0'}, path[] = {'/', 'p', '/', 'x', (char)c, 'y', '\0'};
        auto_buf struct buf out = BUF_INIT(4096);
        regex_t regex;

        if (c == '/')
            continue;
        assert_int_equal(seatbelt_regex(&out, "/p", str_of(rest), SEATBELT_ALONE), 0);
        compile(&regex, rest, buf_str(&out));
        assert_true(pattern_match(rest, path + 3));
        if (regexec(&regex, path, 0, NULL, 0) != 0)
            fail_msg("%02x: " STR_FMT, c, STR_ARG(buf_str(&out)));
        regfree(&regex);
    }
}

static const struct {
    const char *name, *path, *text; /* NULL: refused */
} strings[] = {
    {"a path", "/a b/c", "\"/a b/c\""},
    {"273 a quote", "/a\"b", "\"/a\\\"b\""},
    {"273 a backslash", "/a\\", "\"/a\\\\\""},
    {"273 a parenthesis", "/a)(allow default", "\"/a)(allow default\""},
    {"273 a line's end", "/a\nb", NULL},
    {"273 an escape code", "/a\x1b[m", NULL},
    {"DEL", "/a\x7f", NULL},
    {"other letters", "/\xc3\xa9", "\"/\xc3\xa9\""},
};

static void test_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
        auto_buf struct buf out = BUF_INIT(100), base = BUF_INIT(100);
        int rc = seatbelt_string(&out, strings[i].path);

        if (!strings[i].text) {
            assert_int_equal(rc, -EINVAL);
            assert_int_equal(seatbelt_regex(&base, strings[i].path, STR("x"), SEATBELT_ALONE),
                             -EINVAL);
        } else if (rc != 0 || !str_equal(buf_str(&out), str_of(strings[i].text))) {
            fail_msg("%s: " STR_FMT, strings[i].name, STR_ARG(buf_str(&out)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
