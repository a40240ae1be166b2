/* SPDX-License-Identifier: Apache-2.0
 * test_str.c - slices: comparing, searching, trimming, numbers, escaping. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/str.h"
#include "support/guard.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void test_ascii(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        bool upper = byte >= 'A' && byte <= 'Z';

        assert_int_equal(ascii_lower(c), upper ? (char)(byte + 32) : c);
        assert_int_equal(ascii_digit(c), byte >= '0' && byte <= '9');
    }
}

/* Every byte, against the digits written down. */
static void test_hex(void **state)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char *at = byte ? strchr(digits, byte) : NULL;
        int want = at ? (int)(at - digits) : -1;

        assert_int_equal(ascii_hex((char)byte), want > 15 ? want - 6 : want);
    }
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_false(str_equal(STR("ab"), STR("abc")));
    assert_false(str_equal(STR("ab"), STR("aB")));
    assert_true(str_equal(STR(""), (struct str){NULL, 0}));
    assert_true(str_equal_nocase(STR("aZ-09"), STR("Az-09")));
    assert_false(str_equal_nocase(STR("ab"), STR("abc")));
    assert_false(str_equal_nocase(STR("@"), STR("`"))); /* they differ in the bit letters do */
    assert_false(str_equal_nocase(STR("["), STR("{")));
    assert_false(str_equal_nocase(STR("\xc4"), STR("\xe4")));
    assert_true(str_equal_nocase(STR(""), (struct str){NULL, 0}));
}

static void test_prefix_suffix(void **state)
{
    (void)state;
    assert_true(str_has_prefix(STR("good.test"), STR("good")));
    assert_true(str_has_prefix(STR("good"), STR("good")));
    assert_true(str_has_prefix(STR("good"), STR("")));
    assert_true(str_has_prefix((struct str){NULL, 0}, STR("")));
    assert_true(str_has_suffix((struct str){NULL, 0}, STR("")));
    assert_false(str_has_prefix(STR("goo"), STR("good")));
    assert_false(str_has_prefix(STR("xgood"), STR("good")));
    assert_true(str_has_suffix(STR("good.test"), STR(".test")));
    assert_true(str_has_suffix(STR(".test"), STR(".test")));
    assert_true(str_has_suffix(STR("good"), STR("")));
    assert_true(str_equal(str_base_name(STR("/usr/bin/git")), STR("git")));
    assert_true(str_equal(str_base_name(STR("git")), STR("git")));
    assert_true(str_equal(str_base_name(STR("/usr/bin/")), STR("")));
    assert_false(str_has_suffix(STR("test"), STR(".test")));
    assert_false(str_has_suffix(STR("good.tesx"), STR(".test")));
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("a:b:c"), ':'), 1);
    assert_int_equal(str_find(STR("abc"), ':'), 3);
    assert_int_equal(str_find(STR("ab\0c"), '\0'), 2);
    assert_int_equal(str_find(STR("ab\xff"), '\xff'), 2);
    assert_int_equal(str_find((struct str){NULL, 0}, ':'), 0);
}

static void test_trim(void **state)
{
    static const struct {
        const char *name;
        struct str text, want;
    } TRIM[] = {
        {"nothing to do", TEXT("a b"), TEXT("a b")},
        {"both ends", TEXT(" \t a b\t "), TEXT("a b")},
        {"only spaces", TEXT(" \t "), TEXT("")},
        {"empty", TEXT(""), TEXT("")},
        {"no line ends", TEXT("\r\n"), TEXT("\r\n")},
        {"no NUL", TEXT("\0 "), TEXT("\0")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(TRIM); i++) {
        char *copy = guard_copy(TRIM[i].text.bytes, TRIM[i].text.len);

        if (!str_equal(str_trim((struct str){copy, TRIM[i].text.len}), TRIM[i].want))
            fail_msg("%s", TRIM[i].name);
        guard_free(copy, TRIM[i].text.len);
    }
}

static void test_to_u64(void **state)
{
    static const struct {
        const char *name;
        struct str text;
        uint64_t max;
        bool ok;
        uint64_t want;
    } NUMBER[] = {
        {"zero", TEXT("0"), 9, true, 0},
        {"one digit", TEXT("7"), 9, true, 7},
        {"at the bound", TEXT("65535"), 65535, true, 65535},
        {"over the bound", TEXT("65536"), 65535, false, 0},
        {"a digit over a small bound", TEXT("9"), 5, false, 0},
        {"bound of zero", TEXT("0"), 0, true, 0},
        {"over a bound of zero", TEXT("1"), 0, false, 0},
        {"largest", TEXT("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
        {"2^64", TEXT("18446744073709551616"), UINT64_MAX, false, 0},
        {"2^64 + 5", TEXT("18446744073709551621"), UINT64_MAX, false, 0},
        {"many digits", TEXT("99999999999999999999999999"), UINT64_MAX, false, 0},
        {"empty", TEXT(""), 9, false, 0},
        {"leading zero", TEXT("010"), 99, false, 0},
        {"two zeros", TEXT("00"), 99, false, 0},
        {"plus", TEXT("+5"), 9, false, 0},
        {"minus", TEXT("-1"), 9, false, 0},
        {"leading space", TEXT(" 5"), 9, false, 0},
        {"trailing space", TEXT("5 "), 9, false, 0},
        {"hexadecimal", TEXT("0x5"), 99, false, 0},
        {"underscore", TEXT("1_0"), 99, false, 0},
        {"NUL", TEXT("5\0"), 99, false, 0},
        {"below the digits", TEXT("1/"), 99, false, 0},
        {"above the digits", TEXT("1:"), 99, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(NUMBER); i++) {
        char *copy = guard_copy(NUMBER[i].text.bytes, NUMBER[i].text.len);
        uint64_t value = 77;
        bool ok = str_to_u64(&value, (struct str){copy, NUMBER[i].text.len}, NUMBER[i].max);

        guard_free(copy, NUMBER[i].text.len);
        if (ok != NUMBER[i].ok || value != (ok ? NUMBER[i].want : 77))
            fail_msg("%s: %s, %llu", NUMBER[i].name, ok ? "taken" : "refused",
                     (unsigned long long)value);
    }
}

static const struct {
    const char *name;
    struct str text;
    size_t cap;
    const char *want;
} ESCAPE[] = {
    {"plain", TEXT("good.test"), 64, "good.test"},
    {"empty", TEXT(""), 64, ""},
    {"3A.7 NUL", TEXT("evil\0good"), 64, "evil\\x00good"},
    {"escape code", TEXT("\x1b[2J"), 64, "\\x1b[2J"},
    {"line end", TEXT("a\r\nb"), 64, "a\\x0d\\x0ab"},
    {"backslash", TEXT("a\\x00"), 64, "a\\\\x00"},
    {"DEL", TEXT("\x7f"), 64, "\\x7f"},
    {"UTF-8", TEXT("\xc3\xbc"), 64, "\\xc3\\xbc"},
    {"edges of ASCII", TEXT(" ~"), 64, " ~"},
    {"fits exactly", TEXT("abcdef"), 7, "abcdef"},
    {"one too long", TEXT("abcdefg"), 7, "abc..."},
    {"no half escape", TEXT("ab\x01\x02"), 9, "ab..."},
    {"escape fits exactly", TEXT("ab\x01\x02"), 11, "ab\\x01\\x02"},
    {"room for dots alone", TEXT("abcdefg"), 4, "..."},
    {"no room for the dots", TEXT("abcdefg"), 3, ".."},
    {"room for nothing", TEXT("abcdefg"), 1, ""},
};

static void test_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ESCAPE); i++) {
        size_t len = ESCAPE[i].text.len, written;
        char *copy = guard_copy(ESCAPE[i].text.bytes, len);
        char *out = guard_copy(copy, 0) - ESCAPE[i].cap; /* ends at a forbidden page */

        written = str_escape(out, ESCAPE[i].cap, (struct str){copy, len});
        if (written != strlen(out) || strcmp(out, ESCAPE[i].want) != 0)
            fail_msg("%s: '%s'", ESCAPE[i].name, out);
        guard_free(out + ESCAPE[i].cap, 0);
        guard_free(copy, len);
    }
}

static void test_escape_no_room(void **state)
{
    char c = 'x';

    (void)state;
    assert_int_equal(str_escape(&c, 0, STR("abc")), 0);
    assert_int_equal(c, 'x');
}

/* Whatever goes in, what comes out is one line of ASCII that fits. */
static void test_escape_any_room(void **state)
{
    char all[256], out[1100];

    (void)state;
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    for (size_t cap = 1; cap < sizeof out; cap++) {
        size_t len = str_escape(out, cap, (struct str){all, sizeof all});

        assert_true(len < cap && out[len] == '\0');
        for (size_t i = 0; i < len; i++)
            assert_in_range(out[i], 0x20, 0x7e);
    }
}

/* 3M.244: dotless i and friends. Says nothing where the locale is not installed. */
static void test_locale(void **state)
{
    (void)state;
    setlocale(LC_ALL, "tr_TR.UTF-8");
    assert_true(str_equal_nocase(STR("HI"), STR("hi")));
    assert_int_equal(ascii_lower('I'), 'i');
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ascii),          cmocka_unit_test(test_hex),
        cmocka_unit_test(test_equal),          cmocka_unit_test(test_prefix_suffix),
        cmocka_unit_test(test_find),           cmocka_unit_test(test_trim),
        cmocka_unit_test(test_to_u64),         cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_no_room), cmocka_unit_test(test_escape_any_room),
        cmocka_unit_test(test_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
