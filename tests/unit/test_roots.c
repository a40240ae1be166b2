/* SPDX-License-Identifier: Apache-2.0
 * test_roots.c - which of the writable folders a path lies in, and which lie in a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/roots.h"

#define TEXT(text) ((char *)(text)) /* nobody writes to it */

/* In no order. "/a-b" stands between "/a" and "/a/b" by its bytes. */
static char *items[] = {TEXT("/w/z"),   TEXT("/a/b"), TEXT("/a-b"), TEXT("/a/c/d"),
                        TEXT("/a.txt"), TEXT("/m"),   TEXT("/a/b-")};

static const struct {
    const char *path, *in; /* "" is none */
    size_t below;
    const char *first;
} rows[] = {
    {"/", "", 7, "/a-b"},        {"/a", "", 3, "/a/b"},       {"/a/b", "/a/b", 1, "/a/b"},
    {"/a/b/x/y", "/a/b", 0, ""}, {"/a/bb", "", 0, ""},        {"/a/b-", "/a/b-", 1, "/a/b-"},
    {"/a/b-/x", "/a/b-", 0, ""}, {"/a-b", "/a-b", 1, "/a-b"}, {"/a-", "", 0, ""},
    {"/a/c", "", 1, "/a/c/d"},   {"/m/x", "/m", 0, ""},       {"/w", "", 1, "/w/z"},
    {"/zz", "", 0, ""},          {"/A", "", 0, ""},
};

static void check(const struct roots *roots, const char *path, const char *in, size_t below,
                  const char *first)
{
    const char *const *found = roots_find(roots, path), *const * list;
    size_t count = 99;

    if (strcmp(found ? *found : "", in) != 0)
        fail_msg("%s is in %s", path, found ? *found : "none");
    list = roots_below(roots, path, &count);
    if (count != below || (count > 0 && strcmp(list[0], first) != 0))
        fail_msg("%s has %zu, %s", path, count, count > 0 ? list[0] : "");
    for (size_t i = 0; i < count; i++)
        assert_true(plan_covers(path, list[i]));
}

static void test_rows(void **state)
{
    const struct files files = {.roots = {items, ARRAY_LEN(items), 0}};
    struct roots roots;

    (void)state;
    assert_int_equal(roots_init(&roots, &files), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(&roots, rows[i].path, rows[i].in, rows[i].below, rows[i].first);
    roots_deinit(&roots);
}

static void test_few(void **state)
{
    static char *whole[] = {TEXT("/")};
    const struct files none = {0}, all = {.roots = {whole, 1, 1}};
    struct roots roots;

    (void)state;
    assert_int_equal(roots_init(&roots, &none), 0);
    check(&roots, "/", "", 0, "");
    check(&roots, "/a/b", "", 0, "");
    roots_deinit(&roots);
    assert_int_equal(roots_init(&roots, &all), 0);
    check(&roots, "/", "/", 1, "/");
    check(&roots, "/a/b", "/", 0, "");
    roots_deinit(&roots);
    roots_deinit(&(struct roots){0});
}

static bool is_related(const struct files *files, const char *path)
{
    bool found = false;

    for (size_t i = 0; i < files->roots.count; i++)
        found = found || plan_covers(files->roots.items[i], path) ||
                plan_covers(path, files->roots.items[i]);
    return found;
}

/* Against looking at each of them, with paths of two letters and a dash. */
static void test_all(void **state)
{
    static char texts[4096][16];
    static char *list[ARRAY_LEN(texts)];
    struct files files = {.roots = {list, 0, 0}};
    struct roots roots;

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
        snprintf(
            texts[i], sizeof texts[i], "/%c%c/%c%s", "ab-"[i % 3], "ab-"[i / 3 % 3],
            "ab-" [i / 9 % 3], (const char *[]) { "", "/a", "-", "/-b" }[i / 27 % 4]);
        if (i % 5 == 0 && i < 540 && !is_related(&files, texts[i]))
            list[files.roots.count++] = texts[i];
    }
    assert_true(files.roots.count > 10);
    assert_int_equal(roots_init(&roots, &files), 0);
    for (unsigned i = 0; i < 108; i++) {
        const char *path = texts[i];
        size_t above = 0, below = 0, count;
        const char *const *found = roots_find(&roots, path);

        for (size_t k = 0; k < files.roots.count; k++) {
            above += plan_covers(list[k], path);
            below += plan_covers(path, list[k]);
        }
        assert_true((above > 0) == (found != NULL));
        assert_true(!found || plan_covers(*found, path));
        roots_below(&roots, path, &count);
        assert_int_equal(count, below);
    }
    roots_deinit(&roots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
