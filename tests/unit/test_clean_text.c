/* SPDX-License-Identifier: Apache-2.0
 * test_clean_text.c - which codes reach a terminal: each row whole, at every split, byte by byte,
 * and with the input against a page that nobody may read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/clean_text.h"
#include "support/guard.h"

#define E "\x1b"
#define S E "\\" /* ST, which ends a string */

/* What passes as it is has NULL. */
static const struct {
    const char *name, *text, *shown;
} rows[] = {
    {"text", "hello, ~ world", NULL},
    {"controls that move", "\a\b\t\n\v\f\r\x0e\x0f", NULL},
    {"controls that do not",
     "a\x01\x02\x05\x10\x13\x18\x1a\x1c\x7f"
     "b",
     "ab"},
    {"UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc2\xa0", NULL},
    {"C1 as bytes",
     "a\x80\x9b"
     "31m\x9d"
     "0;x\x9c\x90z",
     "a31m0;xz"},
    {"C1 as UTF-8",
     "a\xc2\x9b"
     "31m\xc2\x9d"
     "0;x\xc2\x9cz",
     "a31m0;xz"},
    {"C1's bytes within a character", "\xc5\x9b\xe2\x80\x9d", NULL},
    {"invalid bytes", "a\xff\xc0\xaf\xf5z", "a????z"},
    {"half a character", "\xe2\x82z", "?z"},
    {"half a character, then another", "\xe2\x82\xc3\xa9", "?\xc3\xa9"},
    {"half a character, then a code", "\xe2" E "[mz", "?" E "[mz"},
    {"too long for a slash", "\xe0\x80\xaf", "??"},
    {"a surrogate", "\xed\xa0\x80", "??"},
    {"beyond Unicode", "\xf4\x90\x80\x80", "?"},

    {"colours", E "[31mred" E "[0m" E "[38;2;1;2;3;48;5;7m" E "[38:2::1:2:3m" E "[m", NULL},
    {"cursor", E "[H" E "[2;3H" E "[A" E "[12B" E "[C" E "[D" E "[5G" E "[3d" E "[s" E "[u", NULL},
    {"erase, insert, delete", E "[J" E "[2J" E "[K" E "[1K" E "[3L" E "[M" E "[4P" E "[@" E "[X",
     NULL},
    {"scrolling", E "[2;20r" E "[S" E "[3T" E "D" E "M" E "E" E "[r", NULL},
    {"a character again", "-" E "[1000b", NULL},
    {"a character too often", "-" E "[1001b" E "[99999b", "-"},
    {"tabs", E "H" E "[g" E "[3g" E "[I" E "[Z", NULL},
    {"save, restore", E "7" E "8", NULL},
    {"keypad", E "=" E ">", NULL},
    {"character sets", E "(0" E ")B" E "*A" E "+0" E "(B", NULL},
    {"other sets", E "(K" E "%G" E "#8" E " F", ""},
    {"single shifts, and what answers", E "N" E "O" E "Z", ""},
    {"modes", E "[4h" E "[4l" E "[20h" E "[?1h" E "[?25l" E "[?12;25h" E "[?7l" E "[?1049h", NULL},
    {"mouse and focus", E "[?1000h" E "[?1002h" E "[?1003h" E "[?1006h" E "[?1015h" E "[?1004h",
     NULL},
    {"modes that are not on the list", E "[2h" E "[12h" E "[?3h" E "[?9001h" E "[?1005h", ""},
    {"both kinds in one code", E "[?3;25;9001;1h", E "[?25;1h"},
    {"no mode", E "[h" E "[?l" E "[?;h", ""},
    {"asking for the cursor", E "[6n" E "[5n" E "[?6n" E "[c" E "[0c" E "[>c" E "[>0c", NULL},
    {"asking for more", E "[?15n" E "[n" E "[?25n" E "[=c" E "[1c" E "[?1$p" E "[>q" E "[x", ""},
    {"the cursor's shape", E "[2 q" E "[0 q", NULL},
    {"another shape", E "[7 q" E "[1;2 q", ""},

    {"3I.178 clipboard",
     "a" E "]52;c;cm0gLXJm\a"
     "b",
     "ab"},
    {"3I.178 clipboard, asked for", "a" E "]52;c;?" S "b", "ab"},
    {"3I.178 title",
     "a" E "]0;root@host\a"
     "b" E "]2;x" S "c",
     "abc"},
    {"3I.178 title, of screen", "a" E "kname" S "b", "ab"},
    {"3I.178 title, asked for", "a" E "[21tb" E "[20t", "ab"},
    {"3I.178 links", E "]8;;http://evil.test" S "shown" E "]8;;" S " on", "shown on"},
    {"3I.178 colours, notifications, files",
     E "]4;1;?\a" E "]9;hi\a" E "]777;notify;a;b\a" E "]1337;File=:AA==\a"
       "x",
     "x"},
    {"3I.178 DECRQSS and others of DCS", "a" E "P$qm" S "b" E "P+q544e" S "c" E "Pq#0" S, "abc"},
    {"3I.178 through tmux", E "Ptmux;" E E "]52;c;eA==\a" S "x", "x"},
    {"3I.178 resets, which turn off what others turned on",
     "a" E "c"
     "b" E "[!p"
     "c",
     "abc"},
    {"3I.178 SOS, PM, APC", "a" E "Xx" S "b" E "^x" S "c" E "_Gx" S "d", "abcd"},
    {"3I.178 bracketed paste, off", "a" E "[?2004lb", "ab"},
    {"3I.178 bracketed paste, on and off", E "[?2004ha" E "[?2004lb", NULL},
    {"3I.178 bracketed paste, off twice", E "[?2004h" E "[?2004l" E "[?2004l",
     E "[?2004h" E "[?2004l"},
    {"3I.178 bracketed paste, off among others", E "[?25;2004l", E "[?25l"},
    {"3I.178 windows, printer, keyboards",
     E "[8;1;1t" E "[3;0;0t" E "[5i" E "[?5i" E "[>4;2m" E "[>1u" E "[=1u" E "[<u" E "[?u" E
       "[1;2u" E "[1*y" E "[1;1;1;1;1T" E "[?1s" E "[?1r",
     ""},

    {"a string that ends by another code", "a" E "]0;x" E "[31mb", "a" E "[31mb"},
    {"a string that is cancelled",
     "a" E "]0;x\x18"
     "b" E "Px\x1a"
     "c",
     "abc"},
    {"BEL in a DCS is no end", E "Pab\ac" S "d", "d"},
    {"a string that does not end", "a" E "]0;b\nc\xc2\x9c\x9c", "a"},
    {"a control within a code", "a" E "[3\n1mb", "a\n" E "[31mb"},
    {"a code within a code", E "[3" E "[32mb", E "[32mb"},
    {"a cancelled code",
     E "[3\x18"
       "1m",
     "1m"},
    {"bytes of no code",
     E "[3\xc3\xa9"
       "b",
     "\xc3\xa9"
     "b"},
    {"ESC twice", E E "[mx", E "[mx"},
    {"five digits", E "[99999A", NULL},
    {"six", E "[000001Ax", "x"},
    {"colons elsewhere", E "[1:2H" E "[?25:1h", ""},
    {"a prefix in the wrong place", E "[1?25h" E "[??25h" E "[>?25h", ""},
    {"two bytes between", E "[! p" E "[! q", ""},
    {"32 numbers", E "[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0m", NULL},
    {"33", E "[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0mx", "x"},
    {"more than 128 bytes",
     E "[00000;00000;00000;00000;00000;00000;00000;00000;00000;00000;00000;00000;00000;00000;00000;"
       "00000;00000;00000;00000;00000;00000;00000mx",
     "x"},
    {"the end of what came", "a" E "[3", "a"},
};

/* Both parts, each against its page. Returns how many bytes came out. */
static size_t run_parts(struct clean_text *t, char *out, const char *text, size_t len, size_t split)
{
    char *first = guard_copy(text, split), *second = guard_copy(text + split, len - split);
    size_t n = clean_text_feed(t, out, first, split);

    n += clean_text_feed(t, out + n, second, len - split);
    guard_free(first, split);
    guard_free(second, len - split);
    return n;
}

static void check(const char *name, const char *got, size_t len, const char *wanted)
{
    if (len != strlen(wanted) || memcmp(got, wanted, len) != 0)
        fail_msg("%s: got '%.*s', not '%s'", name, (int)len, got, wanted);
}

static void test_rows(void **state)
{
    char out[1024];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = rows[i].text, *wanted = rows[i].shown ? rows[i].shown : text;
        size_t len = strlen(text), n = 0;
        struct clean_text bytewise = {0};

        for (size_t split = 0; split <= len; split++) {
            struct clean_text t = {0};

            check(rows[i].name, out, run_parts(&t, out, text, len, split), wanted);
            check(rows[i].name, out,
                  run_parts(&(struct clean_text){0}, out, wanted, strlen(wanted), 0), wanted);
        }
        for (size_t at = 0; at < len; at++)
            n += clean_text_feed(&bytewise, out + n, text + at, 1);
        check(rows[i].name, out, n, wanted);
    }
}

/* ---- what is put back ---- */

static const struct {
    const char *name, *text, *back;
} ends[] = {
    {"nothing was changed", "hello" E "[2J" E "[12;40H", ""},
    {"a screen", E "[?1049h" E "[?1h" E "=" E "[?25l", E "[?1l" E "[?25h" E "[?1049l" E ">"},
    {"a screen that was left",
     E "[?1049h" E "[?1h" E "=" E "[?25l" E "[?25h" E ">" E "[?1l" E "[?1049l", ""},
    {"colour", E "[31mx", E "[m"},
    {"colour, reset", E "[31mx" E "[0m" E "[1m" E "[m", ""},
    {"line drawing", E "(0\x0e", E "(B\x0f"},
    {"line drawing, reset", E "(0\x0e\x0f" E "(B", ""},
    {"a mouse", E "[?1000;1006h" E "[?1004h", E "[?1000l" E "[?1006l" E "[?1004l"},
    {"bracketed paste", E "[?2004h", E "[?2004l"},
    {"synchronized output", E "[?2026h", E "[?2026l"},
    {"what scrolls", E "[2;3r", E "7" E "[r" E "8"},
    {"what scrolls, on a screen", E "[?1049h" E "[2;3r", E "[r" E "[?1049l"},
    {"the cursor's shape", E "[2 q", E "[0 q"},
    {"no wrap, inserting", E "[?7l" E "[4h", E "[?7h" E "[4l"},
    {"what was dropped", E "[?3h" E "[?1005h" E "(K", ""},
    {"within a code", E "[31m" E "[?104", E "[m"},
};

static void test_ends(void **state)
{
    char out[1024];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct clean_text t = {0};

        clean_text_feed(&t, out, ends[i].text, strlen(ends[i].text));
        check(ends[i].name, out, clean_text_end(&t, out), ends[i].back);
        check(ends[i].name, out, clean_text_end(&t, out), "");
    }
}

static void test_most_of_an_end(void **state)
{
    static const char all[] =
        E "[?2026;6;1;5;7;25;45;1000;1002;1003;1006;1015;1004;2004;47h" E "[?1047;1049h" E
          "[?7;25l" E "[4;20h" E "[1;2r" E "(0" E ")0" E "*0" E "+0\x0e" E "=" E "[2 q" E "[1m";
    char out[1024];
    struct clean_text t = {0};
    size_t len;

    (void)state;
    assert_int_equal(clean_text_feed(&t, out, all, sizeof all - 1), sizeof all - 1);
    len = clean_text_end(&t, out);
    assert_in_range(len, 150, CLEAN_TEXT_END);
}

/* ---- what was dropped ---- */

static const struct {
    const char *name, *text, *told;
} drops[] = {
    {"nothing", "hello\x7f" E "[31m\xff", ""},
    {"a title", E "]0;x\a", "1 OSC (title)"},
    {"an icon's", E "]1;x\a", "1 OSC (title)"},
    {"screen's", E "kx" S, "1 OSC (title)"},
    {"colours", E "]4;1;?\a" E "]10;?" S, "2 OSC"},
    {"one without a number", E "]R\a", "1 OSC"},
    {"a number that only begins so", E "]521;x\a" E "]52000000000000000;x\a" E "]80;x\a", "3 OSC"},
    {"all of them", E "]52;c;eA==\a" E "]2;x\a" E "]8;;u" S E "P$qm" S E "[21t",
     "3 OSC (clipboard, title, links), 1 DCS, 1 other"},
    {"others", E "[21t" E "_x" S E "[?3h" E "N\x9b", "5 others"},
    {"what each program does", E "[22;0;0t" E "[23;2t" E "[>4;2m" E "[?4m" E "[?2004l" E "[?7727l",
     ""},
    {"one that has not ended", E "]52;c;", "1 OSC (clipboard)"},
};

static void test_drops(void **state)
{
    char out[1024], told[160];

    (void)state;
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        struct clean_text t = {0};

        clean_text_feed(&t, out, drops[i].text, strlen(drops[i].text));
        clean_text_end(&t, out);
        assert_int_equal(clean_text_dropped(told, &t), drops[i].told[0] != '\0');
        check(drops[i].name, told, strlen(told), drops[i].told);
    }
}

static void test_longest_words(void **state)
{
    struct clean_text t = {.osc = (unsigned long)-1,
                           .dcs = (unsigned long)-1,
                           .other = (unsigned long)-1,
                           .title = true,
                           .clipboard = true,
                           .links = true};
    char told[160];

    (void)state;
    assert_true(clean_text_dropped(told, &t));
    assert_in_range(strlen(told), 80, sizeof told - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),           cmocka_unit_test(test_ends),
        cmocka_unit_test(test_most_of_an_end), cmocka_unit_test(test_drops),
        cmocka_unit_test(test_longest_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
