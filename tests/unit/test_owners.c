/* SPDX-License-Identifier: Apache-2.0
 * test_owners.c - whose a writable place may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/owners.h"

static void test_owners(void **state)
{
    static const struct {
        const char *name;
        uid_t owner, caller;
        const char *sudo_uid;
        bool ours;
        uid_t root;
    } rows[] = {
        {"3O.268 one's own", 1000, 1000, NULL, true, 0},
        {"3O.268 root's", 0, 1000, NULL, true, 0},
        {"3O.268 another user's", 1001, 1000, NULL, false, 0},
        {"3O.268 another user's, for root", 1000, 0, NULL, false, 0},
        {"3O.266 the one's who called sudo", 1000, 0, "1000", true, 0},
        {"3O.266 another one's than who called sudo", 1001, 0, "1000", false, 0},
        {"3O.266 SUDO_UID of somebody who is not root", 1000, 1001, "1000", false, 0},
        {"3O.266 SUDO_UID that is no number", 1000, 0, "1000x", false, 0},
        {"3O.266 an empty SUDO_UID", 1000, 0, "", false, 0},
        {"3O.266 a SUDO_UID of more than 32 bits", 1000, 0, "4294968296", false, 0},
        {"3O.267 nobody", 65534, 1000, NULL, false, 0},
        {"3O.267 nobody, where root is shown so", 65534, 1000, NULL, true, 65534},
        {"3O.267 another user's there", 1001, 1000, NULL, false, 65534},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (owner_is_ours(rows[i].owner, rows[i].caller, rows[i].sudo_uid, rows[i].root) !=
            rows[i].ours)
            fail_msg("%s", rows[i].name);
    }
}

static void test_plan(void **state)
{
    static const struct {
        const char *name;
        bool writable;
        uid_t owner;
        const char *says; /* NULL: nothing */
    } rows[] = {
        {"ours", true, 0, NULL},
        {"another user's", true, 4711, "belongs to another user (4711)"},
        {"another user's, to be read", false, 4711, NULL},
    };

    (void)state;
    if (geteuid() != 0) /* who cannot give a folder away */
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char folder[] = "/var/tmp/fence-owners-XXXXXX";
        const char *writable[] = {folder};
        struct plan_input in = {.cwd = "/", .writable = writable, .nwritable = rows[i].writable};
        struct inspect_ours ours;
        struct plan *plan = NULL;
        fence_error err = {0};
        int rc;

        assert_non_null(mkdtemp(folder));
        assert_int_equal(chown(folder, rows[i].owner, 0), 0);
        assert_int_equal(plan_make(&plan, &in, &err), 0);
        ours = (struct inspect_ours){.wall = {.ruleset = -1}};
        assert_int_equal(inspect_places(&ours, plan, &err), 0);
        rc = owners_check(plan, ours.places, NULL, &err);
        if (rows[i].says ? rc != FENCE_ESANDBOX || !strstr(err.message, rows[i].says) ||
                               !strstr(err.message, folder)
                         : rc != 0)
            fail_msg("%s: %d '%s'", rows[i].name, rc, err.message);
        if (rows[i].says)
            assert_int_equal(owners_check(plan, ours.places, "4711", &err), 0);
        assert_int_equal(rmdir(folder), 0);
        inspect_ours_deinit(&ours);
        assert_int_equal(inspect_places(&ours, plan, &err), 0);
        assert_int_equal(owners_check(plan, ours.places, NULL, &err), 0); /* nobody's any more */
        inspect_ours_deinit(&ours);
        plan_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
