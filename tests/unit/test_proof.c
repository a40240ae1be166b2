/* SPDX-License-Identifier: Apache-2.0
 * test_proof.c - texts of proc(5) against a plan: what must pass, and every lie that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/proof.h"
#include "support/guard.h"

#define UID 1000

/* ---- mountinfo ---------------------------------------------------------------------- */

/* What bubblewrap makes of the plan below, on a host with a /dev, /proc, /sys and /tmp. */
#define ROOT                                                                                       \
    "70 44 254:0 / / ro,nosuid,nodev,relatime - ext4 /dev/vda rw,discard\n"                        \
    "71 70 0:21 / /proc ro,nosuid,relatime shared:12 master:1 - proc proc rw\n"                    \
    "72 70 0:22 / /sys ro,nosuid,relatime - sysfs sysfs rw\n"                                      \
    "73 70 0:6 / /dev ro,nosuid,relatime - devtmpfs devtmpfs rw,size=1k\n"                         \
    "74 73 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw\n"                                         \
    "75 74 0:23 / /dev/shm ro,relatime - tmpfs tmpfs rw\n"                                         \
    "76 70 0:24 / /tmp ro,relatime - tmpfs tmpfs rw\n"
#define DEV                                                                                        \
    "80 73 0:43 / /dev rw,nosuid,nodev,relatime - tmpfs tmpfs rw,mode=755\n"                       \
    "81 80 0:6 /null /dev/null rw,nosuid - devtmpfs devtmpfs rw\n"                                 \
    "82 80 0:6 /tty /dev/tty rw,nosuid - devtmpfs devtmpfs rw\n"                                   \
    "83 80 0:44 / /dev/pts rw,nosuid,noexec - devpts devpts rw,mode=620\n"                         \
    "84 80 0:24 /3 /dev/console rw,nosuid,noexec - devpts devpts rw,mode=620\n"
#define PROC  "85 71 0:45 / /proc rw,nosuid,nodev,noexec - proc proc rw\n"
#define TMP   "86 76 0:46 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw\n"
#define RUN   "87 70 0:47 / /run rw,nosuid,nodev - tmpfs tmpfs rw\n"
#define HOME  "88 70 254:0 /home/u/a\\040b /home/u/a\\040b rw,nosuid - ext4 /dev/vda rw\n"
#define CWD   "89 86 254:0 /tmp/q /tmp/q ro,nosuid - ext4 /dev/vda rw\n"
#define OTHER DEV PROC TMP RUN HOME CWD
#define ALL   ROOT OTHER

/* A writable mount at `point` below mount `parent`. */
#define RW(parent, point)       "95 " parent " 0:50 / " point " rw,nosuid - ext4 /dev/x rw\n"
#define FUSE(type, owner, more) "95 70 0:50 / /mnt rw - " type " x rw,user_id=" owner more "\n"

static const struct {
    const char *name, *text;
    const char *says; /* NULL: proven */
} mounts[] = {
    {"as planned", ALL, NULL},
    {"in another order", OTHER ROOT, NULL},
    {"/ is writable", "70 44 254:0 / / rw - ext4 /dev/vda rw\n" OTHER, "'/' can be written to"},
    {"a mount that stayed writable", ALL RW("70", "/home/v"), "'/home/v' can be written to"},
    {"a file system that is read-only itself", ALL "95 70 7:1 / /snap rw - squashfs x ro\n", NULL},
    {"a neighbour of the project", ALL RW("70", "/home/u/a"), "'/home/u/a' can be written to"},
    {"a longer name than the project's", ALL RW("70", "/home/u/a\\040bc"), "can be written to"},
    {"below the project", ALL RW("88", "/home/u/a\\040b/sub"), NULL},
    {"above the project", ALL RW("70", "/home"), "'/home' can be written to"},
    {"119 a second bind", ALL "95 70 254:0 /home/u/a\\040b /mnt rw - ext4 x rw\n", "'/mnt' can"},
    {"131 the project mounted elsewhere", ROOT DEV PROC TMP RUN CWD RW("70", "/etc"), "'/etc' can"},

    {"136 the host's /dev/shm", ALL RW("80", "/dev/shm"), "'/dev/shm' can be written to"},
    {"136 a host folder in /tmp", ALL RW("86", "/tmp/x"), "'/tmp/x' can be written to"},
    {"136 the host's /run/lock", ALL RW("87", "/run/lock"), "'/run/lock' can be written to"},
    {"136 the host's /tmp on top", ALL "95 86 8:1 / /tmp rw - ext4 /dev/sda rw\n", "'/tmp' can"},
    {"a device that bubblewrap does not give", ALL RW("80", "/dev/kvm"), "'/dev/kvm' can"},
    {"the host's whole /dev", ALL "95 80 0:6 / /dev rw - devtmpfs x rw\n", "'/dev' can be"},
    {"163 /proc/sys writable", ALL "95 85 0:21 /sys /proc/sys rw - proc proc rw\n",
     "'/proc/sys' can"},
    {"/sys writable", ALL "95 72 0:22 / /sys rw - sysfs sysfs rw\n", "'/sys' can be written to"},
    {"the current folder writable", ROOT DEV PROC TMP RUN HOME RW("86", "/tmp/q"), "'/tmp/q' can"},

    {"hidden by a mount over it", ALL RW("70", "/mnt") "96 95 0:51 / /mnt ro - tmpfs x rw\n", NULL},
    {"hidden by the sandbox's /tmp", ALL RW("76", "/tmp/x"), NULL},
    {"hidden by the sandbox's /run", ALL RW("70", "/run/user/1000/doc"), NULL},
    {"hidden with what it stands on",
     ALL "96 76 0:51 / /tmp/x ro - tmpfs x rw\n" RW("96", "/tmp/x/y"), NULL},
    {"hidden below what is mounted over",
     ALL "96 70 0:5 / /mnt ro - ext4 x rw\n"
         "97 96 0:5 / /mnt ro - ext4 x rw\n" RW("96", "/mnt/x"),
     NULL},
    {"not hidden by what stands below it",
     ALL RW("70", "/mnt") "96 95 0:5 / /mnt/x ro - ext4 x rw\n", "'/mnt' can be written to"},
    {"not hidden by a neighbour", ALL RW("70", "/mnt/x") "96 70 0:5 / /mn ro - ext4 x rw\n",
     "'/mnt/x' can be written to"},
    {"not hidden by its own parent", ALL "96 70 0:5 / /mnt ro - ext4 x rw\n" RW("96", "/mnt/x"),
     "'/mnt/x' can be written to"},
    {"its own parent", ALL "95 95 0:5 / /mnt rw - ext4 x rw\n", "'/mnt' can be written to"},
    {"parents in a ring", ALL "95 96 0:5 / /mnt rw - ext4 x rw\n96 95 0:5 / /mnu ro - ext4 x rw\n",
     "'/mnt' can be written to"},

    {"FUSE of another user", ALL FUSE("fuse.portal", "1001", ",group_id=1"), NULL},
    {"FUSE of another user, for all", ALL FUSE("fuse", "0", ",allow_other"), "'/mnt' can be"},
    {"FUSE of this user", ALL FUSE("fuse.sshfs", "1000", ""), "'/mnt' can be"},
    {"FUSE of a user whose number is longer", ALL FUSE("fuseblk", "10001", ""), NULL},
    {"FUSE with no number", ALL FUSE("fuse", "x", ""), "'/mnt' can be"},
    {"no FUSE, only the name", ALL FUSE("fusectl", "1", ""), "'/mnt' can be"},
    {"below a folder that cannot be entered", ALL RW("70", "/closed/x"), NULL},

    {"no /tmp of its own", ROOT DEV PROC RUN HOME CWD, "nothing is mounted at '/tmp'"},
    {"no /run of its own", ROOT DEV PROC TMP HOME CWD, "nothing is mounted at '/run'"},
    {"no project", ROOT DEV PROC TMP RUN CWD, "nothing is mounted at '/home/u/a b'"},
    {"the project is hidden", ALL "95 70 0:5 / /home ro - ext4 x rw\n", "at '/home/u/a b'"},
    {"/tmp of another type", ROOT DEV PROC "86 76 8:1 / /tmp rw - ext4 x rw\n" RUN HOME CWD,
     "'/tmp' can be written to"},
    {"/proc of another type", ROOT DEV "85 71 8:1 / /proc rw - ext4 x rw\n" TMP RUN HOME CWD,
     "'/proc' can be written to"},

    {"empty", "", "cannot be read"},
    {"an empty line", ALL "\n", "cannot be read"},
    {"no line's end", ALL "95 70 0:5 / /mnt ro - ext4 x rw", "cannot be read"},
    {"no '-'", ALL "95 70 0:5 / /mnt ro shared:1\n", "cannot be read"},
    {"no number", ALL "x 70 0:5 / /mnt ro - ext4 x rw\n", "cannot be read"},
    {"a number too large", ALL "4294967366 70 0:5 / /mnt ro - ext4 x rw\n", "cannot be read"},
    {"a relative mount point", ALL "95 70 0:5 / mnt ro - ext4 x rw\n", "cannot be read"},
    {"neither ro nor rw", ALL "95 70 0:5 / /mnt relatime - ext4 x rw\n", "cannot be read"},
    {"rwx is not rw", ALL "95 70 0:5 / /mnt rwx - ext4 x rw\n", "cannot be read"},
    {"no options of the file system", ALL "95 70 0:5 / /mnt ro - ext4 x\n", "cannot be read"},
    {"an empty source", ALL "95 70 0:5 / /mnt ro - ext4  rw\n", NULL},
    {"a bad escape", ALL RW("70", "/a\\08"), "'/a\\\\08' can be written to"},
    {"half an escape", ALL RW("70", "/a\\04"), "can be written to"},
    {"an escaped NUL", ALL RW("88", "/home/u/a\\040b\\000"), "can be written to"},
    {"an escape above 377", ALL RW("88", "/home/u/a\\040b/\\501"), "can be written to"},
    {"138 ESC ]0; in a mount point", ALL RW("70", "/\x1b]0;x"), "'/\\x1b]0;x' can be"},
    {".. in a mount point", ALL RW("88", "/home/u/a\\040b/../x"), "can be written to"},
};

static bool reach(const char *path)
{
    return strncmp(path, "/closed/", 8) != 0;
}

static struct plan *make_plan(void)
{
    static const char *const writable[] = {"/home/u/a b"};
    struct plan_input in = {.writable = writable,
                            .nwritable = 1,
                            .cwd = "/tmp/q",
                            .runtime_dir = NULL,
                            .ordinary_user = true};
    struct plan *plan = NULL;

    assert_int_equal(plan_make(&plan, &in, NULL), 0);
    return plan;
}

static void test_mounts(void **state)
{
    struct plan *plan = make_plan();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
        size_t len = strlen(mounts[i].text);
        char *copy = guard_copy(mounts[i].text, len);
        fence_error err = {0};
        int rc = proof_mounts((struct str){copy, len}, plan, UID, reach, &err);

        if (mounts[i].says ? rc != FENCE_ESANDBOX || !strstr(err.message, mounts[i].says) : rc != 0)
            fail_msg("%s: %d '%s'", mounts[i].name, rc, err.message);
        guard_free(copy, len);
    }
    plan_free(plan);
}

static void test_reach_is_asked(void **state)
{
    struct plan *plan = make_plan();
    struct str text = STR(ALL RW("70", "/closed/x"));

    (void)state;
    assert_int_equal(proof_mounts(text, plan, UID, NULL, NULL), FENCE_ESANDBOX);
    assert_int_equal(proof_mounts(text, plan, UID, reach, NULL), 0);
    plan_free(plan);
}

/* A text that was cut anywhere proves nothing: the last mounts are the sandbox's own. */
static void test_mounts_cut(void **state)
{
    struct plan *plan = make_plan();

    (void)state;
    for (size_t len = 0; len < sizeof ALL - 1; len++) {
        char *copy = guard_copy(ALL, len);

        if (proof_mounts((struct str){copy, len}, plan, UID, NULL, NULL) != FENCE_ESANDBOX)
            fail_msg("%zu bytes are taken for a proof", len);
        guard_free(copy, len);
    }
    plan_free(plan);
}

/* 140: with / writable, only the sandbox's own places still count. */
static void test_writable_root(void **state)
{
    static const char *const writable[] = {"/"};
    struct plan_input in = {.writable = writable,
                            .nwritable = 1,
                            .cwd = "/",
                            .runtime_dir = NULL,
                            .ordinary_user = true};
    struct plan *plan = NULL;
    static const struct {
        const char *name, *text;
        int code;
    } texts[] = {
        {"everything is writable", "70 44 8:1 / / rw - ext4 x rw\n" RW("70", "/home"), 0},
        {"136 but not the host's /dev/shm", "70 44 8:1 / / rw - ext4 x rw\n" RW("80", "/dev/shm"),
         FENCE_ESANDBOX},
        {"163 nor /sys", "70 44 8:1 / / rw - ext4 x rw\n72 70 0:2 / /sys rw - sysfs x rw\n",
         FENCE_ESANDBOX},
    };
    char text[4096];

    (void)state;
    assert_int_equal(plan_make(&plan, &in, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        snprintf(text, sizeof text, "%s" DEV PROC TMP RUN, texts[i].text);
        if (proof_mounts(str_of(text), plan, UID, NULL, NULL) != texts[i].code)
            fail_msg("%s", texts[i].name);
    }
    plan_free(plan);
}

/* ---- namespaces --------------------------------------------------------------------- */

static void test_namespaces(void **state)
{
    static const struct {
        const char *name, *ours, *theirs;
        const char *says; /* NULL: proven */
    } rows[] = {
        {"net", "net:[4026531840]", "net:[4026532001]", NULL},
        {"net", "net:[4026531840]", "net:[4026531840]", "shares the net namespace of the host"},
        {"net", "net:[4026531840]", "", "its net namespace is not known"},
        {"net", "", "net:[4026531840]", "is not known"},
        {"net", "", "", "is not known"},
        {"net", "net:[1]", "net:[1", "is not known"},
        {"net", "net:[1]", "net:[]", "is not known"},
        {"net", "net:[1]", "net:[01]", "is not known"},
        {"net", "net:[1]", "net:[2x]", "is not known"},
        {"net", "net:[1]", "net", "is not known"},
        {"net", "net:[1]", "net:", "is not known"},
        {"net", "net:[1]", "net:[", "is not known"},
        {"net", "net:[1]", "pid:[2]", "is not known (pid:[2])"},
        {"pid", "pid:[1]", "pid_for_children:[2]", "is not known"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_error err = {0};
        int rc = proof_namespace(rows[i].name, rows[i].ours, rows[i].theirs, &err);

        if (rows[i].says ? rc != FENCE_ESANDBOX || !strstr(err.message, rows[i].says) : rc != 0)
            fail_msg("'%s' and '%s': %d '%s'", rows[i].ours, rows[i].theirs, rc, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mounts),     cmocka_unit_test(test_reach_is_asked),
        cmocka_unit_test(test_mounts_cut), cmocka_unit_test(test_writable_root),
        cmocka_unit_test(test_namespaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
