/* SPDX-License-Identifier: Apache-2.0
 * test_config_read_hosts.c - network.hosts: what extends a file has the last word about a name. */
#include "filter/config_reader.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *name, *under, *over, *expect;
} rows[] = {
    {"nothing over it", "{\"b.test\": \"::1\", \"a.test\": \"::2\"}", "{}",
     "a.test=::2 b.test=::1 "},
    {"nothing under it", "{}", "{\"a.test\": \"::2\"}", "a.test=::2 "},
    {"before, between, behind", "{\"b.test\": \"::1\", \"d.test\": \"::2\"}",
     "{\"a.test\": \"::3\", \"c.test\": \"::4\", \"e.test\": \"::5\"}",
     "a.test=::3 b.test=::1 c.test=::4 d.test=::2 e.test=::5 "},
    {"the same name", "{\"a.test\": \"::1\", \"b.test\": \"::2\"}", "{\"B.test.\": \"::3\"}",
     "a.test=::1 b.test=::3 "},
};

static void write_down(char *out, size_t cap, const struct fence_config *config)
{
    size_t len = 0;

    *out = '\0';
    for (size_t i = 0; i < config->npins; i++) {
        char text[ADDR_TEXT];

        addr_format(text, &config->pins[i].addr);
        len += (size_t)snprintf(out + len, cap - len, "%s=%s ", config->pins[i].name.text, text);
    }
}

static void test_rows(void **state)
{
    static const struct config_chain chain = {.count = 2};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reader r = {.config = config_new(), .chain = &chain};
        cJSON *under = cJSON_Parse(rows[i].under), *over = cJSON_Parse(rows[i].over);
        char out[200];

        assert_int_equal(read_hosts(&r, under), 0);
        assert_int_equal(read_hosts(&r, over), 0);
        write_down(out, sizeof out, r.config);
        if (strcmp(out, rows[i].expect) != 0)
            fail_msg("%s: %s", rows[i].name, out);
        cJSON_Delete(under);
        cJSON_Delete(over);
        fence_config_unref(r.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
