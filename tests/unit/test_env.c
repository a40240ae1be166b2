/* SPDX-License-Identifier: Apache-2.0
 * test_env.c - what of the environment reaches the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/env.h"

#define MOST 8
#define JAVA                                                                                       \
    "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3128 -Dhttps.proxyHost=127.0.0.1 "                \
    "-Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=localhost|127.*|[::1]"

/* What environment.* and network.allowUnixSockets say, as texts that NULL ends. */
struct settings {
    bool bare; /* inherit: false */
    const char *allow[MOST], *deny[MOST], *set[MOST], *sockets[MOST];
};

static const struct {
    const char *name;
    const char *base[MOST], *kept[MOST];
    struct settings settings;
} rows[] = {
    {"nothing", {0}, {0}, {0}},
    {"in order, byte for byte",
     {"Z=1", "A= x\ty=z ", "HOME=/home/u"},
     {"Z=1", "A= x\ty=z ", "HOME=/home/u"},
     {0}},
    {"182 LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH",
     {"LD_PRELOAD=/x.so", "A=1", "LD_AUDIT=y", "LD_LIBRARY_PATH=", "LD_=1"},
     {"A=1"},
     {0}},
    {"182 GLIBC_TUNABLES DYLD_*",
     {"GLIBC_TUNABLES=glibc.malloc.check=3", "DYLD_INSERT_LIBRARIES=x"},
     {0},
     {0}},
    {"182 names that only look alike",
     {"LD=ld", "LDFLAGS=-g", "GLIBC_TUNABLES_X=1", "ld_preload=x", "MY_LD_PRELOAD=x"},
     {"LD=ld", "LDFLAGS=-g", "GLIBC_TUNABLES_X=1", "ld_preload=x", "MY_LD_PRELOAD=x"},
     {0}},
    {"182 an allowed pattern brings none of them back",
     {"LD_PRELOAD=/x.so", "LDX=1"},
     {"LDX=1"},
     {.allow = {"LD*"}}},
    {"182 nor their prefix", {"LD_PRELOAD=/x.so"}, {0}, {.allow = {"LD_*"}}},
    {"183 BASH_ENV ENV PROMPT_COMMAND PS4 SHELLOPTS IFS",
     {"BASH_ENV=x", "ENV=x", "PROMPT_COMMAND=x", "PS4=x", "SHELLOPTS=x", "IFS=x", "BASHOPTS=x"},
     {0},
     {0}},
    {"183 a function for bash", {"BASH_FUNC_ls%%=() { id; }"}, {0}, {0}},
    {"183 PERL5OPT PYTHONSTARTUP RUBYOPT LESSOPEN",
     {"PERL5OPT=x", "PYTHONSTARTUP=x", "RUBYOPT=x", "LESSOPEN=x"},
     {0},
     {0}},
    {"183 GIT_* that execute",
     {"GIT_SSH=x", "GIT_PROXY_COMMAND=z", "GIT_ASKPASS=x", "GIT_EXEC_PATH=x", "GIT_CONFIG_COUNT=1",
      "GIT_CONFIG_KEY_0=core.pager", "GIT_CONFIG_VALUE_0=id"},
     {0},
     {0}},
    {"183 git's settings switched off",
     {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM=/x"},
     {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
     {0}},
    {"183 PYTHONPATH EDITOR PAGER CLASSPATH pass",
     {"PYTHONPATH=x", "EDITOR=x", "PAGER=x", "CLASSPATH=x", "GIT_EDITOR=x"},
     {"PYTHONPATH=x", "EDITOR=x", "PAGER=x", "CLASSPATH=x", "GIT_EDITOR=x"},
     {0}},
    {"183 NODE_OPTIONS that load code",
     {"NODE_OPTIONS=--require /x.js  --max-old-space-size=4096\t--import=y --no-warnings"},
     {"NODE_OPTIONS=--max-old-space-size=4096 --no-warnings"},
     {0}},
    {"183 NODE_OPTIONS with nothing else", {"NODE_OPTIONS=-r /x.js"}, {0}, {0}},
    {"183 NODE_OPTIONS with quotes", {"NODE_OPTIONS=--no-warnings --require '/x y.js'"}, {0}, {0}},
    {"183 NODE_OPTIONS, allowed",
     {"NODE_OPTIONS=--require '/x y.js'"},
     {"NODE_OPTIONS=--require '/x y.js'"},
     {.allow = {"NODE_OPTIONS"}}},
    {"183 JAVA_TOOL_OPTIONS",
     {"JAVA_TOOL_OPTIONS=-javaagent:/x.jar -Xmx1g -Dhttp.proxyHost=x"},
     {"JAVA_TOOL_OPTIONS=-Xmx1g " JAVA},
     {0}},
    {"183 JAVA_TOOL_OPTIONS, allowed",
     {"JAVA_TOOL_OPTIONS=-javaagent:/x.jar"},
     {"JAVA_TOOL_OPTIONS=-javaagent:/x.jar " JAVA},
     {.allow = {"JAVA*"}}},
    {"183 _JAVA_OPTIONS",
     {"_JAVA_OPTIONS=-agentlib:x", "JDK_JAVA_OPTIONS=-Xss1m"},
     {"JDK_JAVA_OPTIONS=-Xss1m"},
     {0}},
    {"183 allowed by a pattern",
     {"GIT_SSH=x", "GIT_ASKPASS=y"},
     {"GIT_SSH=x", "GIT_ASKPASS=y"},
     {.allow = {"GIT_*"}}},
    {"174 the screen, the agent, the session's services",
     {"DISPLAY=:0", "XAUTHORITY=/x", "WAYLAND_DISPLAY=wayland-0", "SSH_AUTH_SOCK=/tmp/a",
      "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1/bus", "TMUX=/tmp/t,1,0", "SSH_AGENT_PID=1"},
     {0},
     {0}},
    {"174 a socket that is allowed",
     {"SSH_AUTH_SOCK=/tmp/a", "DISPLAY=:0", "XAUTHORITY=/x", "SSH_AGENT_PID=1"},
     {"SSH_AUTH_SOCK=/tmp/a", "DISPLAY=:0", "XAUTHORITY=/x"},
     {.sockets = {"/tmp/a", "/tmp/.X11-unix/X*"}}},
    {"a shell's name for fence", {"_=/usr/bin/fence"}, {0}, {0}},
    {"deny", {"A_TOKEN=x", "B=1", "AWS_KEY=x"}, {"B=1"}, {.deny = {"*_TOKEN", "AWS_*"}}},
    {"deny wins over allow", {"A=1", "AB=1"}, {"AB=1"}, {.allow = {"A*"}, .deny = {"A"}}},
    {"deny over the base",
     {"SHELL=/bin/sh", "USER=u"},
     {"USER=u"},
     {.bare = true, .deny = {"SHELL"}}},
    {"inherit: false",
     {"PATH=/bin", "HOME=/home/u", "LC_ALL=C", "GITHUB_TOKEN=x", "A=1", "TMPDIR=/x"},
     {"PATH=/bin", "HOME=/home/u", "LC_ALL=C", "TMPDIR=/tmp"},
     {.bare = true}},
    {"inherit: false, and what is allowed",
     {"AWS_REGION=x", "AWS=y", "B=1", "BASH_ENV=x", "LD_LIBRARY_PATH=x"},
     {"AWS_REGION=x", "BASH_ENV=x"},
     {.bare = true, .allow = {"AWS_*", "BASH_ENV"}}},
    {"inherit: false, and options for Java", {"JAVA_TOOL_OPTIONS=-Xmx1g"}, {0}, {.bare = true}},
    {"set", {"A=1", "B=2"}, {"A=9", "C=3", "B=2"}, {.set = {"A=9", "C=3"}}},
    {"set over deny, inherit and the tables",
     {"A_TOKEN=x"},
     {"A_TOKEN=fake", "BASH_ENV=/y", "TMPDIR=/var/tmp"},
     {.bare = true,
      .deny = {"*_TOKEN"},
      .set = {"A_TOKEN=fake", "BASH_ENV=/y", "TMPDIR=/var/tmp"}}},
    {"no setting brings back what is fence's own",
     {"FENCE_SETTINGS=x", "HTTP_PROXY=http://u:p@x", "FENCE_SANDBOX=0"},
     {0},
     {.allow = {"FENCE_*", "HTTP_PROXY", "FENCE_SANDBOX"}}},
    {"185 NO_PROXY=*", {"NO_PROXY=*", "no_proxy=*", "No_Proxy=*"}, {0}, {0}},
    {"186 http_proxy with password, both cases",
     {"http_proxy=http://u:secret@p:1", "HTTPS_PROXY=http://u:secret@p:1", "Http_Proxy=x"},
     {0},
     {0}},
    {"186 ALL_PROXY, both cases", {"ALL_PROXY=socks5://p", "all_proxy=x", "FTP_PROXY=x"}, {0}, {0}},
    {"186 proxies of single programs",
     {"npm_config_https_proxy=x", "NPM_CONFIG_PROXY=x", "PIP_PROXY=x", "grpc_proxy=x",
      "RSYNC_PROXY=x", "CARGO_HTTP_PROXY=x"},
     {0},
     {0}},
    {"186 a name that only ends so", {"MY_HTTP_PROXY=x"}, {"MY_HTTP_PROXY=x"}, {0}},
    {"188 name with '='", {"A=b=c", "=C:=C:\\", "=", "=x"}, {"A=b=c"}, {0}},
    {"188 empty name, no '='", {"", "A", "=1", "B=2"}, {"B=2"}, {0}},
    {"188 empty value", {"A="}, {"A="}, {0}},
    {"188 newline, non-UTF-8",
     {"A=1\n2", "B\n=1", "\xff=\xfe"},
     {"A=1\n2", "B\n=1", "\xff=\xfe"},
     {0}},
    {"the first of two wins, as with getenv(3)", {"A=1", "B=2", "A=3", "A="}, {"A=1", "B=2"}, {0}},
    {"a name is no prefix of another", {"AB=1", "A=2", "ABC=3"}, {"AB=1", "A=2", "ABC=3"}, {0}},
    {"case matters", {"a=1", "A=2"}, {"a=1", "A=2"}, {0}},
    {"190 TMPDIR, TMP, TEMP at a hidden place",
     {"TMPDIR=/tmp/x", "A=1", "TMP=/var/y", "TEMP="},
     {"TMPDIR=/tmp", "A=1", "TMP=/tmp", "TEMP=/tmp"},
     {0}},
    {"190 TMPDIR twice", {"TMPDIR=/a", "TMPDIR=/b"}, {"TMPDIR=/tmp"}, {0}},
    {"190 XDG_RUNTIME_DIR that is not shown", {"XDG_RUNTIME_DIR=/run/user/1"}, {0}, {0}},
    {"our own", {"FENCE_SANDBOX=2", "FENCE_CONFIG_JSON={}", "FENCE_=1"}, {0}, {0}},
    {"NODE_USE_ENV_PROXY=0", {"NODE_USE_ENV_PROXY=0"}, {0}, {0}},
};

static struct config_texts texts_of(const char *const *items)
{
    size_t n = 0;

    while (n < MOST && items[n])
        n++;
    return (struct config_texts){(char **)items, n};
}

static int make(struct env *out, const char *const *base, const struct settings *settings,
                const struct env_places *places)
{
    struct fence_config config = {.env_inherit = !settings->bare};
    struct env_input in = {.base = base, .home = "/home/u", .config = &config, .places = *places};

    config.env_allow = texts_of(settings->allow);
    config.env_deny = texts_of(settings->deny);
    config.env_set = texts_of(settings->set);
    config.unix_sockets = texts_of(settings->sockets);
    return env_make(out, &in);
}

static size_t name_length(const char *text)
{
    return (size_t)(strchr(text, '=') - text);
}

/* Does one of `texts` have the same name? */
static bool named(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (name_length(texts[i]) == name_length(text) &&
            memcmp(texts[i], text, name_length(text)) == 0)
            return true;
    }
    return false;
}

/* `kept`, and behind it the tools that none of them is. */
static void check(const char *name, char **env, const char *const *kept, size_t nkept,
                  const struct env_places *places)
{
    size_t at = nkept;
    int rc = 0;

    for (size_t i = 0; i < nkept; i++) {
        if (!env[i] || strcmp(env[i], kept[i]) != 0)
            fail_msg("%s: entry %zu is '%s', not '%s'", name, i, env[i] ? env[i] : "(none)",
                     kept[i]);
    }
    for (size_t i = 0; rc >= 0; i++) {
        char *want = NULL;

        rc = env_tool(&want, places, i);
        if (rc == 1 && !named(kept, nkept, want)) {
            if (!env[at] || strcmp(env[at], want) != 0)
                fail_msg("%s: '%s', not '%s'", name, env[at] ? env[at] : "(none)", want);
            at++;
        }
        free(want);
    }
    if (env[at])
        fail_msg("%s: one more: '%s'", name, env[at]);
}

static const struct env_places nowhere = {3128, 1080, NULL, NULL, NULL};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *base[MOST + 1] = {0};
        struct env env = {0};

        memcpy(base, rows[i].base, sizeof rows[i].base);
        assert_int_equal(make(&env, base, &rows[i].settings, &nowhere), 0);
        check(rows[i].name, env.items, rows[i].kept, texts_of(rows[i].kept).count, &nowhere);
        env_deinit(&env);
    }
}

/* What every program would load reaches the command where it is named in full: nothing of ours is
 * started with it (inner.h). */
static void test_loaders(void **state)
{
    static const char *const base[] = {"LD_PRELOAD=/x.so", "A=1", "LD_AUDIT=/y.so", NULL};
    static const struct settings settings = {.allow = {"LD_PRELOAD"},
                                             .set = {"GLIBC_TUNABLES=x=1", "LD_LIBRARY_PATH=/l"}};
    static const char *const kept[] = {"GLIBC_TUNABLES=x=1", "LD_LIBRARY_PATH=/l",
                                       "LD_PRELOAD=/x.so", "A=1"};
    struct env env = {0};

    (void)state;
    assert_int_equal(make(&env, base, &settings, &nowhere), 0);
    check("loaders", env.items, kept, 4, &nowhere);
    env_deinit(&env);
}

static void test_value(void **state)
{
    static const char *const base[] = {"AB=1", "A=", "A=2", "B", NULL};
    static const struct {
        const char *name, *value;
    } values[] = {{"AB", "1"}, {"A", ""}, {"B", NULL}, {"C", NULL}, {"", NULL}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        const char *value = env_value(base, values[i].name);

        if (values[i].value ? !value || strcmp(value, values[i].value) != 0 : value != NULL)
            fail_msg("'%s' is '%s'", values[i].name, value ? value : "(none)");
    }
}

/* As bubblewrap's --chdir would have set it: nobody's settings change it. */
static void test_current_folder(void **state)
{
    static const char *const base[] = {"PWD=/elsewhere", "A=1", NULL};
    struct env env = {0};
    struct env_input in = {.base = base, .cwd = "/home/u/p", .places = nowhere};
    fence_config *config = NULL;

    (void)state;
    assert_int_equal(fence_config_load(&config, NULL, NULL, 0, NULL), 0);
    in.config = config;
    assert_int_equal(env_make(&env, &in), 0);
    assert_string_equal(env_value((const char *const *)env.items, "PWD"), "/home/u/p");
    env_deinit(&env);
    fence_config_unref(config);
}

static const char *value_of(char **env, const char *name)
{
    for (; *env; env++) {
        if (name_length(*env) == strlen(name) && memcmp(*env, name, strlen(name)) == 0)
            return *env + strlen(name) + 1;
    }
    return "(none)";
}

static void test_places(void **state)
{
    static const char *const base[] = {"XDG_RUNTIME_DIR=/elsewhere", "GIT_SSH_COMMAND=mine", NULL};
    static const struct env_places places = {3128, 1080, "/run/user/1000", "/usr/bin/fence", NULL};
    static const struct {
        struct settings settings;
        const char *ssh, *java, *sandbox;
    } cases[] = {
        {{0}, "ssh -o \"ProxyCommand=/usr/bin/fence connect '%h' %p\"", JAVA, "1"},
        {{.allow = {"GIT_SSH_COMMAND"}}, "mine", JAVA, "1"},
        {{.set = {"GIT_SSH_COMMAND=theirs"}, .allow = {"GIT_SSH_COMMAND"}}, "theirs", JAVA, "1"},
        {{.deny = {"GIT_SSH*", "JAVA_*", "FENCE_*"}}, "(none)", "(none)", "1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct env env = {0};

        assert_int_equal(make(&env, base, &cases[i].settings, &places), 0);
        assert_string_equal(value_of(env.items, "GIT_SSH_COMMAND"), cases[i].ssh);
        assert_string_equal(value_of(env.items, "JAVA_TOOL_OPTIONS"), cases[i].java);
        assert_string_equal(value_of(env.items, "FENCE_SANDBOX"), cases[i].sandbox);
        assert_string_equal(value_of(env.items, "XDG_RUNTIME_DIR"), "/run/user/1000");
        env_deinit(&env);
    }
}

static void note(void *context, struct str name, const char *how, const char *why)
{
    char *out = context;
    size_t len = strlen(out);

    snprintf(out + len, 512 - len, STR_FMT " %s: %s\n", STR_ARG(name), how, why);
}

static void test_told(void **state)
{
    static const char *const base[] = {
        "A=1", "LD_PRELOAD=x", "LD_AUDIT=y", "PS4=secret", "NODE_OPTIONS=-r x", "FENCE_X=1", NULL};
    char allowed[] = "LD_PRELOAD", *allow[] = {allowed};
    char said[512] = "";
    struct fence_config config = {.env_inherit = true, .env_allow = {allow, 1}};
    struct env_input in = {
        .base = base, .config = &config, .places = nowhere, .told = note, .context = said};
    struct env env = {0};

    (void)state;
    assert_int_equal(env_make(&env, &in), 0);
    assert_string_equal(
        said, "LD_PRELOAD passes, as environment.allow names it: it changes what every program "
              "loads\nLD_AUDIT does not pass: it changes what every program loads\n"
              "PS4 does not pass: a shell runs what stands in it\n"
              "NODE_OPTIONS passes in part: Node loads code by it\n");
    env_deinit(&env);
}

/* 188 1 MiB of environment: in one variable, and in very many with each name twice. */
static void test_large(void **state)
{
    enum { many = 100000 };
    static const struct settings settings = {.deny = {"*_TOKEN", "AWS_*", "*SECRET*"},
                                             .allow = {"X*"}};
    char **base = calloc(many + 2, sizeof(*base));
    char *big = malloc(1 << 20);
    struct env env = {0};
    size_t n = 0, tools = 0;
    clock_t begin;

    (void)state;
    assert_non_null(base);
    assert_non_null(big);
    memset(big, 'x', (1 << 20) - 1);
    memcpy(big, "BIG=", 4);
    big[(1 << 20) - 1] = '\0';
    base[0] = big;
    for (size_t i = 1; i <= many; i++)
        assert_true(asprintf(&base[i], "N%zu=%zu", i % (many / 2), i) > 0);
    begin = clock();
    assert_int_equal(make(&env, (const char *const *)base, &settings, &nowhere), 0);
    assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
    assert_string_equal(env.items[0], big);
    assert_string_equal(env.items[1], "N1=1");
    while (env.items[n])
        n++;
    for (int rc = 0; rc >= 0;) {
        char *text = NULL;

        rc = env_tool(&text, &nowhere, tools++);
        n -= rc == 1;
        free(text);
    }
    assert_int_equal(n, 1 + many / 2);
    env_deinit(&env);
    for (size_t i = 1; i <= many; i++)
        free(base[i]);
    free(base);
    free(big);
}

static void test_frees_nothing(void **state)
{
    struct env none = {0};

    (void)state;
    env_deinit(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_loaders),
        cmocka_unit_test(test_value),  cmocka_unit_test(test_current_folder),
        cmocka_unit_test(test_places), cmocka_unit_test(test_told),
        cmocka_unit_test(test_large),  cmocka_unit_test(test_frees_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
