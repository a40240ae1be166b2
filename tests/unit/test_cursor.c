/* SPDX-License-Identifier: Apache-2.0
 * test_cursor.c - reads that stop at the end, however often they are repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "support/guard.h"

static void test_walk(void **state)
{
    char *copy = guard_copy("a\0b", 3);
    struct cursor c = {{copy, 3}, 0};

    (void)state;
    assert_int_equal(cursor_peek(&c), 'a');
    assert_int_equal(cursor_next(&c), 'a');
    assert_false(cursor_end(&c));
    assert_int_equal(cursor_next(&c), '\0'); /* a NUL of the text is eaten */
    assert_int_equal(c.at, 2);
    assert_int_equal(cursor_next(&c), 'b');
    assert_true(cursor_end(&c));
    for (int i = 0; i < 3; i++) { /* the end is not */
        assert_int_equal(cursor_peek(&c), '\0');
        assert_int_equal(cursor_next(&c), '\0');
        assert_false(cursor_eat(&c, '\0'));
        assert_int_equal(cursor_until(&c, ':').len, 0);
        assert_int_equal(cursor_rest(&c).len, 0);
        assert_int_equal(c.at, 3);
    }
    guard_free(copy, 3);
}

static void test_empty(void **state)
{
    char *copy = guard_copy("", 0);
    struct cursor c = {{copy, 0}, 0};

    (void)state;
    assert_true(cursor_end(&c));
    assert_int_equal(cursor_peek(&c), '\0');
    assert_false(cursor_eat(&c, 'a'));
    assert_int_equal(cursor_until(&c, 'a').len, 0);
    guard_free(copy, 0);
}

static void test_eat(void **state)
{
    struct cursor c = {STR("ab"), 0};

    (void)state;
    assert_false(cursor_eat(&c, 'b'));
    assert_int_equal(c.at, 0);
    assert_true(cursor_eat(&c, 'a'));
    assert_true(cursor_eat(&c, 'b'));
    assert_false(cursor_eat(&c, 'b'));
}

static void test_until(void **state)
{
    char *copy = guard_copy("a:bc:", 5);
    struct cursor c = {{copy, 5}, 0};

    (void)state;
    assert_true(str_equal(cursor_until(&c, ':'), STR("a")));
    assert_int_equal(cursor_peek(&c), ':');
    assert_true(str_equal(cursor_until(&c, ':'), STR("")));
    assert_true(cursor_eat(&c, ':'));
    assert_true(str_equal(cursor_rest(&c), STR("bc:")));
    assert_true(str_equal(cursor_until(&c, ';'), STR("bc:")));
    assert_true(cursor_end(&c));
    guard_free(copy, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_eat),
        cmocka_unit_test(test_until),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
