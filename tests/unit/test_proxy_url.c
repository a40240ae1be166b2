/* SPDX-License-Identifier: Apache-2.0
 * test_proxy_url.c - what HTTPS_PROXY and ALL_PROXY may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "cli/proxy_url.h"

static const struct {
    const char *text, *expect; /* kind host port [name password]; NULL: not taken */
} rows[] = {
    {"http://127.0.0.1:3128", "http 127.0.0.1 3128"},
    {"http://127.0.0.1:3128/", "http 127.0.0.1 3128"},
    {"127.0.0.1:3128", "http 127.0.0.1 3128"},
    {"proxy.test", "http proxy.test 80"},
    {"socks5h://127.0.0.1:1080", "socks 127.0.0.1 1080"},
    {"socks5://h", "socks h 1080"},
    {"http://[::1]:1", "http ::1 1"},
    {"http://[::1]", "http ::1 80"},
    {"http://u:p@h:1", "http h 1 u p"},
    {"http://u@h:1", "http h 1 u "},
    {"http://u%40x:a%3ab%25@h:1", "http h 1 u@x a:b%"},
    {"http://u:p@q@h:1", "http h 1 u p@q"},
    {"https://h:1", NULL},
    {"socks4://h:1", NULL},
    {"http://", NULL},
    {"http://:1", NULL},
    {"http://h:", NULL},
    {"http://h:0", NULL},
    {"http://h:65536", NULL},
    {"http://h:1x", NULL},
    {"http://[::1", NULL},
    {"http://[::1]x", NULL},
    {"http://[]:1", NULL},
    {"http://u%4:p@h:1", NULL},
    {"http://u%zz:p@h:1", NULL},
    {"http://u%00:p@h:1", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct proxy_url url;
        const char *why = proxy_url_read(&url, rows[i].text);
        char text[1200] = "";

        if (!why != !!rows[i].expect)
            fail_msg("'%s': %s", rows[i].text, why ? why : "was taken");
        if (why)
            continue;
        snprintf(text, sizeof text, "%s %s %s%s%s%s%s", url.socks ? "socks" : "http", url.host,
                 url.port, url.has_login ? " " : "", url.name, url.has_login ? " " : "",
                 url.password);
        assert_string_equal(text, rows[i].expect);
    }
}

static void test_too_long(void **state)
{
    char text[1024] = "http://";
    struct proxy_url url;

    (void)state;
    memset(text + 7, 'a', 255);
    assert_null(proxy_url_read(&url, text));
    memset(text + 7, 'a', 256);
    assert_non_null(proxy_url_read(&url, text));
    strcpy(text + 7 + 255, "@h:1");
    assert_null(proxy_url_read(&url, text));
    strcpy(text + 7 + 255, "a@h:1");
    assert_non_null(proxy_url_read(&url, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
