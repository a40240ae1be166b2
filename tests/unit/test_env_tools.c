/* SPDX-License-Identifier: Apache-2.0
 * test_env_tools.c - the variables of ours, and how a path comes through three shells. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/env_tools.h"

/* The value of that variable for a program at `path`; the caller frees. NULL: it is not set. */
static char *tool(const char *name, const char *path)
{
    struct env_places places = {3128, 1080, NULL, path, NULL};
    size_t len = strlen(name);
    char *text = NULL;
    int rc = 0;

    for (size_t i = 0; rc >= 0; i++) {
        rc = env_tool(&text, &places, i);
        if (rc == 1 && strncmp(text, name, len) == 0 && text[len] == '=') {
            memmove(text, text + len + 1, strlen(text + len + 1) + 1);
            return text;
        }
        if (rc == 1)
            free(text);
    }
    assert_int_equal(rc, -ENOENT);
    return NULL;
}

static const struct {
    const char *name, *path, *expect;
} rows[] = {
    {"HTTP_PROXY", NULL, "http://127.0.0.1:3128"},
    {"ALL_PROXY", NULL, "socks5h://127.0.0.1:1080"},
    {"RSYNC_PROXY", NULL, "127.0.0.1:3128"},
    {"no_proxy", NULL, "localhost,127.0.0.1,::1"},
    {"FENCE_SANDBOX", NULL, "1"},
    {"XDG_RUNTIME_DIR", NULL, NULL},
    {"npm_config_cache", NULL, NULL},
    {"JAVA_TOOL_OPTIONS", NULL,
     "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3128 -Dhttps.proxyHost=127.0.0.1 "
     "-Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=localhost|127.*|[::1]"},
    {"GIT_SSH_COMMAND", NULL, NULL},
    {"CARGO_NET_GIT_FETCH_WITH_CLI", NULL, NULL},
    {"CARGO_NET_GIT_FETCH_WITH_CLI", "/usr/bin/fence", "true"},
    {"GIT_SSH_COMMAND", "/usr/bin/fence", "ssh -o \"ProxyCommand=/usr/bin/fence connect '%h' %p\""},
    {"GIT_SSH_COMMAND", "/a b/fence", "ssh -o \"ProxyCommand='/a b/fence' connect '%h' %p\""},
    {"GIT_SSH_COMMAND", "/it's/fence", "ssh -o \"ProxyCommand='/it'\\''s/fence' connect '%h' %p\""},
    {"GIT_SSH_COMMAND", "/100%/fence", "ssh -o \"ProxyCommand='/100%%/fence' connect '%h' %p\""},
    {"GIT_SSH_COMMAND", "/a;b&#/fence", "ssh -o \"ProxyCommand='/a;b&#/fence' connect '%h' %p\""},
    {"GIT_SSH_COMMAND", "/a\"b/fence", NULL},
    {"GIT_SSH_COMMAND", "/a$b/fence", NULL},
    {"GIT_SSH_COMMAND", "/a`b/fence", NULL},
    {"GIT_SSH_COMMAND", "/a\\b/fence", NULL},
    {"GIT_SSH_COMMAND", "/a!b/fence", NULL},
    {"GIT_SSH_COMMAND", "/a\nb/fence", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *value = tool(rows[i].name, rows[i].path);

        if (!value != !rows[i].expect || (value && strcmp(value, rows[i].expect) != 0))
            fail_msg("%s for %s: %s", rows[i].name, rows[i].path ? rows[i].path : "nothing",
                     value ? value : "(none)");
        free(value);
    }
}

static void test_java(void **state)
{
    struct env_places places = {1, 2, NULL, NULL, NULL};
    char *value = env_java(&places, "-Xmx1g");

    (void)state;
    assert_non_null(value);
    assert_memory_equal(value, "-Xmx1g -Dhttp.proxyHost=", 24);
    free(value);
}

/* Nobody is told of the proxy: what has nothing to do with it is left. */
static void test_without(void **state)
{
    static const struct env_places places = {0, 0, "/run/user/1", "/usr/bin/fence", "/tmp/.npm"};
    char names[256] = "", *text, *java = env_java(&places, "-Xmx1g");
    int rc;

    (void)state;
    for (size_t i = 0; (rc = env_tool(&text, &places, i)) >= 0; i++) {
        if (rc == 1) {
            strcat(strcat(names, text), " ");
            free(text);
        }
    }
    assert_string_equal(names,
                        "FENCE_SANDBOX=1 XDG_RUNTIME_DIR=/run/user/1 npm_config_cache=/tmp/.npm ");
    assert_string_equal(java, "-Xmx1g");
    free(java);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_java),
        cmocka_unit_test(test_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
