/* SPDX-License-Identifier: Apache-2.0
 * test_config_names.c - names that are misspelt, repeated, and written out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/config_build.h"
#include "support/guard.h"

static void test_distance(void **state)
{
    static const struct {
        const char *name, *a, *b;
        size_t far;
    } rows[] = {
        {"equal", "denyRead", "denyRead", 0},
        {"case apart", "DENYREAD", "denyread", 0},
        {"3L.244 no dotless i", "DENIED", "denied", 0},
        {"one letter too many", "denyReads", "denyRead", 1},
        {"one letter too few", "denidDomains", "deniedDomains", 1},
        {"one letter wrong", "denyRaad", "denyRead", 1},
        {"two letters swapped", "netwrok", "network", 1},
        {"swapped at the beginning", "entwork", "network", 1},
        {"two apart", "allowdDomain", "allowedDomains", 2},
        {"nothing to something", "", "abc", 3},
        {"something to nothing", "abc", "", 3},
        {"nothing to nothing", "", "", 0},
        {"everything wrong", "xyz", "abc", 3},
        {"a swap is used once", "ca", "abc", 3},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t a_len = strlen(rows[i].a), b_len = strlen(rows[i].b);
        char *a = guard_copy(rows[i].a, a_len), *b = guard_copy(rows[i].b, b_len);
        size_t far = str_distance((struct str){a, a_len}, (struct str){b, b_len});
        size_t back = str_distance((struct str){b, b_len}, (struct str){a, a_len});

        if (far != rows[i].far || back != far)
            fail_msg("%s: %zu and %zu", rows[i].name, far, back);
        guard_free(a, a_len);
        guard_free(b, b_len);
    }
}

static void test_distance_bound(void **state)
{
    char name[66];

    (void)state;
    memset(name, 'a', sizeof name);
    assert_int_equal(str_distance((struct str){name, 64}, STR("a")), 63);
    assert_true(str_distance((struct str){name, 65}, STR("a")) == SIZE_MAX);
    assert_true(str_distance(STR("a"), (struct str){name, 65}) == SIZE_MAX);
}

static void test_repeated(void **state)
{
    static const struct {
        const char *name, *names[6], *expected;
    } rows[] = {
        {"none", {NULL}, NULL},
        {"one", {"a"}, NULL},
        {"all different", {"c", "a", "b", "A"}, NULL},
        {"a pair", {"c", "a", "b", "a"}, "a"},
        {"neighbours", {"b", "b"}, "b"},
        {"three times", {"b", "a", "b", "b"}, "b"},
        {"the pair that is complete first", {"a", "z", "z", "a"}, "z"},
        {"the empty name", {"", "a", ""}, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config_name names[6];
        size_t count = 0;
        const char *found;

        for (; rows[i].names[count]; count++)
            names[count] = (struct config_name){rows[i].names[count], count};
        found = config_find_repeated(names, count);
        if (!found != !rows[i].expected || (found && strcmp(found, rows[i].expected) != 0))
            fail_msg("%s: %s", rows[i].name, found ? found : "none");
    }
}

static void test_path(void **state)
{
    static const struct {
        const char *name;
        struct jsonc_step path[4];
        size_t depth, cap;
        const char *expected;
    } rows[] = {
        {"the whole", {{NULL, 0}}, 0, 40, ""},
        {"a key", {{"a", 0}}, 1, 40, "a"},
        {"an element",
         {{"network", 0}, {"allowedDomains", 0}, {NULL, 12}},
         3,
         40,
         "network.allowedDomains[12]"},
        {"control characters", {{"a", 0}, {"\x1b[2J", 0}}, 2, 40, "a.\\x1b[2J"},
        {"cut in a key", {{"network", 0}, {"allowedDomains", 0}}, 2, 13, "network.a..."},
        {"cut in an index", {{"abc", 0}, {NULL, 123}}, 2, 6, "abc[1"},
        {"no room at all", {{"abc", 0}, {"d", 0}}, 2, 1, ""},
        {"no room behind the dot", {{"abc", 0}, {"d", 0}}, 2, 5, "abc."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[64];

        memset(out, '#', sizeof out);
        config_format_path(out, rows[i].cap, rows[i].path, rows[i].depth);
        if (strcmp(out, rows[i].expected) != 0 || out[rows[i].cap] != '#')
            fail_msg("%s: '%s'", rows[i].name, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_distance_bound),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
