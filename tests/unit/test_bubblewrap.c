/* SPDX-License-Identifier: Apache-2.0
 * test_bubblewrap.c - plans and the command lines they render to, against tests/golden, and what is
 * made of bwrap's own words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sandbox/launcher.h"
#include "support/golden.h"

#define MOST 4

static const char *const kinds[] = {
    [MOUNT_READ_ONLY] = "read-only", [MOUNT_READ_ONLY_TRY] = "read-only, if it is there",
    [MOUNT_WRITABLE] = "writable",   [MOUNT_TMPFS] = "empty",
    [MOUNT_DIR] = "folder",          [MOUNT_DEV] = "devices",
    [MOUNT_DEVICE] = "device",       [MOUNT_PROC] = "processes",
};

static const struct golden {
    const char *file;
    const char *writable[MOST];
    const char *cwd, *runtime_dir;
    bool ordinary_user;
    const char *devices[MOST];
} goldens[] = {
    {"nothing", {0}, "/home/u", NULL, true, {0}},
    {"root-caller", {"/root/project"}, "/root/project", NULL, false, {0}},
    {"project", {"/home/u/project"}, "/home/u/project", "/run/user/1000", true, {0}},
    {"nested", {"/home/u/p/sub", "/home/u/p", "/home/u/p2"}, "/home/u/p", NULL, true, {0}},
    {"private-tmp", {"/tmp", "/run"}, "/tmp/project", NULL, true, {0}},
    {"project-in-tmp", {"/tmp/project/out"}, "/tmp/project", "/run/user/1000", true, {0}},
    {"everything", {"/", "/home/u"}, "/home/u", NULL, true, {0}},
    {"odd-names", {"/home/u/--bind", "/home/u/a b\n$(c)"}, "/home/u/--bind", NULL, true, {0}},
    {"devices", {0}, "/home/u", NULL, true, {"/dev/kvm", "/dev/net/tun"}},
};

/* One item a line; a line's end within an item is shown. */
static void put(struct buf *b, const char *indent, const char *item)
{
    buf_append_text(b, indent);
    for (; *item; item++)
        buf_append_text(b, *item == '\n' ? "\\n" : (char[]){*item, '\0'});
    buf_append_text(b, "\n");
}

static void draw(struct buf *b, const struct golden *golden)
{
    struct plan_input in = {.writable = golden->writable,
                            .nwritable = 0,
                            .cwd = golden->cwd,
                            .runtime_dir = golden->runtime_dir,
                            .ordinary_user = golden->ordinary_user};
    struct argv argv = {0};
    struct plan *plan = NULL;
    fence_error err = {0};

    in.devices = golden->devices;
    while (in.ndevices < MOST && golden->devices[in.ndevices])
        in.ndevices++;
    while (in.nwritable < MOST && golden->writable[in.nwritable])
        in.nwritable++;
    if (plan_make(&plan, &in, &err) != 0 || bubblewrap.begin(&argv, 9, 8) != 0 ||
        bubblewrap.render(&argv, plan) != 0)
        fail_msg("%s: %s", golden->file, err.message);
    put(b, "", "plan");
    for (size_t i = 0; i < plan->nmounts; i++) {
        buf_printf(b, "  %s: ", kinds[plan->mounts[i].kind]);
        put(b, "", plan->mounts[i].path);
    }
    put(b, "  current folder: ", plan->cwd);
    put(b, "", "argv");
    for (size_t i = 0; i < argv.count; i++)
        put(b, "  ", argv.items[i]);
    plan_free(plan);
    argv_deinit(&argv);
}

static void test_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
        auto_buf struct buf drawn = BUF_INIT(GOLDEN_SIZE);

        draw(&drawn, &goldens[i]);
        assert_int_equal(drawn.error, 0);
        golden_check("bubblewrap", goldens[i].file, buf_str(&drawn));
    }
}

/* 164: the caller adds the command behind "--", where nothing is an option. */
static void test_ends_the_options(void **state)
{
    struct argv argv = {0};

    (void)state;
    assert_int_equal(bubblewrap.begin(&argv, 9, 8), 0);
    assert_string_equal(argv.items[0], bubblewrap.program);
    assert_string_equal(argv.items[argv.count - 3], bubblewrap.options_word);
    assert_string_equal(argv.items[argv.count - 2], "8");
    assert_string_equal(argv.items[argv.count - 1], "--");
    assert_null(argv.items[argv.count]);
    argv_deinit(&argv);
}

static const struct {
    const char *name, *output, *says[3];
} failures[] = {
    {"no user namespaces",
     "bwrap: No permissions to create new namespace, likely because the kernel does not allow "
     "non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl "
     "kernel.unprivileged_userns_clone=1'.\n",
     {"you may not create user namespaces", "kernel.unprivileged_userns_clone=1",
      "seccomp=unconfined"}},
    {"the same of 0.9",
     "bwrap: No permissions to create a new namespace, likely\n",
     {"user.max_user_namespaces", "CAP_SYS_ADMIN"}},
    {"too many namespaces",
     "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces "
     "exceeded (ENOSPC)\n",
     {"no more namespaces", "raise user.max_user_namespaces"}},
    {"a kernel without",
     "bwrap: Creating new namespace failed, likely because the kernel does not "
     "support user namespaces.  bwrap must be installed setuid\n",
     {"CONFIG_USER_NS"}},
    {"AppArmor, network",
     "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted\n",
     {"AppArmor", "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/",
      "systemctl reload apparmor"}},
    {"AppArmor, uid map",
     "bwrap: setting up uid map: Permission denied\n",
     {"AppArmor", "bwrap-userns-restrict"}},
    {"AppArmor, gid map", "bwrap: setting up gid map: Permission denied\n", {"AppArmor"}},
    {"AppArmor, setgroups", "bwrap: error writing to setgroups: Permission denied\n", {"AppArmor"}},
    {"a container, mount",
     "bwrap: Failed to make / slave: Permission denied\n",
     {"may not mount", "apparmor=unconfined"}},
    {"a container, /proc",
     "bwrap: Can't mount proc on /newroot/proc: Operation not permitted\n",
     {"/proc", "--security-opt systempaths=unconfined"}},
    {"too old",
     "bwrap: Unknown option --ro-bind-try\n",
     {"too old (bwrap: Unknown option --ro-bind-try)", "0.4 or newer"}},
    {"too many arguments",
     "bwrap: Exceeded maximum number of arguments 9000\n",
     {"filesystem.allowWrite"}},
    {"142 no cwd",
     "bwrap: Can't chdir to /home/u/gone: No such file or directory\n",
     {"Can't chdir to /home/u/gone: No such file", "start from another folder"}},
    {"142 no source",
     "bwrap: Can't find source path /a b: Permission denied\n",
     {"(bwrap: Can't find source path /a b: Permission denied)", "filesystem.allowWrite"}},
    {"no mount point",
     "bwrap: Can't mkdir /newroot/run: Read-only file system\n",
     {"Can't mkdir /newroot/run", "create it on the host"}},
    {"capabilities",
     "bwrap: Unexpected capabilities but not setuid, old file caps config?\n",
     {"ambient capabilities"}},
    {"141 E2BIG",
     "bwrap: execvp /proc/self/fd/9: Argument list too long\n",
     {"larger than the kernel takes", "unset long variables"}},
    {"mounts",
     "bwrap: Can't bind mount /oldroot/x on /newroot/x: No space left on device\n",
     {"fs.mount-max"}},
    {"162 processes",
     "bwrap: Can't fork for pid 1: Resource temporarily unavailable\n",
     {"ulimit -u"}},
    {"behind another line",
     "warning\n\nbwrap: setting up uid map: Permission denied\n",
     {"AppArmor"}},
    {"spaces around", "  bwrap: Unknown option --x \n", {"(bwrap: Unknown option --x):"}},
    {"anything else",
     "\n  bwrap: Something new: 7\nmore\n",
     {"bubblewrap failed (Something new: 7)", "run with -d"}},
    {"anything else, without a name", "Something new", {"bubblewrap failed (Something new): run"}},
    {"nothing", "", {"without a word", "run with -d"}},
    {"only line ends", "\n \n", {"without a word"}},
    {"138 ESC ]0; from outside", "bwrap: \x1b]0;x\x07\r\n", {"(\\x1b]0;x\\x07\\x0d)"}},
};

static void test_explain(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        fence_error err = {0};

        bubblewrap.explain(&err, failures[i].output, false);
        assert_int_equal(err.code, FENCE_ESANDBOX);
        for (size_t k = 0; k < ARRAY_LEN(failures[i].says) && failures[i].says[k]; k++) {
            if (!strstr(err.message, failures[i].says[k]))
                fail_msg("%s: '%s' is not in '%s'", failures[i].name, failures[i].says[k],
                         err.message);
        }
        if (strpbrk(err.message, "\n\r\x1b") || strlen(err.message) >= sizeof err.message - 1)
            fail_msg("%s: more than a line: '%s'", failures[i].name, err.message);
    }
}

/* 165: what refuses may be the filter of a fence around this one. */
static void test_explain_nested(void **state)
{
    static const struct {
        const char *name, *output, *says;
    } rows[] = {
        {"165 clone(2) is refused", "bwrap: No permissions to create new namespace, likely\n",
         "--allow-nested"},
        {"165 clone(2) fails otherwise", "bwrap: Creating new namespace failed: Invalid argument\n",
         "--allow-nested"},
        {"165 mount(2) is refused", "bwrap: Failed to make / slave: Operation not permitted\n",
         "allowNested"},
        {"165 a new /proc is refused", "bwrap: Can't mount proc on /newroot/proc: EPERM\n",
         "the fence that this one runs in forbids"},
        {"165 root in root's", "bwrap: setting up uid map: Operation not permitted\n",
         "as an ordinary user, with --allow-nested"},
        {"AppArmor is still AppArmor", "bwrap: setting up uid map: Permission denied\n",
         "bwrap-userns-restrict"},
        {"everything else is what it is elsewhere", "bwrap: Unknown option --x\n", "too old"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_error err = {0};

        bubblewrap.explain(&err, rows[i].output, true);
        if (err.code != FENCE_ESANDBOX || !strstr(err.message, rows[i].says))
            fail_msg("%s: '%s' is not in '%s'", rows[i].name, rows[i].says, err.message);
        err.message[0] = '\0';
        bubblewrap.explain(&err, rows[i].output, false);
        if (strstr(err.message, "nested"))
            fail_msg("%s, but not nested: '%s'", rows[i].name, err.message);
    }
}

/* Whatever was said, the cure at the end must not be cut off. */
static void test_explain_long_output(void **state)
{
    static const char *const starts[] = {"bwrap: Can't chdir to ", "bwrap: Can't mkdir ", "x "};
    static const char *const ends[] = {"the sandbox's own", "where /newroot is /", "whole command"};
    char output[4096];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        fence_error err = {0};

        memset(output, '\\', sizeof output - 1); /* escaping doubles it */
        output[sizeof output - 1] = '\0';
        memcpy(output, starts[i], strlen(starts[i]));
        bubblewrap.explain(&err, output, i % 2 == 0);
        if (!str_has_suffix(str_of(err.message), str_of(ends[i])))
            fail_msg("cut: '%s'", err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_ends_the_options),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_explain_nested),
        cmocka_unit_test(test_explain_long_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
