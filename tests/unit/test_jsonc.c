/* SPDX-License-Identifier: Apache-2.0
 * test_jsonc.c - what is JSON with comments and what is not, each with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "filter/jsonc.h"
#include "support/guard.h"

struct row {
    const char *name;
    struct str text;
    const char *expected; /* the normalized text, or a part of the error */
    unsigned line, column;
};

/* clang-format off */
static const struct row good_rows[] = {
    {"empty object",                    STR("{}"), "{}", 0, 0},
    {"a lonely value",                  STR(" true "), " true ", 0, 0},
    {"a lonely string at the end",      STR("\"x\""), "\"x\"", 0, 0},
    {"a lonely number at the end",      STR("-0.5e+10"), "-0.5e+10", 0, 0},
    {"white space of four kinds",       STR("\t[\r\n 1 ]\n"), "\t[\r\n 1 ]\n", 0, 0},
    {"-0, 0e1, 1E-2",                   STR("[-0,0e1,1E-2]"), "[-0,0e1,1E-2]", 0, 0},
    {"every escape",                    STR("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"]"),
                                        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"]", 0, 0},
    {"a surrogate pair",                STR("[\"\\ud83d\\uDE00\"]"), "[\"\\ud83d\\uDE00\"]", 0, 0},
    {"UTF-8 of 2, 3 and 4 bytes",       STR("[\"\xc2\x80\xe0\xa0\x80\xf4\x8f\xbf\xbf\"]"),
                                        "[\"\xc2\x80\xe0\xa0\x80\xf4\x8f\xbf\xbf\"]", 0, 0},
    {"DEL stands for itself",           STR("[\"\x7f\"]"), "[\"\x7f\"]", 0, 0},
    {"3L.215 one byte order mark",      STR("\xef\xbb\xbf{}"), "   {}", 0, 0},
    {"3L.217 line comment",             STR("{ // x\n}"), "{     \n}", 0, 0},
    {"3L.217 // at EOF without newline", STR("{}// x"), "{}    ", 0, 0},
    {"3L.217 bare // at EOF",           STR("{}//"), "{}  ", 0, 0},
    {"3L.217 a CR ends a line comment", STR("[//\r1]"), "[  \r1]", 0, 0},
    {"3L.217 block comment keeps lines", STR("[/*a\r\nb*/1]"), "[   \r\n   1]", 0, 0},
    {"3L.217 comments that touch",      STR("/**//**/[/***/]"), "        [     ]", 0, 0},
    {"3L.217 comment after a value",    STR("{\"a\":1}/**/"), "{\"a\":1}    ", 0, 0},
    {"3L.217 comment before a value",   STR("{\"a\":/*c*/\"b\"}"), "{\"a\":     \"b\"}", 0, 0},
    {"3L.217 UTF-8 in a comment",       STR("[/*\xc3\xa9*/]"), "[      ]", 0, 0},
    {"3L.217 comment inside a string",  STR("[\"//x\",\"/*y*/\"]"), "[\"//x\",\"/*y*/\"]", 0, 0},
    {"3L.217 trailing comma of a list", STR("[\"\",]"), "[\"\" ]", 0, 0},
    {"3L.217 trailing comma of an object", STR("{\"id\":0,}"), "{\"id\":0 }", 0, 0},
    {"3L.217 trailing comma, then comments", STR("[1,/*,*/ //,\n]"), "[1          \n]", 0, 0},
    {"3L.217 trailing commas, nested",  STR("[[1,],{\"a\":[],},]"), "[[1 ],{\"a\":[] } ]", 0, 0},
};

static const struct row bad_rows[] = {
    {"3L.212 empty",                    STR(""), "is empty: write {}", 1, 1},
    {"3L.212 blank",                    STR(" \n "), "is empty: write {}", 1, 1},
    {"3L.212 a comment alone",          STR("// nothing"), "is empty: write {}", 1, 1},
    {"a byte order mark alone",         STR("\xef\xbb\xbf"), "is empty: write {}", 1, 1},
    {"3L.214 escaped NUL",              STR("[\"evil\\u0000.good.test\"]"), "\\u0000", 1, 7},
    {"3L.214 raw NUL in a string",      STR("[\"a\0b\"]"), "NUL", 1, 4},
    {"3L.214 raw NUL in a comment",     STR("[/*\0*/]"), "NUL", 1, 4},
    {"3L.214 raw NUL after the value",  STR("{}\0"), "something follows", 1, 3},
    {"3L.215 UTF-16LE with a mark",     STR("\xff\xfe{\0}\0"), "UTF-16", 1, 1},
    {"3L.215 UTF-16BE with a mark",     STR("\xfe\xff\0{\0}"), "UTF-16", 1, 1},
    {"3L.215 UTF-16LE",                 STR("{\0}\0"), "UTF-16", 1, 1},
    {"3L.215 UTF-16BE",                 STR("\0{\0}"), "UTF-16", 1, 1},
    {"3L.215 two byte order marks",     STR("\xef\xbb\xbf\xef\xbb\xbf{}"), "a value is", 1, 4},
    {"3L.215 half a byte order mark",   STR("\xef\xbb{}"), "a value is", 1, 1},
    {"3L.217 /**/ before the mark",     STR("/**/\xef\xbb\xbf{}"), "a value is", 1, 5},
    {"3L.215 lone continuation byte",   STR("[\"\x80\"]"), "UTF-8", 1, 3},
    {"3L.215 overlong slash",           STR("[\"\xc0\xaf\"]"), "UTF-8", 1, 3},
    {"3L.215 overlong, 3 bytes",        STR("[\"\xe0\x9f\xbf\"]"), "UTF-8", 1, 3},
    {"3L.215 overlong, 4 bytes",        STR("[\"\xf0\x8f\xbf\xbf\"]"), "UTF-8", 1, 3},
    {"3L.215 a surrogate as UTF-8",     STR("[\"\xed\xa0\x80\"]"), "UTF-8", 1, 3},
    {"3L.215 beyond U+10FFFF",          STR("[\"\xf4\x90\x80\x80\"]"), "UTF-8", 1, 3},
    {"3L.215 no such first byte",       STR("[\"\xf5\x80\x80\x80\"]"), "UTF-8", 1, 3},
    {"3L.215 cut inside a character",   STR("[\"\xe2\x82"), "UTF-8", 1, 3},
    {"3L.215 bad UTF-8 in a comment",   STR("{}//\xff"), "UTF-8", 1, 5},
    {"3L.215 lone high surrogate",      STR("[\"\\ud800\"]"), "surrogate", 1, 3},
    {"3L.215 lone low surrogate",       STR("[\"\\udfaa\"]"), "surrogate", 1, 3},
    {"3L.215 high, then an escape",     STR("[\"\\ud800\\n\"]"), "surrogate", 1, 3},
    {"3L.215 high, then no low one",    STR("[\"\\ud888\\u1234\"]"), "surrogate", 1, 3},
    {"3L.215 high, then beyond low ones", STR("[\"\\ud800\\ue000\"]"), "surrogate", 1, 3},
    {"3L.215 two low surrogates",       STR("[\"\\udc00\\udc00\"]"), "surrogate", 1, 3},
    {"3L.215 inverted surrogates",      STR("[\"\\udd1e\\ud834\"]"), "surrogate", 1, 3},
    {"3L.217 unterminated comment",     STR("{}\n /* x"), "comment is not closed", 2, 2},
    {"3L.217 /*/ is not closed",        STR("{}/*/"), "comment is not closed", 1, 3},
    {"3L.217 a lone slash",             STR("{}/"), "begins no comment", 1, 3},
    {"3L.217 a shell comment",          STR("# x\n{}"), "a value is", 1, 1},
    {"3L.217 only a comma",             STR("[,]"), "a value is missing", 1, 2},
    {"3L.217 two commas",               STR("[1,,]"), "a value is missing", 1, 4},
    {"3L.217 comma in an empty object", STR("{,}"), "a name in double quotes", 1, 2},
    {"3L.217 two commas in an object",  STR("{\"a\":1,,}"), "a name in double quotes", 1, 8},
    {"3L.218 trailing garbage",         STR("{} x"), "something follows", 1, 4},
    {"3L.218 two values",               STR("{}{}"), "something follows", 1, 3},
    {"3L.218 comma after the value",    STR("{},"), "something follows", 1, 3},
    {"3L.218 form feed as space",       STR("[\f]"), "a value is", 1, 2},
    {"3L.218 vertical tab as space",    STR("\v{}"), "a value is", 1, 1},
    {"3L.218 no-break space",           STR("\xc2\xa0{}"), "a value is", 1, 1},
    {"3L.219 U+2060 after an array",    STR("[\xe2\x81\xa0]"), "a value is", 1, 2},
    {"3L.219 unclosed array",           STR("[1"), "',' or ']'", 1, 3},
    {"3L.219 unclosed object",          STR("{\"a\":1"), "',' or '}'", 1, 7},
    {"3L.219 unclosed after a comma",   STR("[1,"), "a value is missing", 1, 4},
    {"3L.219 closed by the wrong one",  STR("[1}"), "',' or ']'", 1, 3},
    {"3L.219 missing colon",            STR("{\"a\" 1}"), "a ':' is missing", 1, 6},
    {"3L.219 missing value",            STR("{\"a\":}"), "a value is missing", 1, 6},
    {"3L.219 name without quotes",      STR("{a:1}"), "a name in double quotes", 1, 2},
    {"3L.219 number as a name",         STR("{1:1}"), "a name in double quotes", 1, 2},
    {"3L.219 single quotes",            STR("['a']"), "double quotes", 1, 2},
    {"3L.219 unclosed string",          STR("[\"a"), "string is not closed", 1, 2},
    {"3L.219 a string ends in a backslash", STR("[\"\\"), "escape", 1, 3},
    {"3L.219 line feed in a string",    STR("[\n\"a\nb\"]"), "string is not closed", 2, 1},
    {"3L.219 tab in a string",          STR("[\"a\tb\"]"), "control character", 1, 4},
    {"3L.219 escape \\x",               STR("[\"\\x41\"]"), "no such escape", 1, 3},
    {"3L.219 escape \\'",               STR("[\"\\'\"]"), "no such escape", 1, 3},
    {"3L.219 \\u of three digits",      STR("[\"\\u00A\"]"), "four hexadecimal", 1, 3},
    {"3L.219 \\u cut",                  STR("[\"\\u00"), "four hexadecimal", 1, 3},
    {"3L.219 leading zero",             STR("[01]"), "begin with 0", 1, 2},
    {"3L.219 negative leading zero",    STR("[-01]"), "begin with 0", 1, 2},
    {"3L.219 plus sign",                STR("[+1]"), "a value is", 1, 2},
    {"3L.219 a lone minus",             STR("[-]"), "not a number", 1, 2},
    {"3L.219 no digit after the point", STR("[1.]"), "not a number", 1, 2},
    {"3L.219 no digit before the point", STR("[.5]"), "a value is", 1, 2},
    {"3L.219 no digit in the exponent", STR("[1e]"), "not a number", 1, 2},
    {"3L.219 signed exponent, no digit", STR("[1e+]"), "not a number", 1, 2},
    {"3L.219 hexadecimal",              STR("[0x1]"), "',' or ']'", 1, 3},
    {"3L.219 NaN",                      STR("[NaN]"), "a value is", 1, 2},
    {"3L.219 -Infinity",                STR("[-Infinity]"), "not a number", 1, 2},
    {"3L.219 cut word",                 STR("[tru"), "a value is", 1, 2},
    {"3L.219 capital word",             STR("[True]"), "a value is", 1, 2},
    {"3L.219 word with a tail",         STR("[nullx]"), "',' or ']'", 1, 6},
    {"3L.219 a lone bracket",           STR("]"), "a value is missing", 1, 1},
};
/* clang-format on */

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_rows); i++) {
        const struct row *row = &good_rows[i];
        char *text = guard_copy(row->text.bytes, row->text.len);
        struct jsonc_error why = {0, ""};

        if (!jsonc_normalize(text, row->text.len, &why))
            fail_msg("%s: refused at %zu: %s", row->name, why.at, why.text);
        if (!str_equal((struct str){text, row->text.len}, str_of(row->expected)))
            fail_msg("%s: became '%.*s'", row->name, (int)row->text.len, text);
        guard_free(text, row->text.len);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_rows); i++) {
        const struct row *row = &bad_rows[i];
        char *text = guard_copy(row->text.bytes, row->text.len);
        struct jsonc_error why = {0, ""};
        unsigned line, column;

        if (jsonc_normalize(text, row->text.len, &why))
            fail_msg("%s: taken", row->name);
        jsonc_position((struct str){text, row->text.len}, why.at, &line, &column);
        if (!strstr(why.text, row->expected))
            fail_msg("%s: '%s'", row->name, why.text);
        if (line != row->line || column != row->column)
            fail_msg("%s: at %u:%u, not %u:%u", row->name, line, column, row->line, row->column);
        guard_free(text, row->text.len);
    }
}

/* `open` * count, then `close` * count. */
static bool nested(char open, char close, size_t count)
{
    char *text = malloc(2 * count);
    struct jsonc_error why;
    bool ok;

    memset(text, open, count);
    memset(text + count, close, count);
    ok = jsonc_normalize(text, 2 * count, &why);
    free(text);
    return ok;
}

static void test_depth(void **state)
{
    (void)state;
    assert_true(nested('[', ']', LIMIT_CONFIG_DEPTH));
    assert_false(nested('[', ']', LIMIT_CONFIG_DEPTH + 1));
    assert_false(nested('[', ']', 200000)); /* 3L.216 */
}

/* A string or a number of `count` bytes. */
static bool filled(char quote, char fill, size_t count)
{
    char *text = malloc(count + 2);
    struct jsonc_error why;
    bool ok;

    text[0] = text[count + 1] = quote;
    memset(text + 1, fill, count);
    ok = jsonc_normalize(text, count + 2, &why);
    free(text);
    return ok;
}

static void test_length(void **state)
{
    (void)state;
    assert_true(filled('"', 'a', LIMIT_CONFIG_STRING));
    assert_false(filled('"', 'a', LIMIT_CONFIG_STRING + 1));
    assert_false(filled('"', 'a', 10 * 1024 * 1024)); /* 3L.216 10 MB string */
    assert_true(filled(' ', '1', LIMIT_CONFIG_NUMBER));
    assert_false(filled(' ', '1', LIMIT_CONFIG_NUMBER + 1));
    assert_false(filled(' ', '1', 100000)); /* 3L.216 10^5-digit number */
}

/* Cut anywhere, a document is refused, and nothing beyond its end is read. */
static void test_every_cut(void **state)
{
    static const char text[] = "{/*c*/\"a\\u00e9\": [1.5e3, -0, true, null, \"\xe2\x82\xac\","
                               " {\"\\ud83d\\ude00\": false,},], // d\n\"b\": {}}";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = guard_copy(text, len);
        struct jsonc_error why = {SIZE_MAX, ""};
        bool ok = jsonc_normalize(copy, len, &why);

        if (ok != (len == sizeof text - 1))
            fail_msg("cut at %zu: %s", len, ok ? "taken" : why.text);
        if (!ok && why.at > len)
            fail_msg("cut at %zu: the error lies at %zu", len, why.at);
        guard_free(copy, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_bad),
        cmocka_unit_test(test_depth),     cmocka_unit_test(test_length),
        cmocka_unit_test(test_every_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
