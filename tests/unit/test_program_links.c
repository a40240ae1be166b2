/* SPDX-License-Identifier: Apache-2.0
 * test_program_links.c - names of programs in a PATH that lead to programs of other names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/config.h"
#include "sandbox/program_links.h"
#include "support/config_of.h"
#include "unit/tree.h"

static const char *const tree[] = {"@/bin/tool-2",
                                   "@/bin/tool -> tool-2",
                                   "@/bin/same",
                                   "@/local/same -> ../bin/same",
                                   "@/local/tool -> way",
                                   "@/local/way -> ../bin/tool",
                                   "@/local/reboot -> ../bin/systemctl",
                                   "@/bin/systemctl",
                                   "@/bin/TOOL2 -> tool-2",
                                   "@/local/broken -> none",
                                   "@/local/round -> round",
                                   "@/more/tool -> ../bin/same",
                                   NULL};

static const struct {
    const char *name, *command, *path, *expected;
} rows[] = {
    {"no rules", "", "@/bin:@/local", ""},
    {"no PATH", "'deny': ['tool']", NULL, ""},
    {"an empty one", "'deny': ['tool']", "", ""},
    {"once, by whatever way", "'deny': ['tool'], 'useDefaults': false", "@/bin:@/local",
     "tool @/bin/tool-2\n"},
    {"in each folder", "'deny': ['tool'], 'useDefaults': false", "@/more::@/none:@/bin",
     "tool @/bin/same\ntool @/bin/tool-2\n"},
    {"of the same name", "'deny': ['same'], 'useDefaults': false", "@/local:@/bin", ""},
    {"leading nowhere", "'deny': ['broken', 'round'], 'useDefaults': false", "@/local", ""},
    {"a folder that is relative", "'deny': ['tool'], 'useDefaults': false", "bin:.", ""},
    {"rules of more words", "'deny': ['tool x'], 'useDefaults': false", "@/bin", ""},
    {"the default list", "'useDefaults': true", "@/local", "reboot @/bin/systemctl\n"},
};

static void print(char *out, size_t cap, const struct program_links *links)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < links->count && len < cap; i++) {
        char path[TREE_PATH];

        tree_shorten(path, sizeof path, links->items[i].path);
        len += (size_t)snprintf(out + len, cap - len, "%s %.200s\n", links->items[i].name, path);
    }
}

static void test_rows(void **state)
{
    (void)state;
    tree_add_all(tree);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char json[512], found[1024];
        struct program_links links;
        fence_config *config;

        snprintf(json, sizeof json, "{%s%s%s}", rows[i].command[0] ? "\"command\": {" : "",
                 rows[i].command, rows[i].command[0] ? "}" : "");
        for (char *at = json; (at = strchr(at, '\''));)
            *at = '"';
        config = config_of(json);
        assert_int_equal(program_links_find(&links, &config->commands,
                                            rows[i].path ? tree_at(rows[i].path) : NULL),
                         0);
        print(found, sizeof found, &links);
        if (strcmp(found, rows[i].expected) != 0)
            fail_msg("%s: %s", rows[i].name, found);
        program_links_deinit(&links);
        fence_config_unref(config);
    }
    program_links_deinit(&(struct program_links){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, tree_setup, tree_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
