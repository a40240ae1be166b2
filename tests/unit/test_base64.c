/* SPDX-License-Identifier: Apache-2.0
 * test_base64.c - the vectors of RFC 4648, section 10, and bytes that are no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/base64.h"
#include "support/guard.h"

static const struct {
    struct str in;
    const char *out;
} rows[] = {
    {STR(""), ""},
    {STR("f"), "Zg=="},
    {STR("fo"), "Zm8="},
    {STR("foo"), "Zm9v"},
    {STR("foob"), "Zm9vYg=="},
    {STR("fooba"), "Zm9vYmE="},
    {STR("foobar"), "Zm9vYmFy"},
    {STR("\0\377\276"), "AP++"},
    {STR("\373\377\277"), "+/+/"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[16];
        char *in = guard_copy(rows[i].in.bytes, rows[i].in.len);
        size_t len = base64_encode(out, (struct str){in, rows[i].in.len});

        guard_free(in, rows[i].in.len);
        assert_int_equal(len, BASE64_LEN(rows[i].in.len));
        assert_int_equal(len, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
