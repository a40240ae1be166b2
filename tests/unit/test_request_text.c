/* SPDX-License-Identifier: Apache-2.0
 * test_request_text.c - HOST:PORT and METHOD URL, as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/request_text.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char no_port[] = "say which port: HOST:PORT";
static const char no_number[] = "the port is a number from 1 to 65535";
static const char no_scheme[] = "a URL begins with http:// or https://";

static const struct row {
    const char *text, *why; /* NULL: it is taken */
    const char *host;
    uint16_t port;
    const char *path; /* NULL: a tunnel */
} authorities[] =
    {
        {"good.test:443", NULL, "good.test", 443, NULL},
        {"[::1]:80", NULL, "::1", 80, NULL},
        {"127.0.0.1:65535", NULL, "127.0.0.1", 65535, NULL},
        {":80", NULL, "", 80, NULL}, /* what a host is, others say */
        {"good.test", no_port, NULL, 0, NULL},
        {"good.test:0", no_port, NULL, 0, NULL},
        {"::1", no_port, NULL, 0, NULL},
        {"[::1]", no_port, NULL, 0, NULL},
        {"", no_port, NULL, 0, NULL},
        {"good.test:", no_number, NULL, 0, NULL},
        {"good.test:x", no_number, NULL, 0, NULL},
        {"good.test:-1", no_number, NULL, 0, NULL},
        {"good.test:+1", no_number, NULL, 0, NULL},
        {"good.test: 1", no_number, NULL, 0, NULL},
        {"good.test:1x", no_number, NULL, 0, NULL},
        {"good.test:65536", no_number, NULL, 0, NULL},
        {"good.test:99999999999999999999", no_number, NULL, 0, NULL},
},
  urls[] = {
      {"http://good.test/", NULL, "good.test", 80, "/"},
      {"http://good.test", NULL, "good.test", 80, "/"},
      {"http://good.test:81/a?b", NULL, "good.test", 81, "/a?b"},
      {"http://good.test?b", NULL, "good.test", 80, "/?b"},
      {"http://g?b", NULL, "g", 80, "/?b"},
      {"http://good.test#c", NULL, "good.test", 80, "/"},
      {"http://good.test/a?b#c?d", NULL, "good.test", 80, "/a?b"},
      {"http://[fd00::1]/", NULL, "fd00::1", 80, "/"},
      {"http://a/http://b:1/", NULL, "a", 80, "/http://b:1/"},
      {"http://", NULL, "", 80, "/"},
      {"https://good.test/a", NULL, "good.test", 443, NULL},
      {"https://good.test:444?a", NULL, "good.test", 444, NULL},
      {"HTTP://good.test/", no_scheme, NULL, 0, NULL},
      {"ftp://good.test/", no_scheme, NULL, 0, NULL},
      {"good.test:80", no_scheme, NULL, 0, NULL},
      {"", no_scheme, NULL, 0, NULL},
      {"http://good.test:x/", no_number, NULL, 0, NULL},
      {"http://good.test:0/", no_port, NULL, 0, NULL},
};

static void check(const struct row *row, const char *why, const fence_request *got)
{
    if (why || row->why) {
        if (!why || !row->why || strcmp(why, row->why) != 0)
            fail_msg("'%s': %s", row->text, why ? why : "taken");
        return;
    }
    if (strcmp(got->host, row->host) != 0 || got->port != row->port)
        fail_msg("'%s': host '%s', port %u", row->text, got->host, got->port);
    assert_int_equal(got->kind, row->path ? FENCE_HTTP : FENCE_CONNECT);
    if (!row->path)
        assert_null(got->path);
    else
        assert_string_equal(got->path, row->path);
}

static void test_authorities(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(authorities); i++) {
        fence_request request = FENCE_REQUEST_INIT;
        char text[64];

        snprintf(text, sizeof text, "%s", authorities[i].text);
        check(&authorities[i], request_text_authority(&request, text), &request);
    }
}

static void test_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(urls); i++) {
        fence_request request = FENCE_REQUEST_INIT;
        char text[64];

        snprintf(text, sizeof text, "%s", urls[i].text);
        check(&urls[i], request_text_url(&request, "GET", text), &request);
        if (urls[i].path)
            assert_string_equal(request.method, "GET");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
