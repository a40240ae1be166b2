/* SPDX-License-Identifier: Apache-2.0
 * test_login.c - names and passwords, right and wrong, over both protocols, and how many may be
 * tried. The loop is never run: its clock stands still unless the test moves it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proxy/listener.h"
#include "proxy/login.h"

static uv_loop_t loop;

static void begin(struct proxy *proxy, const char *user, const char *password)
{
    *proxy = (struct proxy){.loop = &loop};
    assert_int_equal(login_new(&proxy->login, user, password), 0);
}

static void end(struct proxy *proxy)
{
    login_free(take(&proxy->login));
}

/* ---- what can be a login ---- */

static const struct {
    const char *name;
    size_t user_len, password_len;
    const char *user_end; /* of the name */
    int rc;
} lengths[] = {
    {"one byte each", 1, 1, "", 0},
    {"255 bytes each", 255, 255, "", 0},
    {"no name", 0, 1, "", -EINVAL},
    {"no password", 1, 0, "", -EINVAL},
    {"a name of 256 bytes", 256, 1, "", -EINVAL},
    {"a password of 256 bytes", 1, 256, "", -EINVAL},
    {"a colon in the name", 3, 3, ":", -EINVAL},
};

static void test_new(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char user[300] = "", password[300] = "";
        struct login *login = NULL;

        memset(user, 'u', lengths[i].user_len);
        strcat(user, lengths[i].user_end);
        memset(password, ':', lengths[i].password_len); /* there a colon is a letter */
        if (login_new(&login, user, password) != lengths[i].rc)
            fail_msg("%s", lengths[i].name);
        assert_true((login != NULL) == (lengths[i].rc == 0));
        login_free(login);
    }
    login_free(NULL);
}

static void test_is_required(void **state)
{
    struct listener here = {0}, sandbox = {.adopted = true};
    struct proxy proxy = {.loop = &loop};

    (void)state;
    assert_false(login_is_required(&proxy, &here));
    begin(&proxy, "user", "pass");
    assert_true(login_is_required(&proxy, &here));
    assert_true(login_is_required(&proxy, NULL));
    assert_false(login_is_required(&proxy, &sandbox));
    end(&proxy);
}

/* ---- over HTTP: user, pass is dXNlcjpwYXNz ---- */

static const struct {
    const char *name, *field, *value, *second; /* `second`: the value of one more field */
    bool right;
} fields[] = {
    {"right", "Proxy-Authorization", "Basic dXNlcjpwYXNz", NULL, true},
    {"small letters", "proxy-authorization", "basic dXNlcjpwYXNz", NULL, true},
    {"two spaces", "Proxy-Authorization", "Basic  dXNlcjpwYXNz", NULL, true},
    {"another password", "Proxy-Authorization", "Basic dXNlcjpwYXN6", NULL, false},
    {"another name", "Proxy-Authorization", "Basic eHNlcjpwYXNz", NULL, false},
    {"the case of the token counts", "Proxy-Authorization", "Basic DXNlcjpwYXNz", NULL, false},
    {"the token cut", "Proxy-Authorization", "Basic dXNlcjpwYXN", NULL, false},
    {"the token twice", "Proxy-Authorization", "Basic dXNlcjpwYXNzdXNlcjpwYXNz", NULL, false},
    {"a byte behind the token", "Proxy-Authorization", "Basic dXNlcjpwYXNz=", NULL, false},
    {"not encoded", "Proxy-Authorization", "Basic user:pass", NULL, false},
    {"no token", "Proxy-Authorization", "Basic ", NULL, false},
    {"the scheme alone", "Proxy-Authorization", "Basic", NULL, false},
    {"another scheme", "Proxy-Authorization", "Bearer dXNlcjpwYXNz", NULL, false},
    {"no space", "Proxy-Authorization", "BasicdXNlcjpwYXNz", NULL, false},
    {"nothing", "Proxy-Authorization", "", NULL, false},
    {"another field", "Authorization", "Basic dXNlcjpwYXNz", NULL, false},
    {"right, and right again", "Proxy-Authorization", "Basic dXNlcjpwYXNz", "Basic dXNlcjpwYXNz",
     false},
    {"right, then wrong", "Proxy-Authorization", "Basic dXNlcjpwYXNz", "Basic x", false},
};

static bool by_http(struct proxy *proxy, const char *field, const char *value, const char *second)
{
    struct http1_request request = {.nfields = second ? 3 : 2};

    request.fields[0] = (struct http1_field){STR("Host"), STR("good.test")};
    request.fields[1] = (struct http1_field){str_of(field), str_of(value)};
    if (second)
        request.fields[2] = (struct http1_field){str_of(field), str_of(second)};
    return login_matches_request(proxy, &request);
}

static void test_request(void **state)
{
    struct http1_request without = {0};
    struct proxy proxy;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        begin(&proxy, "user", "pass");
        if (by_http(&proxy, fields[i].field, fields[i].value, fields[i].second) != fields[i].right)
            fail_msg("%s: %s", fields[i].name, fields[i].right ? "refused" : "taken");
        end(&proxy);
    }
    begin(&proxy, "user", "pass");
    assert_false(login_matches_request(&proxy, &without));
    end(&proxy);
}

/* ---- over SOCKS5 ---- */

static bool by_socks(struct proxy *proxy, const char *user, const char *password)
{
    struct socks5 socks;
    char bytes[3 + 2 + 2 * 255];
    size_t used, len;

    socks5_init(&socks, true);
    assert_int_equal(socks5_feed(&socks, "\5\1\2", 3, &used), SOCKS5_ANSWER);
    len = (size_t)snprintf(bytes, sizeof bytes, "\1%c%s%c%s", (int)strlen(user), user,
                           (int)strlen(password), password);
    assert_int_equal(socks5_feed(&socks, bytes, len, &used), SOCKS5_LOGIN);
    return login_matches_socks5(proxy, &socks);
}

static const struct {
    const char *name, *user, *password;
    bool right;
} pairs[] = {
    {"right", "user", "pass", true},
    {"another password", "user", "Pass", false},
    {"another name", "uses", "pass", false},
    {"the wrong way round", "pass", "user", false},
    {"a name cut", "use", "pass", false},
    {"a password cut", "user", "pas", false},
    {"more than the name", "useru", "pass", false},
    {"the password twice", "user", "passpass", false},
    {"a colon moved", "user:pass", "x", false},
};

static void test_socks5(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct proxy proxy;

        begin(&proxy, "user", "pass");
        if (by_socks(&proxy, pairs[i].user, pairs[i].password) != pairs[i].right)
            fail_msg("%s: %s", pairs[i].name, pairs[i].right ? "refused" : "taken");
        end(&proxy);
    }
}

/* ---- how many ---- */

static const struct {
    const char *name;
    unsigned by_http, by_socks, right, unasked; /* what was tried before, in this order */
    bool taken;                                 /* the right one, afterwards            */
} tries[] = {
    {"one less than the limit", LIMIT_LOGIN_FAILURES - 1, 0, 0, 0, true},
    {"the limit over HTTP", LIMIT_LOGIN_FAILURES, 0, 0, 0, false},
    {"the limit over SOCKS5", 0, LIMIT_LOGIN_FAILURES, 0, 0, false},
    {"the limit over both", LIMIT_LOGIN_FAILURES / 2, LIMIT_LOGIN_FAILURES / 2, 0, 0, false},
    {"right ones do not count", 1, 1, 100, 0, true},
    {"nor do those without a login", 1, 1, 0, 100, true},
    {"a flood", 5000, 5000, 0, 0, false},
};

static void next_second(void)
{
    uint64_t second = uv_now(&loop) / 1000;

    for (; uv_now(&loop) / 1000 == second; uv_update_time(&loop))
        usleep(1000);
}

static void test_limit(void **state)
{
    struct proxy proxy[ARRAY_LEN(tries)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        begin(&proxy[i], "user", "pass");
        for (unsigned n = 0; n < tries[i].by_http; n++)
            assert_false(by_http(&proxy[i], "Proxy-Authorization", "Basic eHg6eHg=", NULL));
        for (unsigned n = 0; n < tries[i].by_socks; n++)
            assert_false(by_socks(&proxy[i], "user", "guess"));
        for (unsigned n = 0; n < tries[i].right; n++)
            assert_true(by_socks(&proxy[i], "user", "pass"));
        for (unsigned n = 0; n < tries[i].unasked; n++)
            assert_false(by_http(&proxy[i], "Via", "1.1 x", NULL));
        if (by_socks(&proxy[i], "user", "pass") != tries[i].taken ||
            by_http(&proxy[i], "Proxy-Authorization", "Basic dXNlcjpwYXNz", NULL) != tries[i].taken)
            fail_msg("%s: %s", tries[i].name, tries[i].taken ? "refused" : "taken");
    }
    next_second();
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        if (!by_socks(&proxy[i], "user", "pass"))
            fail_msg("%s: refused in the next second", tries[i].name);
        end(&proxy[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),     cmocka_unit_test(test_is_required),
        cmocka_unit_test(test_request), cmocka_unit_test(test_socks5),
        cmocka_unit_test(test_limit),
    };

    if (uv_loop_init(&loop) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL) || uv_loop_close(&loop) != 0;
}
