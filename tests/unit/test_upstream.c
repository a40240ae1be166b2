/* SPDX-License-Identifier: Apache-2.0
 * test_upstream.c - URLs of proxies, good and bad; none of what is wrong is ever repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/upstream.h"
#include "support/guard.h"

static const struct {
    const char *name, *url;
    enum upstream_kind kind; /* NONE: it is refused */
    const char *host;
    uint16_t port;
    const char *user, *password;
} rows[] = {
    {"http", "http://proxy.test:3128", UPSTREAM_HTTP, "proxy.test", 3128, "", ""},
    {"a slash behind it", "http://proxy.test:3128/", UPSTREAM_HTTP, "proxy.test", 3128, "", ""},
    {"the port of http", "http://proxy.test", UPSTREAM_HTTP, "proxy.test", 80, "", ""},
    {"socks5", "socks5://10.1.2.3", UPSTREAM_SOCKS5, "10.1.2.3", 1080, "", ""},
    {"socks5h, IPv6", "socks5h://[fd00::1]:9", UPSTREAM_SOCKS5, "fd00::1", 9, "", ""},
    {"a login", "http://joe:secret@p.test", UPSTREAM_HTTP, "p.test", 80, "joe", "secret"},
    {"an encoded login", "http://j%6fe:s%3A%40%2f@p.test", UPSTREAM_HTTP, "p.test", 80, "joe",
     "s:@/"},
    {"a colon in the password", "http://joe:a:b@p.test", UPSTREAM_HTTP, "p.test", 80, "joe", "a:b"},
    {"an at sign in the password", "http://joe:a@b@p.test", UPSTREAM_HTTP, "p.test", 80, "joe",
     "a@b"},
    {"capitals of a host", "http://P.Test.:1", UPSTREAM_HTTP, "p.test", 1, "", ""},
    {"nothing", "", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"no scheme", "proxy.test:3128", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"https", "https://proxy.test:3128", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"socks4", "socks4://proxy.test:3128", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"no host", "http://", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"a path", "http://p.test/x", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"a query", "http://p.test?x", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"port 0", "http://p.test:0", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"port 99999", "http://p.test:99999", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"no password", "http://joe@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"an empty name", "http://:x@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"an empty password", "http://joe:@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"half an escape", "http://joe:x%4@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"a bare per cent sign", "http://joe:x%@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"no hexadecimal", "http://joe:x%4g@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"an encoded NUL", "http://joe:x%00@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"an encoded colon in the name", "http://j%3ao:x@p.test", UPSTREAM_NONE, NULL, 0, NULL, NULL},
    {"a number for an address", "http://2130706433", UPSTREAM_NONE, NULL, 0, NULL, NULL},
};

static void check_found(const struct upstream *found, size_t i)
{
    if (found->kind != rows[i].kind || found->port != rows[i].port ||
        strcmp(found->host.text, rows[i].host) != 0)
        fail_msg("%s: %d %s %d", rows[i].name, found->kind, found->host.text, found->port);
    if (!str_equal((struct str){found->user, found->user_len}, str_of(rows[i].user)) ||
        !str_equal((struct str){found->password, found->password_len}, str_of(rows[i].password)))
        fail_msg("%s: another login", rows[i].name);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct upstream found = {.kind = UPSTREAM_NONE};
        size_t len = strlen(rows[i].url);
        char *copy = guard_copy(rows[i].url, len);
        const char *why = upstream_parse(&found, (struct str){copy, len});

        guard_free(copy, len);
        if ((why == NULL) != (rows[i].kind != UPSTREAM_NONE))
            fail_msg("%s: %s", rows[i].name, why ? why : "it was taken");
        if (why)
            assert_int_equal(found.kind, UPSTREAM_NONE);
        else
            check_found(&found, i);
    }
}

/* 255 bytes each, and no more: RFC 1929. */
static void test_longest_login(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct upstream found = {.kind = UPSTREAM_NONE};
        char url[600] = "socks5://";
        size_t len = strlen(url);

        memset(url + len, 'u', UPSTREAM_LOGIN);
        len += UPSTREAM_LOGIN;
        url[len++] = ':';
        memset(url + len, 'p', UPSTREAM_LOGIN + extra);
        len += UPSTREAM_LOGIN + extra;
        memcpy(url + len, "@p.test", 7);
        assert_int_equal(upstream_parse(&found, (struct str){url, len + 7}) == NULL, extra == 0);
        assert_int_equal(found.password_len, extra == 0 ? UPSTREAM_LOGIN : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_longest_login),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
