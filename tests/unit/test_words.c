/* SPDX-License-Identifier: Apache-2.0
 * test_words.c - the first words are kept, all are read, and nobody is read for ever. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/words.h"

static void test_kept(void **state)
{
    struct words words = {.len = 0};
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_true(words_read(&words, ends[0]));
    assert_string_equal(words.text, "");
    assert_int_equal(write(ends[1], "bwrap: ", 7), 7);
    assert_true(words_read(&words, ends[0]));
    assert_int_equal(write(ends[1], "no", 2), 2);
    close(ends[1]);
    assert_false(words_read(&words, ends[0]));
    assert_string_equal(words.text, "bwrap: no");
    assert_false(words_read(&words, ends[0]));
    close(ends[0]);
}

static void test_too_many(void **state)
{
    static char block[16384];
    struct words words = {.len = 0};
    int ends[2];

    (void)state;
    memset(block, 'x', sizeof block);
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(write(ends[1], block, sizeof block), sizeof block);
    assert_true(words_read(&words, ends[0]));
    assert_int_equal(words.len, LIMIT_SANDBOX_OUTPUT - 1);
    assert_int_equal(strlen(words.text), words.len);
    assert_int_equal(read(ends[0], block, 1), -1); /* nothing is left in it */
    close(ends[0]);
    close(ends[1]);
}

/* Whoever writes faster than we read does not keep us. */
static void test_endless(void **state)
{
    struct words words = {.len = 0};
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(words_read(&words, zero));
    assert_int_equal(words.len, LIMIT_SANDBOX_OUTPUT - 1);
    close(zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kept), cmocka_unit_test(test_too_many),
                                       cmocka_unit_test(test_endless)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
