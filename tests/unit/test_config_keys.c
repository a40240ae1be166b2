/* SPDX-License-Identifier: Apache-2.0
 * test_config_keys.c - the table of keys: found exactly, suggested loosely. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/config_keys.h"

static void test_find(void **state)
{
    static const struct {
        const char *name, *section, *key, *path;
    } rows[] = {
        {"at the top", "", "network", "network"},
        {"in a section", "network", "allowedDomains", "network.allowedDomains"},
        {"two sections deep", "macos.mach", "lookup", "macos.mach.lookup"},
        {"not of this section", "", "allowedDomains", NULL},
        {"case matters", "network", "alloweddomains", NULL},
        {"a path is no name", "", "network.hosts", NULL},
        {"a section that begins alike", "net", "work.hosts", NULL},
        {"empty", "network", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct key *key = key_find(rows[i].section, str_of(rows[i].key));

        if (!key != !rows[i].path || (key && strcmp(key->path, rows[i].path) != 0))
            fail_msg("%s", rows[i].name);
    }
}

static void test_nearest(void **state)
{
    static const struct {
        const char *name, *section, *key, *path;
    } rows[] = {
        {"a letter left out", "network", "allowdDomains", "network.allowedDomains"},
        {"another case", "", "Network", "network"},
        {"of another section", "", "allowedDomains", "network.allowedDomains"},
        {"the same section first", "filesystem", "denyReads", "filesystem.denyRead"},
        {"near nothing", "", "zzzzzzzz", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct key *key = key_nearest(rows[i].section, str_of(rows[i].key));

        if (!key != !rows[i].path || (key && strcmp(key->path, rows[i].path) != 0))
            fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
