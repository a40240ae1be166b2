/* SPDX-License-Identifier: Apache-2.0
 * test_config_chain.c - what "extends" leads to, and what it does not; and what becomes of values
 * that both sides have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "filter/config_chain.h"

static char root[] = "/tmp/fence-test-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(root) && chdir(root) == 0 && mkdir("d", 0755) == 0 && mkdir("h", 0755) == 0 &&
                   mkdir("h/fence", 0755) == 0 && setenv("HOME", root, 1) == 0 &&
                   setenv("XDG_CONFIG_HOME", "/nonexistent", 1) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* ---- where it leads ---- */

/* `d` is the text of d/b.json, where there is one. */
static const struct {
    const char *name, *a, *d, *expect; /* the sources, or the error */
} chains[] = {
    {"nothing", "{}", NULL, "a.json "},
    {"an empty word", "{\"extends\": \"\"}", NULL, "a.json "},
    {"a template", "{\"extends\": \"code\"}", NULL, "a.json template code "},
    {"a template of a template", "{\"extends\": \"code-strict\"}", NULL,
     "a.json template code-strict template code "},
    {"a file", "{\"extends\": \"./d/b.json\"}", "{}", "a.json d/b.json "},
    {"without the dot", "{\"extends\": \"d/b.json\"}", "{}", "a.json d/b.json "},
    {"from home", "{\"extends\": \"~/d/b.json\"}", "{}", "a.json ROOT/d/b.json "},
    {"a template of a file", "{\"extends\": \"d/b.json\"}", "{\"extends\": \"git-readonly\"}",
     "a.json d/b.json template git-readonly "},
    {"beside the file that says so", "{\"extends\": \"d/b.json\"}",
     "{\"extends\": \"./none.json\"}", "d/b.json:1:13: extends: 'd/none.json' does not exist"},
    {"up", "{\"extends\": \"d/b.json\"}", "{\"extends\": \"../none.json\"}",
     "d/b.json:1:13: extends: 'd/../none.json' does not exist"},
    {"missing", "{\n \"extends\": \"./none.json\"}", NULL,
     "a.json:2:13: extends: 'none.json' does not exist"},
    {"a folder", "{\"extends\": \"./d\"}", NULL,
     "a.json:1:13: extends: 'd' is a folder: name the file in it"},
    {"no such template", "{\"extends\": \"cod\"}", NULL,
     "a.json:1:13: extends: there is no template 'cod'; did you mean 'code'?"},
    {"a device", "{\"extends\": \"/dev/zero\"}", NULL,
     "a.json:1:13: extends: '/dev/zero' is a device: name a regular file"},
    {"another user", "{\"extends\": \"~root/x\"}", NULL,
     "a.json:1:13: extends: names another user's home: write it as /home/NAME"},
    {"no word", "{\"extends\": \"@bse\"}", NULL,
     "a.json:1:13: extends: '@base' is the only word with an '@'"},
    {"no base", "{\"extends\": \"@base\"}", NULL,
     "a.json:1:13: extends: you have no settings of your own: write ~/.config/fence/fence.jsonc, "
     "or extend something else"},
    {"itself", "{\"extends\": \"./a.json\"}", NULL,
     "a.json:1:13: extends: goes in a circle: a.json > a.json"},
    {"each other", "{\"extends\": \"d/b.json\"}", "{\"extends\": \"../a.json\"}",
     "d/b.json:1:13: extends: goes in a circle: a.json > d/b.json > a.json"},
    {"no string", "{\"extends\": [\"code\"]}", NULL, "a.json:1:13: extends: must be a string"},
    {"what is wrong in it", "{\"extends\": \"d/b.json\"}", "{\"network\": 1}",
     "d/b.json:1:13: network: must be an object"},
    {"no JSON", "{\"extends\": \"d/b.json\"}", "no", NULL},
};

static void write_sources(char *out, size_t cap, const fence_config *config)
{
    size_t len = 0;

    *out = '\0';
    for (size_t i = 0; fence_config_source(config, i); i++) {
        const char *name = fence_config_source(config, i);
        bool below = strncmp(name, root, strlen(root)) == 0;

        len += (size_t)snprintf(out + len, cap - len, "%s%s ", below ? "ROOT" : "",
                                below ? name + strlen(root) : name);
    }
}

static void test_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};
        char out[512];
        int rc;

        write_file("a.json", chains[i].a);
        unlink("d/b.json");
        if (chains[i].d)
            write_file("d/b.json", chains[i].d);
        rc = fence_config_load(&config, "a.json", NULL, 0, &err);
        if (rc == 0)
            write_sources(out, sizeof out, config);
        if (rc != 0 && rc != FENCE_ECONFIG)
            fail_msg("%s: %d", chains[i].name, rc);
        if (chains[i].expect && strcmp(rc == 0 ? out : err.message, chains[i].expect) != 0)
            fail_msg("%s: %s", chains[i].name, rc == 0 ? out : err.message);
        if (!chains[i].expect)
            assert_memory_equal(err.message, "d/b.json:1:1: ", 14);
        fence_config_unref(config);
    }
}

static void test_base(void **state)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char out[512];

    (void)state;
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    write_file(".fence.json", "{\"extends\": \"code\"}");
    write_file("a.json", "{\"extends\": \"@base\"}");
    assert_int_equal(fence_config_load(&config, "a.json", NULL, 0, &err), 0);
    write_sources(out, sizeof out, config);
    assert_string_equal(out, "a.json ROOT/.fence.json template code ");
    assert_string_equal(fence_config_file(config, 0), "a.json");
    assert_non_null(strstr(fence_config_file(config, 1), "/.fence.json"));
    assert_null(fence_config_file(config, 2));
    fence_config_unref(config);

    write_file(".fence.json", "{\"extends\": \"@base\"}");
    assert_int_equal(fence_config_load(&config, "a.json", NULL, 0, &err), FENCE_ECONFIG);
    assert_non_null(strstr(err.message, "extends: goes in a circle: "));
    unlink(".fence.json");
}

/* As many as may be, and one more. */
static void test_depth(void **state)
{
    (void)state;
    for (int files = LIMIT_EXTENDS + 1; files <= LIMIT_EXTENDS + 2; files++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};
        char path[32], text[64];
        int rc;

        for (int i = 0; i < files; i++) {
            snprintf(path, sizeof path, "%d.json", i);
            snprintf(text, sizeof text, "{\"extends\": \"%s%d.json\"}", i + 1 < files ? "./" : "",
                     i + 1);
            write_file(path, i + 1 < files ? text : "{}");
        }
        rc = fence_config_load(&config, "0.json", NULL, 0, &err);
        assert_int_equal(rc, files == LIMIT_EXTENDS + 1 ? 0 : FENCE_ECONFIG);
        if (rc < 0)
            assert_non_null(strstr(err.message, "10.json:1:13: extends: more than 10 extend each "
                                                "other: 0.json > 1.json > "));
        fence_config_unref(config);
    }
}

/* A text in memory reads no file. */
static void test_text(void **state)
{
    static const struct {
        const char *json, *error;
    } rows[] = {
        {"{\"extends\": \"code\"}", ""},
        {"{\"extends\": \"./a.json\"}",
         "t:1:13: extends: only a file extends files: name a template"},
        {"{\"extends\": \"@base\"}", "t:1:13: extends: only a file extends files: name a template"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};

        fence_config_parse(&config, "t", rows[i].json, strlen(rows[i].json), NULL, 0, &err);
        assert_string_equal(err.message, rows[i].error);
        assert_int_equal(config != NULL, rows[i].error[0] == '\0');
        fence_config_unref(config);
    }
}

/* ---- what is told to those who watch ---- */

static void take_name(const char *file, void *payload)
{
    strcat(strcat(payload, file), " ");
}

static void test_follow(void **state)
{
    static const struct {
        const char *name, *a, *d, *expect;
    } rows[] = {
        {"all", "{\"extends\": \"d/b.json\"}", "{\"extends\": \"code\"}", "a.json d/b.json "},
        {"one that is missing", "{\"extends\": \"d/b.json\"}", NULL, "a.json d/b.json "},
        {"one that is wrong", "{\"extends\": \"d/b.json\"}", "{", "a.json d/b.json "},
        {"wrong in itself", "{", NULL, "a.json "},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[200] = "";

        write_file("a.json", rows[i].a);
        unlink("d/b.json");
        if (rows[i].d)
            write_file("d/b.json", rows[i].d);
        fence_config_follow("a.json", take_name, out);
        if (strcmp(out, rows[i].expect) != 0)
            fail_msg("%s: %s", rows[i].name, out);
    }
}

/* ---- values of both ---- */

static void write_texts(char *out, size_t cap, const struct config_texts *list)
{
    size_t len = 0;

    *out = '\0';
    for (size_t i = 0; i < list->count; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s ", list->items[i]);
}

static fence_config *load_two(const char *a, const char *d)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char text[512];

    snprintf(text, sizeof text, "{\"extends\": \"d/b.json\"%s%s}", *a ? ", " : "", a);
    write_file("a.json", text);
    snprintf(text, sizeof text, "{%s}", d);
    write_file("d/b.json", text);
    if (fence_config_load(&config, "a.json", NULL, 0, &err) < 0)
        fail_msg("%s", err.message);
    return config;
}

#define FIELD(name) offsetof(struct fence_config, name)

static const struct {
    const char *name, *d, *a;
    size_t field;
    bool expect;
} switches[] = {
    {"nobody", "", "", FIELD(all_unix_sockets), false},
    {"what is extended", "\"allowNested\": true", "", FIELD(allow_nested), true},
    {"false over true", "\"allowNested\": true", "\"allowNested\": false", FIELD(allow_nested),
     false},
    {"true over false", "\"allowNested\": false", "\"allowNested\": true", FIELD(allow_nested),
     true},
    {"what tightens stays", "\"filesystem\": {\"defaultDenyRead\": true}",
     "\"filesystem\": {\"defaultDenyRead\": false}", FIELD(default_deny_read), true},
    {"the strict one too", "\"filesystem\": {\"strictDenyRead\": true}",
     "\"filesystem\": {\"strictDenyRead\": false}", FIELD(strict_deny_read), true},
    {"a default of true", "\"environment\": {\"inherit\": false}", "", FIELD(env_inherit), false},
    {"two words", "\"network\": {\"tlsNameCheck\": \"off\"}",
     "\"network\": {\"tlsNameCheck\": \"enforce\"}", FIELD(tls_name_check), true},
    {"local ports, closed again",
     "\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [5432]}",
     "\"network\": {\"allowLocalOutbound\": false}", FIELD(local_outbound), false},
    {"local ports, opened by what is extended", "\"network\": {\"allowLocalBinding\": true}",
     "\"network\": {\"allowLocalOutboundPorts\": [5432]}", FIELD(local_outbound), true},
};

static void test_switches(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
        fence_config *config = load_two(switches[i].a, switches[i].d);

        if (*(bool *)((char *)config + switches[i].field) != switches[i].expect)
            fail_msg("%s", switches[i].name);
        fence_config_unref(config);
    }
}

static void test_lists(void **state)
{
    fence_config *config = load_two(
        "\"filesystem\": {\"denyRead\": [\"/a\", \"/both\"]}, \"policies\": [\"a.lua\", "
        "\"/x.lua\"], \"environment\": {\"set\": {\"B\": \"a\", \"C\": \"a\"}}, \"network\": "
        "{\"allowLocalOutboundPorts\": [2, 3], \"upstreamProxy\": \"\"}, \"policy\": {\"p\": 2}",
        "\"filesystem\": {\"denyRead\": [\"/b\", \"/both\"]}, \"policies\": [\"b.lua\", "
        "\"/x.lua\"], \"environment\": {\"set\": {\"A\": \"b\", \"B\": \"b\"}}, \"network\": "
        "{\"allowLocalOutboundPorts\": [1, 2], \"allowLocalOutbound\": true, \"upstreamProxy\": "
        "\"http://10.0.0.1:1\"}, \"policy\": {\"p\": 1, \"q\": 3}");
    char out[200];

    (void)state;
    write_texts(out, sizeof out, &config->deny_read);
    assert_string_equal(out, "/b /both /a /both ");
    write_texts(out, sizeof out, &config->env_set);
    assert_string_equal(out, "A=b B=a C=a ");
    assert_string_equal(fence_config_policy(config, 0), "d/b.lua");
    assert_string_equal(fence_config_policy(config, 1), "/x.lua");
    assert_string_equal(fence_config_policy(config, 2), "a.lua");
    assert_null(fence_config_policy(config, 3));
    assert_int_equal(config->local_ports.count, 3);
    assert_int_equal(config->local_ports.items[2], 3);
    assert_int_equal(config->upstream.kind, UPSTREAM_NONE);
    config_place_name(out, sizeof out, config, "ports", config->local_ports.places[0]);
    assert_string_equal(out, "ports[0] of d/b.json");
    config_place_name(out, sizeof out, config, "ports", config->local_ports.places[2]);
    assert_string_equal(out, "ports[1]");
    fence_config_unref(config);
}

static void test_names(void **state)
{
    static const struct {
        uint32_t index;
        size_t cap;
        const char *expect;
    } rows[] = {
        {0, 96, "network.allowedDomains[0] of d/b.json"},
        {1, 96, "network.allowedDomains[1] of d/b.json"},
        {2, 96, "network.allowedDomains[0]"},
        {0, 36, "network.allowedDomains[0] of ....json"},
        {0, 26, "network.allowedDomains[0]"},
    };
    fence_config *config = load_two("\"network\": {\"allowedDomains\": [\"c.test\"]}",
                                    "\"network\": {\"allowedDomains\": [\"a.test\", \"b.test\"]}");
    char out[96];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        config_rule_name(out, rows[i].cap, config, &config->allowed, rows[i].index);
        if (rows[i].cap < 96 && strlen(out) >= rows[i].cap)
            fail_msg("%s", out);
        if (rows[i].cap == 96)
            assert_string_equal(out, rows[i].expect);
    }
    fence_config_unref(config);
}

/* What extends may contradict; the same file may not. */
static void test_contradictions(void **state)
{
    fence_config *config = load_two("\"network\": {\"allowedDomains\": [\"b.test\"], "
                                    "\"deniedDomains\": [\"a.test\"]}",
                                    "\"network\": {\"allowedDomains\": [\"a.test\"], "
                                    "\"deniedDomains\": [\"b.test\"]}");
    fence_error err = {0, ""};

    (void)state;
    fence_config_unref(config);
    write_file("d/b.json", "{\"network\": {\"allowedDomains\": [\"a.test\", \"c.test\"], "
                           "\"deniedDomains\": [\"c.test\"]}}");
    assert_int_equal(fence_config_load(&config, "a.json", NULL, 0, &err), FENCE_ECONFIG);
    assert_string_equal(err.message,
                        "d/b.json:1:72: network.deniedDomains[0]: network.allowedDomains[1] allows "
                        "what this denies: remove one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),         cmocka_unit_test(test_base),
        cmocka_unit_test(test_depth),          cmocka_unit_test(test_text),
        cmocka_unit_test(test_follow),         cmocka_unit_test(test_switches),
        cmocka_unit_test(test_lists),          cmocka_unit_test(test_names),
        cmocka_unit_test(test_contradictions),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
