/* SPDX-License-Identifier: Apache-2.0
 * test_layers.c - names of layers, and what is said of those that are none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/layers.h"

#define GIVEN ": landlock, unix-sockets, exec and watch can be done without"

static const struct {
    const char *name, *names;
    unsigned before, after;
    const char *error; /* NULL: none */
} rows[] = {
    {"one", "landlock", 0, FENCE_LAYER_LANDLOCK, NULL},
    {"another", "unix-sockets", 0, FENCE_LAYER_UNIX_SOCKETS, NULL},
    {"the third", "watch", 0, FENCE_LAYER_WATCH, NULL},
    {"all", "watch,landlock,unix-sockets", 0, 7, NULL},
    {"the fourth", "exec", 0, FENCE_LAYER_EXEC, NULL},
    {"spaces", " watch , landlock ", 0, FENCE_LAYER_WATCH | FENCE_LAYER_LANDLOCK, NULL},
    {"twice", "watch,watch", 0, FENCE_LAYER_WATCH, NULL},
    {"added to others", "watch", FENCE_LAYER_LANDLOCK, FENCE_LAYER_WATCH | FENCE_LAYER_LANDLOCK,
     NULL},
    {"nothing", "", 2, 2, "no layer has the name ''" GIVEN},
    {"a comma at the end", "watch,", 2, 2, "no layer has the name ''" GIVEN},
    {"unknown", "landlok", 0, 0, "no layer has the name 'landlok'" GIVEN},
    {"another case", "Landlock", 0, 0, "no layer has the name 'Landlock'" GIVEN},
    {"required", "seccomp", 0, 0, "no sandbox is without 'seccomp'" GIVEN},
    {"required, behind one that is not", "watch,network", 4, 4,
     "no sandbox is without 'network'" GIVEN},
    {"a control character", "\x1b[2J", 0, 0, "no layer has the name '\\x1b[2J'" GIVEN},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_error err = {0};
        unsigned layers = rows[i].before;
        int rc = fence_layers_add(&layers, rows[i].names, &err);

        if (layers != rows[i].after || rc != (rows[i].error ? -EINVAL : 0) || rc != err.code ||
            strcmp(err.message, rows[i].error ? rows[i].error : "") != 0)
            fail_msg("%s: %d, %u, '%s'", rows[i].name, rc, layers, err.message);
    }
    assert_int_equal(fence_layers_add(&(unsigned){0}, "x", NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
