/* SPDX-License-Identifier: Apache-2.0
 * test_callers.c - whose a connection is, before and after it is made, and that old ones make room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/callers.h"

static const struct caller_end web = {{4, {198, 18, 0, 1}}, 80}, dns = {{4, {8, 8, 8, 8}}, 53};
static const struct caller_end six = {{6, {0xfd, 0xfe}}, 80};
static const struct caller_end one = {{4, {198, 18, 0, 1}}, 4001},
                               two = {{4, {127, 0, 0, 1}}, 4001};
static const struct caller_end three = {{6, {0xfd, 0xfe}}, 4001}, none = {{4, {1}}, 1};

static void finds_whose_it_is(void **state)
{
    static struct callers callers;

    (void)state;
    assert_int_equal(callers_find(&callers, &one, &web), 0);
    callers_made(&callers, callers_begin(&callers, &web, 10), &one);
    callers_made(&callers, callers_begin(&callers, &dns, 20), &two);
    callers_made(&callers, callers_begin(&callers, &six, 30), &three);
    assert_int_equal(callers_find(&callers, &one, &web), 10);
    assert_int_equal(callers_find(&callers, &two, &dns), 20);
    assert_int_equal(callers_find(&callers, &three, &six), 30);
    assert_int_equal(callers_find(&callers, &none, &web), 0);
    callers_made(&callers, callers_begin(&callers, &web, 11), &one); /* the port has passed on */
    assert_int_equal(callers_find(&callers, &one, &web), 11);
}

static void finds_who_is_about_to(void **state)
{
    static struct callers callers;
    size_t number;

    (void)state;
    callers_made(&callers, callers_begin(&callers, &web, 10), &one);
    number = callers_begin(&callers, &web, 11);
    assert_int_equal(callers_find(&callers, &two, &web), 11);
    assert_int_equal(callers_find(&callers, &two, &dns), 0);
    assert_int_equal(callers_find(&callers, &one, &web), 10); /* that one is known */
    callers_made(&callers, number, &three);
    assert_int_equal(callers_find(&callers, &two, &web), 0);
}

static void knows_where_to(void **state)
{
    static struct callers callers;
    struct caller_end to;

    (void)state;
    assert_false(callers_target(&to, &callers, &one));
    callers_begin(&callers, &dns, 9); /* of no known source */
    assert_false(callers_target(&to, &callers, &(struct caller_end){0}));
    callers_made(&callers, callers_begin(&callers, &web, 10), &one);
    assert_true(callers_target(&to, &callers, &one));
    assert_memory_equal(&to, &web, sizeof to);
    callers_made(&callers, callers_begin(&callers, &dns, 11), &one); /* the port has passed on */
    assert_true(callers_target(&to, &callers, &one));
    assert_memory_equal(&to, &dns, sizeof to);
}

static void keeps_the_latest(void **state)
{
    static struct callers callers;
    struct caller_end end = one;
    size_t first = callers_begin(&callers, &dns, 7);

    (void)state;
    for (int i = 1; i <= 3 * LIMIT_CALLERS; i++) {
        end.port = (uint16_t)i;
        callers_made(&callers, callers_begin(&callers, &web, i), &end);
        assert_int_equal(callers_find(&callers, &end, &web), i);
    }
    end.port = 2 * LIMIT_CALLERS;
    assert_int_equal(callers_find(&callers, &end, &web), 0);
    end.port++;
    assert_int_equal(callers_find(&callers, &end, &web), 2 * LIMIT_CALLERS + 1);
    callers_made(&callers, first, &none); /* it has made room long ago */
    assert_int_equal(callers_find(&callers, &none, &dns), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_whose_it_is), cmocka_unit_test(finds_who_is_about_to),
        cmocka_unit_test(knows_where_to), cmocka_unit_test(keeps_the_latest)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
