/* SPDX-License-Identifier: Apache-2.0
 * test_env_tables.c - every row of the tables is found, and nothing that only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <strings.h>

#include <cmocka.h>

#include "sandbox/env_tables.h"

static void test_each_is_found(void **state)
{
    size_t count;
    const struct env_rule *rules = env_rules(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (env_rule_of(rules[i].name) != &rules[i])
            fail_msg("'%s' is not found: not in order?", rules[i].name.bytes);
        if (rules[i].kind == ENV_OPTIONS && !rules[i].words)
            fail_msg("'%s' has no words", rules[i].name.bytes);
        if (i > 0 && strcasecmp(rules[i - 1].name.bytes, rules[i].name.bytes) >= 0)
            fail_msg("'%s' stands behind '%s'", rules[i].name.bytes, rules[i - 1].name.bytes);
    }
}

static const struct {
    const char *name;
    int kind; /* -1: an ordinary one */
} rows[] = {
    {"LD_PRELOAD", ENV_LOADER},
    {"LD_", ENV_LOADER},
    {"LD", -1},
    {"ld_preload", -1},
    {"LDFLAGS", -1},
    {"DYLD_INSERT_LIBRARIES", ENV_LOADER},
    {"FENCE_ANYTHING", ENV_OURS},
    {"UNFENCE_X", -1},
    {"Http_Proxy", ENV_PROXY},
    {"NPM_CONFIG_PROXY", ENV_PROXY},
    {"MY_HTTP_PROXY", -1},
    {"BASH_ENV", ENV_CODE},
    {"bash_env", -1},
    {"BASH_FUNC_ls%%", ENV_CODE},
    {"BASH_VERSION", -1},
    {"ENV", ENV_CODE},
    {"ENVIRONMENT", -1},
    {"GIT_CONFIG_COUNT", ENV_CODE},
    {"GIT_CONFIG_KEY_0", ENV_CODE},
    {"GIT_CONFIG_NOSYSTEM", -1},
    {"GIT_CONFIG_GLOBAL", ENV_CODE_FILE},
    {"GIT_DIR", -1},
    {"GIT_PAGER", -1},
    {"LUA_INIT_5_4", ENV_CODE},
    {"MALLOC_ARENA_MAX", ENV_PASSES},
    {"MALLOC_TRACE", ENV_LOADER},
    {"PYTHONPATH", -1},
    {"CLASSPATH", -1},
    {"EDITOR", -1},
    {"PAGER", -1},
    {"TMPDIR", ENV_TEMPORARY},
    {"VSCODE_IPC_HOOK_CLI", ENV_SOCKET},
    {"", -1},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct env_rule *rule = env_rule_of(str_of(rows[i].name));

        if ((rule ? (int)rule->kind : -1) != rows[i].kind)
            fail_msg("'%s'", rows[i].name);
    }
}

static void test_base(void **state)
{
    (void)state;
    assert_true(env_is_base(STR("PATH")));
    assert_true(env_is_base(STR("LC_ALL")));
    assert_true(env_is_base(STR("NO_COLOR")));
    assert_false(env_is_base(STR("LC")));
    assert_false(env_is_base(STR("GITHUB_TOKEN")));
    assert_false(env_is_base(STR("path")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_found),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_base),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
