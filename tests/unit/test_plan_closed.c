/* SPDX-License-Identifier: Apache-2.0
 * test_plan_closed.c - what the settings close in a plan: hidden, protected and pinned, and what is
 * made later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sandbox/plan.h"
#include "unit/plan_text.h"

/* ---- what is closed ---- */

static const struct {
    const char *name;
    struct plan_wish wishes[5];
    bool deny_read;
    const char *cwd, *expected;
} closed[] = {
    {"protected in what is writable: pinned",
     {{WISH_WRITABLE, "/h/p", NULL}, {WISH_PROTECTED, "/h/p/.git/hooks", NULL}},
     false,
     "/",
     "rw /h/p rw /h/p/.git ro /h/p/.git/hooks"},
    {"protected at its top",
     {{WISH_PROTECTED, "/h/p/.bashrc", NULL}, {WISH_WRITABLE, "/h/p", NULL}},
     false,
     "/",
     "rw /h/p ro /h/p/.bashrc"},
    {"two below one folder are pinned once",
     {{WISH_WRITABLE, "/h", NULL},
      {WISH_PROTECTED, "/h/a/b/x", NULL},
      {WISH_PROTECTED, "/h/a/b/y", NULL}},
     false,
     "/",
     "rw /h rw /h/a rw /h/a/b ro /h/a/b/x ro /h/a/b/y"},
    {"a pin comes before what was mounted below it",
     {{WISH_WRITABLE, "/h", NULL},
      {WISH_HIDDEN_FILE, "/h/a/a", NULL},
      {WISH_PROTECTED, "/h/a/z", NULL}},
     false,
     "/",
     "rw /h rw /h/a nofile /h/a/a ro /h/a/z"},
    {"a writable folder in another one is pinned as any other",
     {{WISH_WRITABLE, "/h", NULL},
      {WISH_WRITABLE, "/h/a/b", NULL},
      {WISH_PROTECTED, "/h/a/b/c/x", NULL}},
     false,
     "/",
     "rw /h rw /h/a rw /h/a/b rw /h/a/b/c ro /h/a/b/c/x"},
    {"a writable folder in another one, and nothing closed in it",
     {{WISH_WRITABLE, "/h", NULL}, {WISH_WRITABLE, "/h/a", NULL}},
     false,
     "/",
     "rw /h"},
    {"hidden in what is writable: pinned",
     {{WISH_WRITABLE, "/h", NULL},
      {WISH_HIDDEN_FOLDER, "/h/a/b", NULL},
      {WISH_HIDDEN_FILE, "/h/c/d/e", NULL}},
     false,
     "/",
     "rw /h rw /h/a nofolder /h/a/b rw /h/c rw /h/c/d nofile /h/c/d/e"},
    {"hidden below hidden, and writable between",
     {{WISH_WRITABLE, "/h", NULL},
      {WISH_HIDDEN_FOLDER, "/h/a", NULL},
      {WISH_WRITABLE, "/h/a/b", NULL},
      {WISH_HIDDEN_FILE, "/h/a/b/c/d", NULL}},
     false,
     "/",
     "rw /h nofolder /h/a rw /h/a/b rw /h/a/b/c nofile /h/a/b/c/d"},
    {"protected where nothing is writable", {{WISH_PROTECTED, "/h/p/x", NULL}}, false, "/", ""},
    {"denied and allowed at one place",
     {{WISH_WRITABLE, "/h/p", NULL}, {WISH_PROTECTED, "/h/p", NULL}},
     false,
     "/",
     ""},
    {"nothing opens something below a protected folder, behind another one in it",
     {{WISH_WRITABLE, "/h/p", NULL},
      {WISH_PROTECTED, "/h/p/x", NULL},
      {WISH_PROTECTED, "/h/p/x/a", NULL},
      {WISH_WRITABLE, "/h/p/x/y", NULL}},
     false,
     "/",
     "rw /h/p ro /h/p/x"},
    {"nothing opens something below a protected folder",
     {{WISH_WRITABLE, "/h/p", NULL},
      {WISH_PROTECTED, "/h/p/x", NULL},
      {WISH_WRITABLE, "/h/p/x/y", NULL}},
     false,
     "/",
     "rw /h/p ro /h/p/x"},
    {"protected where all is writable",
     {{WISH_WRITABLE, "/", NULL}, {WISH_PROTECTED, "/h/x", NULL}},
     false,
     "/",
     "try /sys rw /h ro /h/x"},
    {"hidden",
     {{WISH_HIDDEN_FOLDER, "/h/.ssh", NULL}, {WISH_HIDDEN_FILE, "/h/.netrc", NULL}},
     false,
     "/",
     "nofile /h/.netrc nofolder /h/.ssh"},
    {"hidden and visible at one place below hidden",
     {{WISH_HIDDEN_FOLDER, "/h/s", NULL},
      {WISH_HIDDEN_FILE, "/h/s/a", NULL},
      {WISH_VISIBLE, "/h/s/a", NULL},
      {WISH_VISIBLE, "/h/s/b", NULL}},
     false,
     "/",
     "nofolder /h/s ro /h/s/b"},
    {"hidden and writable at one place below hidden",
     {{WISH_HIDDEN_FOLDER, "/h/s", NULL},
      {WISH_HIDDEN_FOLDER, "/h/s/a", NULL},
      {WISH_WRITABLE, "/h/s/a", NULL}},
     false,
     "/",
     "nofolder /h/s"},
    {"hidden below hidden",
     {{WISH_HIDDEN_FOLDER, "/h/.ssh", NULL}, {WISH_HIDDEN_FILE, "/h/.ssh/id", NULL}},
     false,
     "/",
     "nofolder /h/.ssh"},
    {"visible below hidden",
     {{WISH_HIDDEN_FOLDER, "/h", NULL}, {WISH_VISIBLE, "/h/a", NULL}},
     false,
     "/",
     "nofolder /h ro /h/a"},
    {"writable below hidden",
     {{WISH_HIDDEN_FOLDER, "/h", NULL}, {WISH_WRITABLE, "/h/a", NULL}},
     false,
     "/",
     "nofolder /h rw /h/a"},
    {"hidden, visible, hidden again",
     {{WISH_HIDDEN_FOLDER, "/h", NULL},
      {WISH_VISIBLE, "/h/a", NULL},
      {WISH_HIDDEN_FILE, "/h/a/b", NULL}},
     false,
     "/",
     "nofolder /h ro /h/a nofile /h/a/b"},
    {"hidden and visible at one place",
     {{WISH_VISIBLE, "/h/a", NULL}, {WISH_HIDDEN_FOLDER, "/h/a", NULL}},
     false,
     "/",
     "nofolder /h/a"},
    {"hidden and writable at one place",
     {{WISH_WRITABLE, "/h/a", NULL}, {WISH_HIDDEN_FOLDER, "/h/a", NULL}},
     false,
     "/",
     "nofolder /h/a"},
    {"hidden below an empty folder", {{WISH_HIDDEN_FILE, "/tmp/x", NULL}}, false, "/", ""},
    {"visible where it is anyway", {{WISH_VISIBLE, "/usr", NULL}}, false, "/", ""},
    {"visible below an empty folder", {{WISH_VISIBLE, "/run/x", NULL}}, false, "/", "ro /run/x"},
    {"the current folder is hidden",
     {{WISH_HIDDEN_FOLDER, "/h", NULL}},
     false,
     "/h/p",
     "nofolder /h dir /h/p"},
    {"the current folder is hidden itself",
     {{WISH_HIDDEN_FOLDER, "/h/p", NULL}},
     false,
     "/h/p",
     "nofolder /h/p"},
    {"nothing is read but what is said",
     {{WISH_VISIBLE, "/usr", NULL}, {WISH_VISIBLE, "/bin", "usr/bin"}},
     true,
     "/h/p",
     "link /bin dir /h/p ro /usr"},
    {"the current folder may be read", {{WISH_VISIBLE, "/h", NULL}}, true, "/h/p", "ro /h"},
    {"written and so read", {{WISH_WRITABLE, "/h/p", NULL}}, true, "/h/p", "rw /h/p"},
};

static void test_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        struct plan_input in = {.wishes = closed[i].wishes,
                                .cwd = closed[i].cwd,
                                .deny_read = closed[i].deny_read,
                                .ordinary_user = true};
        struct plan *plan = NULL;
        fence_error err = {0};
        char text[1024];

        while (in.nwishes < 5 && closed[i].wishes[in.nwishes].path)
            in.nwishes++;
        if (plan_make(&plan, &in, &err) != 0)
            fail_msg("%s: %s", closed[i].name, err.message);
        assert_int_equal(plan->mounts[0].kind, strcmp(closed[i].wishes[0].path, "/") == 0
                                                   ? MOUNT_WRITABLE
                                               : closed[i].deny_read ? MOUNT_EMPTY
                                                                     : MOUNT_READ_ONLY);
        print_plan(text, sizeof text, plan, BASE_MOUNTS);
        if (strcmp(text, closed[i].expected) != 0)
            fail_msg("%s: %s", closed[i].name, text);
        plan_free(plan);
    }
}

/* What is more than bubblewrap takes quickly is made later; what needs a place in a mount of the
 * sandbox's own is not. */
static void test_live(void **state)
{
    static char names[LIMIT_MOUNTS_BWRAP * 2][24];
    static struct plan_wish wishes[ARRAY_LEN(names)];
    struct plan_input in = {
        .wishes = wishes, .nwishes = ARRAY_LEN(names), .cwd = "/", .ordinary_user = true};
    struct plan *plan = NULL;
    size_t live = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(names[i], sizeof names[i], "%s/n%03zu", i % 2 ? "/run" : "/a", i);
        wishes[i] = (struct plan_wish){i % 2 ? WISH_VISIBLE : WISH_HIDDEN_FILE, names[i], NULL};
    }
    assert_int_equal(plan_make(&plan, &in, NULL), 0);
    assert_int_equal(plan->nmounts, BASE_MOUNTS + ARRAY_LEN(names));
    for (size_t i = 0; i < plan->nmounts; i++) {
        bool own = strncmp(plan->mounts[i].path, "/a/", 3) != 0;

        live += plan->mounts[i].live;
        assert_int_equal(plan->mounts[i].live, !own && i >= LIMIT_MOUNTS_BWRAP);
    }
    assert_int_equal(live, BASE_MOUNTS); /* so many of /a did not fit */
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
