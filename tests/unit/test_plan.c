/* SPDX-License-Identifier: Apache-2.0
 * test_plan.c - what a sandbox sees, and in which order. tests/golden holds whole plans. */
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

#define MOST 6

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (n < MOST && list[n])
        n++;
    return n;
}

struct row {
    const char *name;
    const char *writable[MOST];
    const char *cwd, *runtime_dir;
    const char *expected; /* after the mounts that every plan has */
};

static const struct row rows[] = {
    {"nothing asked", {0}, "/home/u", NULL, ""},
    {"one folder", {"/home/u/p"}, "/home/u/p", NULL, "rw /home/u/p"},
    {"the same twice", {"/home/u/p", "/home/u/p"}, "/", NULL, "rw /home/u/p"},
    {"below another", {"/home/u/p/sub", "/home/u/p"}, "/", NULL, "rw /home/u/p"},
    {"a longer name is no folder below",
     {"/home/u/p", "/home/u/p2", "/home/u/p/x"},
     "/",
     NULL,
     "rw /home/u/p rw /home/u/p2"},
    {"neighbours that sort before '/'",
     {"/a-b", "/a", "/a/b", "/a b"},
     "/",
     NULL,
     "rw /a rw /a b rw /a-b"},
    {"sorted, whatever the order", {"/z", "/b/c", "/b.d"}, "/", NULL, "rw /b/c rw /b.d rw /z"},
    {"bytes above 127", {"/\xff", "/a"}, "/", NULL, "rw /a rw /\xff"},

    {"F26 /tmp stays private", {"/tmp"}, "/home/u", NULL, ""},
    {"F26 /run stays private", {"/run"}, "/home/u", NULL, ""},
    {"136 a folder below /tmp is the host's", {"/tmp", "/tmp/p"}, "/", NULL, "rw /tmp/p"},
    {"/tmpfs is not below /tmp", {"/tmpfs"}, "/", NULL, "rw /tmpfs"},
    {"/device is not below /dev",
     {"/device", "/system", "/processes"},
     "/",
     NULL,
     "rw /device rw /processes rw /system"},
    {"a folder below /run", {"/run/user/1/app"}, "/", NULL, "rw /run/user/1/app"},

    {"cwd below /tmp is shown", {0}, "/tmp/p", NULL, "ro /tmp/p"},
    {"cwd below a writable /tmp is shown, not written", {"/tmp"}, "/tmp/p", NULL, "ro /tmp/p"},
    {"cwd is /tmp", {0}, "/tmp", NULL, ""},
    {"cwd is /run", {0}, "/run", NULL, ""},
    {"cwd is writable", {"/tmp/p"}, "/tmp/p", NULL, "rw /tmp/p"},
    {"cwd below a writable one", {"/tmp/p"}, "/tmp/p/sub", NULL, "rw /tmp/p"},
    {"cwd above a writable one", {"/tmp/p/out"}, "/tmp/p", NULL, "ro /tmp/p rw /tmp/p/out"},
    {"cwd beside a writable one", {"/tmp/p"}, "/tmp/p2", NULL, "rw /tmp/p ro /tmp/p2"},
    {"cwd within what NixOS shows", {0}, "/run/wrappers/bin", NULL, ""},

    {"190 a runtime folder", {0}, "/", "/run/user/1000", "dir /run/user/1000"},
    {"the runtime folder is writable",
     {"/run/user/1000"},
     "/",
     "/run/user/1000",
     "rw /run/user/1000"},
    {"the runtime folder below a writable one",
     {"/run/user"},
     "/",
     "/run/user/1000",
     "rw /run/user"},
    {"a writable one below the runtime folder",
     {"/run/user/1000/app"},
     "/",
     "/run/user/1000",
     "dir /run/user/1000 rw /run/user/1000/app"},
    {"cwd is the runtime folder", {0}, "/run/user/1000", "/run/user/1000", "dir /run/user/1000"},
    {"cwd above the runtime folder",
     {0},
     "/run/user",
     "/run/user/1000",
     "ro /run/user tmpfs /run/user/1000"},
    {"cwd below the runtime folder",
     {0},
     "/run/user/1000/x",
     "/run/user/1000",
     "dir /run/user/1000 ro /run/user/1000/x"},
    {"a runtime folder elsewhere is none", {0}, "/", "/home/u/run", ""},
    {"a runtime folder that is /run is none", {0}, "/", "/run", ""},
};

static void test_rows(void **state)
{
    char text[2048], expected[2048];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct plan_input in = {.writable = row->writable,
                                .nwritable = count(row->writable),
                                .cwd = row->cwd,
                                .runtime_dir = row->runtime_dir,
                                .ordinary_user = true};
        struct plan *plan = NULL;
        fence_error err = {0};

        if (plan_make(&plan, &in, &err) != 0)
            fail_msg("%s: %s", row->name, err.message);
        print_plan(text, sizeof text, plan, 0);
        snprintf(expected, sizeof expected, "ro /" BASE "%s%s", *row->expected ? " " : "",
                 row->expected);
        if (strcmp(text, expected) != 0 || strcmp(plan->cwd, row->cwd) != 0)
            fail_msg("%s:\n  %s\nis not\n  %s", row->name, text, expected);
        plan_free(plan);
    }
}

/* Sockets of the settings are shown where an empty folder would hide them, and stay as they are
 * elsewhere: connect(2) does not ask whether a mount can be written to. */
static const struct socket_row {
    const char *name, *socket, *writable, *expected;
} socket_rows[] = {
    {"3H.170 below /run", "/run/docker.sock", NULL, "ro /run/docker.sock"},
    {"3H.170 below /tmp", "/tmp/ssh-x/agent.1", NULL, "ro /tmp/ssh-x/agent.1"},
    {"3H.170 below a writable folder", "/tmp/p/s", "/tmp/p", "rw /tmp/p"},
    {"3H.170 elsewhere", "/home/u/s", NULL, ""},
};

static void test_sockets(void **state)
{
    char text[2048], expected[2048];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(socket_rows); i++) {
        const struct socket_row *row = &socket_rows[i];
        struct plan_input in = {.writable = &row->writable,
                                .nwritable = row->writable ? 1 : 0,
                                .cwd = "/",
                                .runtime_dir = NULL,
                                .ordinary_user = true,
                                .sockets = &row->socket,
                                .nsockets = 1};
        struct plan *plan = NULL;

        assert_int_equal(plan_make(&plan, &in, NULL), 0);
        print_plan(text, sizeof text, plan, 0);
        snprintf(expected, sizeof expected, "ro /" BASE "%s%s", *row->expected ? " " : "",
                 row->expected);
        if (strcmp(text, expected) != 0)
            fail_msg("%s:\n  %s\nis not\n  %s", row->name, text, expected);
        plan_free(plan);
    }
}

static const struct row root_rows[] = {
    {"140 allowWrite: /", {"/"}, "/home/u", NULL, "try /sys"},
    {"140 everything below / is open with it", {"/", "/home/u/p"}, "/", NULL, "try /sys"},
    {"140 but not what /tmp hides", {"/tmp/p", "/", "/tmp"}, "/", NULL, "try /sys rw /tmp/p"},
    {"140 cwd below /tmp", {"/"}, "/tmp/p", "/run/user/1", "try /sys dir /run/user/1 ro /tmp/p"},
};

static void test_writable_root(void **state)
{
    char text[2048], expected[2048];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(root_rows); i++) {
        const struct row *row = &root_rows[i];
        struct plan_input in = {.writable = row->writable,
                                .nwritable = count(row->writable),
                                .cwd = row->cwd,
                                .runtime_dir = row->runtime_dir,
                                .ordinary_user = true};
        struct plan *plan = NULL;

        assert_int_equal(plan_make(&plan, &in, NULL), 0);
        print_plan(text, sizeof text, plan, 0);
        snprintf(expected, sizeof expected, "rw /" BASE " %s", row->expected);
        if (strcmp(text, expected) != 0)
            fail_msg("%s:\n  %s\nis not\n  %s", row->name, text, expected);
        plan_free(plan);
    }
}

/* 149 root caller: what uid 0 could write to without any capability. */
static void test_root_caller(void **state)
{
    struct plan_input in = {
        .writable = NULL, .nwritable = 0, .cwd = "/", .runtime_dir = NULL, .ordinary_user = false};
    struct plan *plan = NULL;
    char text[2048];

    (void)state;
    assert_int_equal(plan_make(&plan, &in, NULL), 0);
    print_plan(text, sizeof text, plan, 0);
    assert_non_null(strstr(text, "procfs /proc ro /proc/sys try /proc/acpi try /proc/fs "
                                 "try /proc/scsi tmpfs /tmp"));
    assert_false(plan_writable(plan, "/proc/sys/kernel/core_pattern"));
    plan_free(plan);
}

static void test_refused(void **state)
{
    static const struct {
        const char *name, *writable, *cwd, *runtime_dir, *says;
    } refused[] = {
        {"/dev", "/dev", "/", NULL, "'/dev' cannot be made writable: the sandbox has a /dev"},
        {"below /dev", "/dev/shm", "/", NULL, "'/dev/shm' cannot be made writable"},
        {"163 /proc", "/proc", "/", NULL, "the sandbox has a /proc of its own"},
        {"163 /proc/sys", "/proc/sys/kernel", "/", NULL, "the sandbox has a /proc of its own"},
        {"163 /sys/fs/cgroup", "/sys/fs/cgroup", "/", NULL, "settings of the kernel"},
        {"a relative path", "home", "/", NULL, "'home' is not an absolute path"},
        {"an empty path", "", "/", NULL, "'' is not an absolute path"},
        {"..", "/tmp/../etc", "/", NULL, "shortest form"},
        {".. at the end", "/tmp/..", "/", NULL, "shortest form"},
        {".", "/tmp/./x", "/", NULL, "shortest form"},
        {"a slash at the end", "/tmp/", "/", NULL, "shortest form"},
        {"two slashes", "//dev", "/", NULL, "shortest form"},
        {"a relative cwd", "/a", "a", NULL, "'a' is not an absolute path"},
        {"a relative runtime folder", "/a", "/", "run/x", "'run/x' is not an absolute path"},
        {"138 ESC ]0; in a path", "/dev/\x1b]0;x", "/", NULL, "'/dev/\\x1b]0;x' cannot"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct plan_input in = {.writable = &refused[i].writable,
                                .nwritable = 1,
                                .cwd = refused[i].cwd,
                                .runtime_dir = refused[i].runtime_dir,
                                .ordinary_user = false};
        struct plan *plan = (struct plan *)&in; /* must stay as it is */
        fence_error err = {0};
        int rc = plan_make(&plan, &in, &err);

        if (rc != FENCE_ECONFIG || err.code != rc || !strstr(err.message, refused[i].says) ||
            plan != (struct plan *)&in)
            fail_msg("%s: %d '%s'", refused[i].name, rc, err.message);
    }
}

/* A name that only looks like "." or "..". */
static void test_dots_in_names(void **state)
{
    static const char *const names[] = {"/..a", "/a..", "/.../x", "/.a", "/a."};
    struct plan_input in = {.writable = names,
                            .nwritable = ARRAY_LEN(names),
                            .cwd = "/",
                            .runtime_dir = NULL,
                            .ordinary_user = true};
    struct plan *plan = NULL;

    (void)state;
    assert_int_equal(plan_make(&plan, &in, NULL), 0);
    assert_int_equal(plan->nmounts, BASE_MOUNTS + ARRAY_LEN(names));
    plan_free(plan);
}

static void test_limit(void **state)
{
    static char names[LIMIT_MOUNTS * 2][16];
    static const char *list[LIMIT_MOUNTS * 2];
    struct plan_input in = {.writable = list,
                            .nwritable = LIMIT_MOUNTS - BASE_MOUNTS,
                            .cwd = "/",
                            .runtime_dir = NULL,
                            .ordinary_user = true};
    struct plan *plan = NULL;
    fence_error err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(names[i], sizeof names[i], "/n%zu", i);
        list[i] = names[i];
    }
    assert_int_equal(plan_make(&plan, &in, &err), 0);
    assert_int_equal(plan->nmounts, LIMIT_MOUNTS);
    plan_free(plan);

    for (size_t over = 1; over < LIMIT_MOUNTS; over *= 4) {
        in.nwritable = LIMIT_MOUNTS - BASE_MOUNTS + over;
        assert_int_equal(plan_make(&plan, &in, &err), FENCE_ECONFIG);
        assert_non_null(strstr(err.message, "4096 mounts"));
    }
}

static void test_writable_at(void **state)
{
    static const char *const writable[] = {"/home/u/p", "/tmp/q/out"};
    static const struct {
        const char *path;
        bool writable;
    } paths[] = {
        {"/", false},
        {"/etc/passwd", false},
        {"/home/u", false},
        {"/home/u/p", true},
        {"/home/u/p/x", true},
        {"/home/u/p2", false},
        {"/home/u/pp/x", false},
        {"/tmp", true},
        {"/tmp/x", true},
        {"/tmpx", false},
        {"/tmp/q", false},
        {"/tmp/q/x", false},
        {"/tmp/q/out/x", true},
        {"/tmp/q/outx", false},
        {"/run", true},
        {"/run/user/7", true},
        {"/run/wrappers", false},
        {"/dev/null", true},
        {"/proc/self/comm", true},
        {"/proc/sys/x", false},
        {"/proc/system", true},
        {"/sys", false},
        {"", false},
        {"tmp", false},
        {"/tmp/../etc", false},
        {"/tmp/", false},
        {"//tmp", false},
    };
    struct plan_input in = {.writable = writable,
                            .nwritable = ARRAY_LEN(writable),
                            .cwd = "/tmp/q",
                            .runtime_dir = "/run/user/7",
                            .ordinary_user = false};
    struct plan *plan = NULL;

    (void)state;
    assert_int_equal(plan_make(&plan, &in, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (plan_writable(plan, paths[i].path) != paths[i].writable)
            fail_msg("'%s' should%s be writable", paths[i].path, paths[i].writable ? "" : " not");
    }
    assert_string_equal(plan_mount_at(plan, "/tmp/q/out/x")->path, "/tmp/q/out");
    assert_null(plan_mount_at(plan, "x"));
    plan_free(plan);
    plan_free(NULL);
}

/* No mount may hide a later one: none stands above one that was made before it. */
static void test_nothing_is_hidden(void **state)
{
    static const char *const words[] = {"/",        "/a",   "/a/b",   "/a/b/c",   "/tmp", "/tmp/a",
                                        "/tmp/a/b", "/run", "/run/u", "/run/u/1", "/a-b", "/a!"};

    (void)state;
    for (unsigned bits = 0; bits < 1U << ARRAY_LEN(words); bits++) {
        const char *list[ARRAY_LEN(words)];
        struct plan_input in = {.writable = list,
                                .nwritable = 0,
                                .cwd = words[bits % ARRAY_LEN(words)],
                                .runtime_dir = "/run/u",
                                .ordinary_user = bits & 1};
        struct plan *plan = NULL;

        for (size_t i = ARRAY_LEN(words); i > 0; i--) {
            if (bits >> (i - 1) & 1)
                list[in.nwritable++] = words[i - 1];
        }
        assert_int_equal(plan_make(&plan, &in, NULL), 0);
        for (size_t i = 0; i < plan->nmounts; i++) {
            if (plan_mount_at(plan, plan->mounts[i].path) != &plan->mounts[i])
                fail_msg("%x: '%s' is hidden", bits, plan->mounts[i].path);
        }
        for (size_t i = 0; i < in.nwritable; i++) {
            if (!plan_writable(plan, list[i]))
                fail_msg("%x: '%s' is not writable", bits, list[i]);
        }
        plan_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_writable_root),
        cmocka_unit_test(test_root_caller),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_dots_in_names),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_writable_at),
        cmocka_unit_test(test_nothing_is_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
