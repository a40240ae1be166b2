/* SPDX-License-Identifier: Apache-2.0
 * test_error.c - one line with its code. cmocka has a macro fail(): ours is called as (fail)(). */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_fills(void **state)
{
    fence_error err = {0};

    (void)state;
    assert_int_equal((fail)(&err, FENCE_ECONFIG, "'%s' has %d", "a", 7), FENCE_ECONFIG);
    assert_int_equal(err.code, FENCE_ECONFIG);
    assert_string_equal(err.message, "'a' has 7");
}

static void test_errno(void **state)
{
    fence_error err = {0};

    (void)state;
    assert_int_equal((fail)(&err, -ENOMEM, "no memory"), -ENOMEM);
    assert_int_equal(err.code, -ENOMEM);
}

static void test_null(void **state)
{
    (void)state;
    assert_int_equal((fail)(NULL, FENCE_ESANDBOX, "%s", "nobody asks"), FENCE_ESANDBOX);
}

static void test_overwrites(void **state)
{
    fence_error err = {0};

    (void)state;
    (fail)(&err, -EIO, "a long first message");
    (fail)(&err, -EPERM, "second");
    assert_int_equal(err.code, -EPERM);
    assert_string_equal(err.message, "second");
}

/* A message longer than its room is cut, and what lies behind it stays as it was. */
static void test_truncation(void **state)
{
    struct {
        fence_error err;
        char behind[16];
    } both;
    char untouched[16];

    (void)state;
    memset(&both, 'z', sizeof both);
    memset(untouched, 'z', sizeof untouched);
    assert_int_equal((fail)(&both.err, -EIO, "%01000d", 7), -EIO);
    assert_int_equal(strlen(both.err.message), sizeof both.err.message - 1);
    assert_memory_equal(both.behind, untouched, sizeof untouched);
    (fail)(&both.err, -EIO, "%0511d", 7);
    assert_int_equal(both.err.message[510], '7');
    assert_int_equal(both.err.message[511], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills),      cmocka_unit_test(test_errno),
        cmocka_unit_test(test_null),       cmocka_unit_test(test_overwrites),
        cmocka_unit_test(test_truncation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
