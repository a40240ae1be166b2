/* SPDX-License-Identifier: Apache-2.0
 * test_buf.c - owned bytes: growing, the cap, and failures that stay. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void test_append(void **state)
{
    auto_buf struct buf b = BUF_INIT(100);

    (void)state;
    assert_true(str_equal(buf_str(&b), STR("")));
    assert_int_equal(buf_append(&b, "a\0b", 3), 0);
    assert_int_equal(buf_append_str(&b, STR("c")), 0);
    assert_int_equal(buf_append_text(&b, "de"), 0);
    assert_int_equal(buf_printf(&b, "%d-%s", 42, "f"), 0);
    assert_true(str_equal(buf_str(&b), STR("a\0bcde42-f")));
}

static void test_append_nothing(void **state)
{
    auto_buf struct buf b = BUF_INIT(0);

    (void)state;
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_int_equal(buf_append_str(&b, (struct str){NULL, 0}), 0);
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(b.len, 0);
    assert_int_equal(buf_append(&b, "a", 1), -ENOSPC);
}

/* Up to the cap and not one byte further, in steps of every size. */
static void test_cap(void **state)
{
    static const size_t LIMITS[] = {1, 2, 255, 256, 257, 511, 512, 513, 1000, 4096};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(LIMITS); i++) {
        for (size_t step = 1; step <= LIMITS[i]; step += step) {
            auto_buf struct buf b = BUF_INIT(LIMITS[i]);
            char bytes[4096];

            memset(bytes, 'x', sizeof bytes);
            while (b.max - b.len >= step)
                assert_int_equal(buf_append(&b, bytes, step), 0);
            assert_int_equal(buf_append(&b, bytes, b.max - b.len), 0);
            assert_int_equal(b.len, LIMITS[i]);
            assert_true(b.cap <= b.max);
            assert_int_equal(buf_append(&b, bytes, 1), -ENOSPC);
            assert_int_equal(b.len, LIMITS[i]);
        }
    }
}

static void test_printf_fills_the_cap(void **state)
{
    auto_buf struct buf b = BUF_INIT(300);

    (void)state;
    assert_int_equal(buf_printf(&b, "%0300d", 7), 0);
    assert_int_equal(b.len, 300);
    assert_int_equal(b.bytes[299], '7');
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(buf_printf(&b, "x"), -ENOSPC);
    assert_int_equal(b.len, 300);
}

/* A wide character that the locale cannot write: vsnprintf(3) fails, and so must we. */
static void test_printf_fails(void **state)
{
    auto_buf struct buf b = BUF_INIT(300);

    (void)state;
    assert_int_equal(buf_printf(&b, "%ls", L"\x2603"), -ENOSPC);
    assert_int_equal(buf_append(&b, "a", 1), -ENOSPC);
    assert_int_equal(b.len, 0);
}

static void test_failure_stays(void **state)
{
    auto_buf struct buf b = BUF_INIT(4);

    (void)state;
    assert_int_equal(buf_append(&b, "abc", 3), 0);
    assert_int_equal(buf_append(&b, "de", 2), -ENOSPC);
    assert_int_equal(buf_append(&b, "d", 1), -ENOSPC);
    assert_int_equal(buf_append(&b, "", 0), -ENOSPC);
    assert_int_equal(buf_printf(&b, "d"), -ENOSPC);
    assert_null(buf_reserve(&b, 1));
    assert_true(str_equal(buf_str(&b), STR("abc")));
    buf_deinit(&b);
    assert_int_equal(b.error, 0);
    assert_int_equal(b.max, 4);
    assert_int_equal(buf_append(&b, "abcd", 4), 0);
}

static void test_huge(void **state)
{
    auto_buf struct buf b = BUF_INIT(SIZE_MAX);

    (void)state;
    assert_int_equal(buf_append(&b, "a", 1), 0);
    assert_null(buf_reserve(&b, SIZE_MAX - 1));
    assert_int_equal(b.error, -ENOMEM);
    assert_true(str_equal(buf_str(&b), STR("a")));
}

static void test_reserve(void **state)
{
    auto_buf struct buf b = BUF_INIT(1000);
    char *room;

    (void)state;
    room = buf_reserve(&b, 700);
    assert_non_null(room);
    memset(room, 'y', 700);
    assert_int_equal(b.len, 0);
    buf_commit(&b, 2);
    assert_true(str_equal(buf_str(&b), STR("yy")));
    assert_non_null(buf_reserve(&b, 998));
    assert_null(buf_reserve(&b, 999));
    assert_int_equal(b.error, -ENOSPC);
}

static void test_consume(void **state)
{
    auto_buf struct buf b = BUF_INIT(10);

    (void)state;
    buf_consume(&b, 0);
    assert_int_equal(buf_append_text(&b, "0123456789"), 0);
    buf_consume(&b, 0);
    assert_true(str_equal(buf_str(&b), STR("0123456789")));
    buf_consume(&b, 3);
    assert_true(str_equal(buf_str(&b), STR("3456789")));
    assert_int_equal(buf_append_text(&b, "abc"), 0);
    assert_true(str_equal(buf_str(&b), STR("3456789abc")));
    buf_consume(&b, 10);
    assert_true(str_equal(buf_str(&b), STR("")));
    assert_int_equal(buf_append_text(&b, "xy"), 0);
    buf_consume(&b, 3); /* more than there is: all of it */
    assert_int_equal(b.len, 0);
}

static void test_deinit(void **state)
{
    struct buf b = BUF_INIT(10);

    (void)state;
    buf_deinit(NULL);
    buf_deinit(&b);
    assert_int_equal(buf_append_text(&b, "x"), 0);
    buf_deinit(&b);
    buf_deinit(&b);
    assert_null(b.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),       cmocka_unit_test(test_append_nothing),
        cmocka_unit_test(test_cap),          cmocka_unit_test(test_printf_fills_the_cap),
        cmocka_unit_test(test_printf_fails), cmocka_unit_test(test_failure_stays),
        cmocka_unit_test(test_huge),         cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_consume),      cmocka_unit_test(test_deinit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
