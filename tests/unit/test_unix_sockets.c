/* SPDX-License-Identifier: Apache-2.0
 * test_unix_sockets.c - a sandbox where sockets cannot be judged: it does not start, and says how
 * to do without; and it starts where somebody does. Each in a child, under a filter of its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <fence/fence.h>

#include "support/run.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

enum { STARTS, REFUSED_WELL, REFUSED_BADLY, ENDS_BADLY, NO_FILTER };

/* `number` fails; 0: nothing does, but the filter has a listener. */
static bool install(long number)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {LEN(program), program}, listener = {1, &nothing};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return false;
    if (number == 0)
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                       &listener) >= 0;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static int run_true(const char *settings, unsigned degrade, const char *says)
{
    static const char *const argv[] = {"true", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    struct run run = {.engine = open_engine(settings)};
    fence_error err = {0};
    bool started;

    options.argv = argv;
    options.degrade = degrade;
    started = fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err) == 0;
    if (started)
        until_exit(&run);
    fence_close(run.engine);
    if (started)
        return run.result.status == 0 ? STARTS : ENDS_BADLY;
    if (strstr(err.message, says) && strstr(err.message, "--degrade=unix-sockets"))
        return REFUSED_WELL;
    fprintf(stderr, "%s\n", err.message);
    return REFUSED_BADLY;
}

static const struct row {
    const char *name, *settings;
    long missing; /* a call; or 0: somebody has the listener */
    unsigned degrade;
    int outcome;
    const char *says;
} rows[] = {
    {"no pidfd_getfd", "{}", SYS_pidfd_getfd, 0, REFUSED_WELL, "pidfd_getfd is missing"},
    {"no pidfd_getfd, and it may be", "{}", SYS_pidfd_getfd, FENCE_LAYER_UNIX_SOCKETS, STARTS, ""},
    {"no pidfd_getfd, and another layer may be missing", "{}", SYS_pidfd_getfd,
     FENCE_LAYER_LANDLOCK, REFUSED_WELL, "pidfd_getfd"},
    {"no pidfd_getfd, and nothing to judge", "{\"network\": {\"allowAllUnixSockets\": true}}",
     SYS_pidfd_getfd, 0, STARTS, ""},
    {"no notifications", "{}", SYS_seccomp, 0, REFUSED_WELL, "seccomp has no notifications"},
    {"no notifications, and it may be", "{}", SYS_seccomp, FENCE_LAYER_UNIX_SOCKETS, STARTS, ""},
    {"a stranger's listener", "{}", 0, 0, REFUSED_WELL, "another program answers"},
    {"a stranger's listener, and it may be", "{}", 0, FENCE_LAYER_UNIX_SOCKETS, STARTS, ""},
};

static void test_layer(void **state)
{
    (void)state;
    if (!run_possible()) /* skipped, unless FENCE_REQUIRE_SANDBOX=1 */
        skip();
    for (const struct row *row = rows; row < rows + LEN(rows); row++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            _exit(install(row->missing) ? run_true(row->settings, row->degrade, row->says)
                                        : NO_FILTER);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != row->outcome)
            fail_msg("%s: %d", row->name, status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
