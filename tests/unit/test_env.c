/* SPDX-License-Identifier: Apache-2.0
 * test_env.c - what of the environment reaches the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/env.h"

#define MOST  8
#define PROXY "http://127.0.0.1:3128"
#define SOCKS "socks5h://127.0.0.1:1080"

/* What is always added, behind what was kept. */
static const char *const added[] = {
    "HTTP_PROXY=" PROXY,
    "HTTPS_PROXY=" PROXY,
    "http_proxy=" PROXY,
    "https_proxy=" PROXY,
    "ALL_PROXY=" SOCKS,
    "all_proxy=" SOCKS,
    "NO_PROXY=localhost,127.0.0.1,::1",
    "no_proxy=localhost,127.0.0.1,::1",
    "NODE_USE_ENV_PROXY=1",
    "FENCE_SANDBOX=1",
};

static const struct {
    const char *name;
    const char *base[MOST], *kept[MOST];
} rows[] = {
    {"nothing", {0}, {0}},
    {"in order, byte for byte",
     {"Z=1", "A= x\ty=z ", "HOME=/home/u"},
     {"Z=1", "A= x\ty=z ", "HOME=/home/u"}},
    {"182 LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH",
     {"LD_PRELOAD=/x.so", "A=1", "LD_AUDIT=y", "LD_LIBRARY_PATH=", "LD_=1"},
     {"A=1"}},
    {"182 GLIBC_TUNABLES DYLD_*",
     {"GLIBC_TUNABLES=glibc.malloc.check=3", "DYLD_INSERT_LIBRARIES=x"},
     {0}},
    {"182 names that only look alike",
     {"LD=ld", "LDFLAGS=-g", "GLIBC_TUNABLES_X=1", "ld_preload=x", "MY_LD_PRELOAD=x"},
     {"LD=ld", "LDFLAGS=-g", "GLIBC_TUNABLES_X=1", "ld_preload=x", "MY_LD_PRELOAD=x"}},
    {"183 the command's own settings pass",
     {"BASH_ENV=x", "NODE_OPTIONS=y", "GIT_PROXY_COMMAND=z"},
     {"BASH_ENV=x", "NODE_OPTIONS=y", "GIT_PROXY_COMMAND=z"}},
    {"185 NO_PROXY=*", {"NO_PROXY=*", "no_proxy=*", "No_Proxy=*"}, {0}},
    {"186 http_proxy with password, both cases",
     {"http_proxy=http://u:secret@p:1", "HTTPS_PROXY=http://u:secret@p:1", "Http_Proxy=x"},
     {0}},
    {"186 ALL_PROXY, both cases", {"ALL_PROXY=socks5://p", "all_proxy=x", "FTP_PROXY=x"}, {0}},
    {"186 proxies of single programs",
     {"npm_config_https_proxy=x", "NPM_CONFIG_PROXY=x", "PIP_PROXY=x", "grpc_proxy=x",
      "RSYNC_PROXY=x", "CARGO_HTTP_PROXY=x"},
     {0}},
    {"186 a name that only ends so", {"MY_HTTP_PROXY=x"}, {"MY_HTTP_PROXY=x"}},
    {"188 name with '='", {"A=b=c", "=C:=C:\\", "=", "=x"}, {"A=b=c"}},
    {"188 empty name, no '='", {"", "A", "=1", "B=2"}, {"B=2"}},
    {"188 empty value", {"A="}, {"A="}},
    {"188 newline, non-UTF-8", {"A=1\n2", "B\n=1", "\xff=\xfe"}, {"A=1\n2", "B\n=1", "\xff=\xfe"}},
    {"the first of two wins, as with getenv(3)", {"A=1", "B=2", "A=3", "A="}, {"A=1", "B=2"}},
    {"a name is no prefix of another", {"AB=1", "A=2", "ABC=3"}, {"AB=1", "A=2", "ABC=3"}},
    {"case matters", {"a=1", "A=2"}, {"a=1", "A=2"}},
    {"190 TMPDIR, TMP, TEMP at a hidden place",
     {"TMPDIR=/tmp/x", "A=1", "TMP=/var/y", "TEMP="},
     {"TMPDIR=/tmp", "A=1", "TMP=/tmp", "TEMP=/tmp"}},
    {"190 TMPDIR twice", {"TMPDIR=/a", "TMPDIR=/b"}, {"TMPDIR=/tmp"}},
    {"190 XDG_RUNTIME_DIR that is not shown", {"XDG_RUNTIME_DIR=/run/user/1"}, {0}},
    {"our own", {"FENCE_SANDBOX=2", "FENCE_CONFIG_JSON={}", "FENCE_=1"}, {0}},
    {"NODE_USE_ENV_PROXY=0", {"NODE_USE_ENV_PROXY=0"}, {0}},
};

static size_t count(const char *const *list, size_t most)
{
    size_t n = 0;

    while (n < most && list[n])
        n++;
    return n;
}

static void check(const char *name, char **env, const char *const *kept, size_t nkept)
{
    for (size_t i = 0; i < nkept + ARRAY_LEN(added); i++) {
        const char *want = i < nkept ? kept[i] : added[i - nkept];

        if (!env[i] || strcmp(env[i], want) != 0)
            fail_msg("%s: entry %zu is '%s', not '%s'", name, i, env[i] ? env[i] : "(none)", want);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *base[MOST + 1] = {0};
        struct env_input in = {base, PROXY, SOCKS, NULL};
        size_t nkept = count(rows[i].kept, MOST);
        char **env = NULL;

        memcpy(base, rows[i].base, sizeof rows[i].base);
        assert_int_equal(env_make(&env, &in), 0);
        check(rows[i].name, env, rows[i].kept, nkept);
        if (env[nkept + ARRAY_LEN(added)])
            fail_msg("%s: one more: '%s'", rows[i].name, env[nkept + ARRAY_LEN(added)]);
        env_free(env);
    }
}

static void test_runtime_dir(void **state)
{
    static const char *const base[] = {"XDG_RUNTIME_DIR=/elsewhere", "A=1", NULL};
    static const char *const kept[] = {"A=1"};
    struct env_input in = {base, PROXY, SOCKS, "/run/user/1000"};
    char **env = NULL;

    (void)state;
    assert_int_equal(env_make(&env, &in), 0);
    check("runtime folder", env, kept, 1);
    assert_string_equal(env[1 + ARRAY_LEN(added)], "XDG_RUNTIME_DIR=/run/user/1000");
    assert_null(env[2 + ARRAY_LEN(added)]);
    env_free(env);
}

/* 188 1 MiB of environment: in one variable, and in very many with each name twice. */
static void test_large(void **state)
{
    enum { many = 100000 };
    char **base = calloc(many + 2, sizeof(*base));
    char *big = malloc(1 << 20);
    struct env_input in = {(const char *const *)base, PROXY, SOCKS, NULL};
    char **env = NULL;
    size_t n = 0;

    (void)state;
    assert_non_null(base);
    assert_non_null(big);
    memset(big, 'x', (1 << 20) - 1);
    memcpy(big, "BIG=", 4);
    big[(1 << 20) - 1] = '\0';
    base[0] = big;
    for (size_t i = 1; i <= many; i++)
        assert_true(asprintf(&base[i], "N%zu=%zu", i % (many / 2), i) > 0);
    assert_int_equal(env_make(&env, &in), 0);
    assert_string_equal(env[0], big);
    while (env[n])
        n++;
    assert_int_equal(n, 1 + many / 2 + ARRAY_LEN(added));
    assert_string_equal(env[1], "N1=1");
    env_free(env);
    for (size_t i = 1; i <= many; i++)
        free(base[i]);
    free(base);
    free(big);
}

static void test_frees_nothing(void **state)
{
    (void)state;
    env_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_runtime_dir),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_frees_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
