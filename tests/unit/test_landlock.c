/* SPDX-License-Identifier: Apache-2.0
 * test_landlock.c - which rights the second wall takes and gives, by the kernel's ABI; and what
 * becomes of a sandbox on kernels that have no such wall, played by a filter of system calls. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/landlock.h"
#include "support/descriptors.h"
#include "support/namespace.h"
#include "support/run.h"

/* ---- rights ---- */

#define WRITE_FILE UINT64_C(0x0002)
#define MAKE_BLOCK UINT64_C(0x0800)
#define REFER      UINT64_C(0x2000)
#define TRUNCATE   UINT64_C(0x4000)
#define IOCTL_DEV  UINT64_C(0x8000)

#define FIRST (UINT64_C(0x1ff2)) /* all of the first ABI that write */

static void test_rights_by_abi(void **state)
{
    static const struct {
        int abi;
        uint64_t handled, scoped;
        uint32_t flags;
    } rows[] = {
        {2, FIRST | REFER, 0, 0},
        {3, FIRST | REFER | TRUNCATE, 0, 0},
        {4, FIRST | REFER | TRUNCATE, 0, 0},
        {5, FIRST | REFER | TRUNCATE | IOCTL_DEV, 0, 0},
        {6, FIRST | REFER | TRUNCATE | IOCTL_DEV, 1, 0},
        {7, FIRST | REFER | TRUNCATE | IOCTL_DEV, 1, 1},
        {99, FIRST | REFER | TRUNCATE | IOCTL_DEV, 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (landlock_handled(rows[i].abi) != rows[i].handled ||
            landlock_scoped(rows[i].abi) != rows[i].scoped ||
            landlock_flags(rows[i].abi) != rows[i].flags)
            fail_msg("ABI %d: %#jx, %#jx, %#x", rows[i].abi,
                     (uintmax_t)landlock_handled(rows[i].abi),
                     (uintmax_t)landlock_scoped(rows[i].abi), landlock_flags(rows[i].abi));
    }
}

static void test_rights_by_mount(void **state)
{
    static const uint64_t folder = (FIRST & ~MAKE_BLOCK) | REFER | TRUNCATE;
    static const struct {
        const char *name;
        int abi;
        enum mount_kind kind;
        bool is_folder;
        uint64_t allowed;
    } rows[] = {
        {"read-only", 7, MOUNT_READ_ONLY, true, 0},
        {"read-only where it exists", 7, MOUNT_READ_ONLY_TRY, true, 0},
        {"a writable folder", 7, MOUNT_WRITABLE, true, folder},
        {"a writable folder, ABI 2", 2, MOUNT_WRITABLE, true, folder & ~TRUNCATE},
        {"a writable file", 7, MOUNT_WRITABLE, false, WRITE_FILE | TRUNCATE},
        {"a writable file, ABI 2", 2, MOUNT_WRITABLE, false, WRITE_FILE},
        {"a tmpfs", 7, MOUNT_TMPFS, true, folder},
        {"a folder on one", 7, MOUNT_DIR, true, folder},
        {"/dev", 7, MOUNT_DEV, true, folder | IOCTL_DEV},
        {"/dev, ABI 4", 4, MOUNT_DEV, true, folder},
        {"/proc", 7, MOUNT_PROC, true, WRITE_FILE | TRUNCATE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t allowed = landlock_allowed(rows[i].abi, rows[i].kind, rows[i].is_folder);

        if (allowed != rows[i].allowed || (allowed & ~landlock_handled(rows[i].abi)) != 0)
            fail_msg("%s: %#jx, not %#jx", rows[i].name, (uintmax_t)allowed,
                     (uintmax_t)rows[i].allowed);
    }
    assert_true(landlock_allowed_stream(7, true) == (WRITE_FILE | TRUNCATE | IOCTL_DEV));
    assert_true(landlock_allowed_stream(7, false) == IOCTL_DEV);
    assert_true(landlock_allowed_stream(2, false) == 0);
}

static void test_no_wall_takes_everything(void **state)
{
    static const int streams[3] = {0, -1, 2};
    struct landlock wall = {-1, 0};
    fence_error err = {0};

    (void)state;
    assert_int_equal(landlock_allow(&wall, -1, MOUNT_WRITABLE, true, &err), 0);
    assert_int_equal(landlock_allow_streams(&wall, streams, &err), 0);
    landlock_close(&wall);
}

static void test_rules(void **state)
{
    size_t before = descriptors_open();
    struct landlock wall = {-1, 0};
    fence_error err = {0};
    int ends[2], streams[3], rc = landlock_open(&wall, &err);

    (void)state;
    if (rc != 0) {
        print_message("%s\n", err.message);
        assert_false(namespace_required());
        skip();
    }
    assert_int_equal(fcntl(wall.ruleset, F_GETFD), FD_CLOEXEC);
    assert_int_equal(pipe(ends), 0);
    streams[0] = ends[0];
    streams[1] = open("/dev/null", O_PATH | O_CLOEXEC);
    streams[2] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(landlock_allow_streams(&wall, streams, &err), 0);
    assert_int_equal(landlock_allow(&wall, streams[1], MOUNT_WRITABLE, false, &err), 0);
    assert_int_equal(landlock_allow(&wall, streams[2], MOUNT_WRITABLE, true, &err), 0);
    assert_int_equal(landlock_allow(&wall, streams[2], MOUNT_READ_ONLY, true, &err), 0);
    assert_int_equal(landlock_allow(&wall, -1, MOUNT_TMPFS, true, &err), -EBADF);
    assert_non_null(strstr(err.message, "cannot make a Landlock rule: "));
    for (int i = 0; i < 3; i++)
        close(streams[i]);
    close(ends[1]);
    landlock_close(&wall);
    assert_int_equal(descriptors_open(), before);
}

/* ---- kernels without it ---- */

/* From here on the call `number` answers with `error` and does nothing; 0 is a success. */
static int answer(uint32_t number, uint32_t error)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {ARRAY_LEN(program), program};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0 ? -errno : 0;
}

#define CREATE_RULESET 444
#define RESTRICT_SELF  446

static const struct missing_row {
    const char *name;
    uint32_t number, error;
    unsigned degrade;
    int status;       /* -1: it does not even start    */
    const char *says; /* of the error, or of an event  */
} missing[] = {
    {"no Landlock", CREATE_RULESET, ENOSYS, 0, -1,
     "this kernel has no Landlock (Linux 5.19 has one); --degrade=landlock starts without it"},
    {"switched off", CREATE_RULESET, EOPNOTSUPP, 0, -1, "Landlock is switched off (add landlock"},
    {"too old", CREATE_RULESET, 0, 0, -1, "this kernel's Landlock is too old"},
    {"forbidden", CREATE_RULESET, EPERM, 0, -1, "Landlock cannot be used here: Operation not"},
    {"another layer may be missing", CREATE_RULESET, ENOSYS, FENCE_LAYER_WATCH, -1, "no Landlock"},
    {"degraded, no Landlock", CREATE_RULESET, ENOSYS, FENCE_LAYER_LANDLOCK, 7,
     "starting without a second wall around files: this kernel has no Landlock"},
    {"degraded, switched off", CREATE_RULESET, EOPNOTSUPP, FENCE_LAYER_LANDLOCK, 7,
     "starting without a second wall around files: Landlock is switched off"},
    {"it cannot be entered", RESTRICT_SELF, E2BIG, FENCE_LAYER_LANDLOCK, 125,
     "the second wall around files (Landlock) fails: Argument list too long"},
    {"it does not hold", RESTRICT_SELF, 0, 0, 125,
     "the second wall around files (Landlock) does not hold (Operation not permitted)"},
};

struct told {
    const char *says;
    bool told;
};

static void on_event(const fence_event *event, void *payload)
{
    struct told *told = payload;

    if (event->kind == FENCE_EVENT_NOTICE && strstr(event->text, told->says))
        told->told = true;
}

/* In a child, as what is installed stays; there no failure may jump back into the test. */
static bool as_it_should(const struct missing_row *row)
{
    static const char *const argv[] = {"sh", "-c", "exit 7", NULL};
    struct told told = {row->says, false};
    fence_observer observer = {.on_event = on_event, .payload = &told};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    struct run run = {.out = -1, .result = {.status = -1}};
    fence_config *config = NULL;

    if (answer(row->number, row->error) < 0 ||
        fence_config_parse(&config, "test", "{}", 2, NULL, 0, NULL) < 0 ||
        fence_new(&run.engine, config, &observer, NULL) < 0)
        return false;
    fence_config_unref(config);
    options.argv = argv;
    options.degrade = row->degrade;
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &run.result.error) == 0)
        fence_run(run.engine);
    fence_close(run.engine);
    if (strstr(run.result.error.message, row->says))
        told.told = true;
    if (run.result.status == row->status && told.told)
        return true;
    print_message("%s: status %d, '%s'\n", row->name, run.result.status, run.result.error.message);
    return false;
}

static void test_missing(void **state)
{
    (void)state;
    if (!run_possible()) { /* it has said why */
        assert_false(namespace_required());
        skip();
    }
    for (const struct missing_row *row = missing; row < missing + ARRAY_LEN(missing); row++) {
        pid_t pid = fork();
        int status;

        if (pid == 0)
            _exit(as_it_should(row) ? 0 : 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
            fail_msg("%s: as told above", row->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights_by_abi),
        cmocka_unit_test(test_rights_by_mount),
        cmocka_unit_test(test_no_wall_takes_everything),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
