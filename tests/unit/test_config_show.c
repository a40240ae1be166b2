/* SPDX-License-Identifier: Apache-2.0
 * test_config_show.c - the settings with what they extend as one text: it says what config.c makes
 * of the two. */
#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/config.h"

static char root[] = "/tmp/fence-test-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(root) && chdir(root) == 0 && mkdir("d", 0755) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void write_file(const char *path, const char *before, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fprintf(f, "{%s%s}", before, text);
    fclose(f);
}

/* d/b.json, what a.json says beside that it extends it, and the two as one. */
static const struct {
    const char *name, *under, *over, *expect;
} rows[] = {
    {"nothing", "", "", "{}"},
    {"what is extended", "'allowNested': true", "", "{'allowNested': true}"},
    {"a switch", "'allowNested': true", "'allowNested': false", "{'allowNested': false}"},
    {"a switch that tightens", "'filesystem': {'defaultDenyRead': true}",
     "'filesystem': {'defaultDenyRead': false}", "{'filesystem': {'defaultDenyRead': true}}"},
    {"lists, of the same the first", "'network': {'allowedDomains': ['b.test', 'x.test']}",
     "'network': {'allowedDomains': ['a.test', 'x.test']}",
     "{'network': {'allowedDomains': ['b.test', 'x.test', 'a.test']}}"},
    {"ports", "'network': {'allowLocalOutbound': true, 'allowLocalOutboundPorts': [1, 2]}",
     "'network': {'allowLocalOutboundPorts': [2, 3]}",
     "{'network': {'allowLocalOutbound': true, 'allowLocalOutboundPorts': [1, 2, 3]}}"},
    {"rules", "'network': {'rules': [{'host': 'a.test', 'action': 'deny'}]}",
     "'network': {'rules': [{'host': 'b.test', 'action': 'deny'}, {'action': 'deny', 'host': "
     "'a.test'}]}",
     "{'network': {'rules': [{'host': 'a.test', 'action': 'deny'}, {'host': 'b.test', 'action': "
     "'deny'}]}}"},
    {"hosts", "'network': {'hosts': {'a.test': '::1', 'b.test': '::1'}}",
     "'network': {'hosts': {'b.test': '::2'}}",
     "{'network': {'hosts': {'a.test': '::1', 'b.test': '::2'}}}"},
    {"variables", "'environment': {'set': {'A': 'b', 'B': 'b'}}",
     "'environment': {'set': {'B': 'a'}}", "{'environment': {'set': {'A': 'b', 'B': 'a'}}}"},
    {"the policies' own, whole", "'policy': {'p': {'x': 1, 'y': 2}, 'q': [1]}",
     "'policy': {'p': {'x': 3}}", "{'policy': {'p': {'x': 3}, 'q': [1]}}"},
    {"policies lie beside their file", "'policies': ['p.lua', '/x.lua', '../q.lua']",
     "'policies': ['p.lua', '/x.lua']",
     "{'policies': ['d/p.lua', '/x.lua', 'd/../q.lua', 'p.lua']}"},
    {"two words", "'network': {'deniedDns': 'nxdomain'}", "'network': {'deniedDns': 'synthetic'}",
     "{'network': {'deniedDns': 'synthetic'}}"},
};

/* With double quotes in the place of single ones. */
static void quote(char *out, size_t cap, const char *text)
{
    snprintf(out, cap, "%s", text);
    for (; *out; out++)
        *out = *out == '\'' ? '"' : *out;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char under[300], over[300], expect[300], *shown = NULL;
        fence_error err = {0, ""};
        cJSON *expected, *got;

        quote(under, sizeof under, rows[i].under);
        quote(over, sizeof over, rows[i].over);
        quote(expect, sizeof expect, rows[i].expect);
        write_file("d/b.json", "", under);
        write_file("a.json", *over ? "\"extends\": \"d/b.json\"," : "\"extends\": \"d/b.json\"",
                   over);
        if (fence_config_show(&shown, "a.json", NULL, &err) < 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        expected = cJSON_Parse(expect);
        got = cJSON_Parse(shown);
        if (!expected || !cJSON_Compare(expected, got, true))
            fail_msg("%s: %s", rows[i].name, shown);
        cJSON_Delete(expected);
        cJSON_Delete(got);
        free(shown);
    }
}

static void test_others(void **state)
{
    fence_error err = {0, ""};
    char *shown = NULL;

    (void)state;
    assert_int_equal(fence_config_show(&shown, NULL, NULL, &err), 0);
    free(shown);
    assert_int_equal(fence_config_show(&shown, NULL, "code-relaxed", &err), 0);
    assert_null(strstr(shown, "extends"));
    assert_non_null(strstr(shown, "\"*\""));
    free(shown);
    shown = NULL;
    assert_int_equal(fence_config_show(&shown, "none.json", NULL, &err), FENCE_ECONFIG);
    assert_null(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
