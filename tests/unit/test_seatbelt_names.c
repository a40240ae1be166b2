/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_names.c - patterns below folders as filters: each once, and for its folders alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/seatbelt_names.h"

#define MOST 8

static const struct row {
    const char *name;
    const char *pairs[MOST][2]; /* folder, pattern */
    const char *text;
} rows[] = {
    {"none", {{0}}, ""},
    {"one", {{"/a", "**/x"}}, "(deny file-write*\n  (regex #\"^/a/(.*/)?[xX]$\"))\n"},
    {"twice the same",
     {{"/a", "x"}, {"/a", "x"}},
     "(deny file-write*\n  (regex #\"^/a/[xX]$\"))\n"},
    {"two folders",
     {{"/b", "**/x"}, {"/a", "**/x"}},
     "(deny file-write*\n  (require-all (require-any\n  (subpath \"/a\")\n  (subpath \"/b\"))\n"
     "  (require-any\n  (regex #\"/[xX]$\"))))\n"},
    {"two patterns of the same folders",
     {{"/a", "**/x"}, {"/a", "**/y"}, {"/b", "**/y"}, {"/b", "**/x"}},
     "(deny file-write*\n  (require-all (require-any\n  (subpath \"/a\")\n  (subpath \"/b\"))\n"
     "  (require-any\n  (regex #\"/[xX]$\")\n  (regex #\"/[yY]$\"))))\n"},
    {"of other folders",
     {{"/a", "**/x"}, {"/b", "**/x"}, {"/a", "**/y"}, {"/c", "**/y"}, {"/c", "**/z"}},
     "(deny file-write*\n  (require-all (require-any\n  (subpath \"/a\")\n  (subpath \"/b\"))\n"
     "  (require-any\n  (regex #\"/[xX]$\")))\n"
     "  (require-all (require-any\n  (subpath \"/a\")\n  (subpath \"/c\"))\n"
     "  (require-any\n  (regex #\"/[yY]$\")))\n"
     "  (regex #\"^/c/(.*/)?[zZ]$\"))\n"},
    {"not everywhere below",
     {{"/a", "x"}, {"/b", "x"}},
     "(deny file-write*\n  (regex #\"^/a/[xX]$\")\n  (regex #\"^/b/[xX]$\"))\n"},
    {"a folder that lies in one of that name",
     {{"/a/X/b", "**/x"}, {"/c", "**/x"}, {"/d", "**/x"}},
     "(deny file-write*\n  (require-all (require-any\n  (subpath \"/c\")\n  (subpath \"/d\"))\n"
     "  (require-any\n  (regex #\"/[xX]$\")))\n"
     "  (regex #\"^/a/X/b/(.*/)?[xX]$\"))\n"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf out = BUF_INIT(64 * 1024);
        struct seatbelt_rule rule = {.profile = &out, .says = "deny file-write*"};
        struct seatbelt_names names = {0};

        for (size_t k = 0; k < MOST && rows[i].pairs[k][0]; k++)
            assert_int_equal(
                seatbelt_names_add(&names, rows[i].pairs[k][0], str_of(rows[i].pairs[k][1])), 0);
        assert_int_equal(seatbelt_names_write(&rule, &names, SEATBELT_ALONE), 0);
        seatbelt_names_deinit(&names);
        assert_int_equal(seatbelt_rule_end(&rule), 0);
        if (!str_equal(buf_str(&out), str_of(rows[i].text)))
            fail_msg("%s:\n" STR_FMT, rows[i].name, STR_ARG(buf_str(&out)));
    }
}

/* More than the first room. */
static void test_many(void **state)
{
    auto_buf struct buf out = BUF_INIT(64 * 1024);
    struct seatbelt_rule rule = {.profile = &out, .says = "deny file-write*"};
    struct seatbelt_names names = {0};
    char bases[100][8];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(bases[i], sizeof bases[i], "/%02d", 99 - i);
        assert_int_equal(seatbelt_names_add(&names, bases[i], STR("**/x")), 0);
    }
    assert_int_equal(seatbelt_names_write(&rule, &names, SEATBELT_ALONE), 0);
    assert_int_equal(names.count, 100);
    assert_string_equal(names.list[0].base, "/00");
    assert_string_equal(names.list[99].base, "/99");
    seatbelt_names_deinit(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
