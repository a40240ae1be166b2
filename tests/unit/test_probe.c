/* SPDX-License-Identifier: Apache-2.0
 * test_probe.c - machines that lack something, as data: which feature is missing, which cure is
 * named, what is left; and the machine the test runs on, which is tried. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/probe.h"
#include "sandbox/probe_child.h"
#include "support/descriptors.h"

#define ALL_LAYERS 7

/* A machine that has everything. */
static struct machine whole(void)
{
    struct machine m = {.place = {.apparmor_restricts = -1,
                                  .max_user_namespaces = 1000,
                                  .userns_clone = -1,
                                  .max_watches = 8192},
                        .kernel = "6.1.0, x86_64",
                        .bwrap = "/usr/bin/bwrap",
                        .version = "0.8.0",
                        .landlock_abi = 3};

    return m;
}

static void forbid_sandbox(struct machine *m, const char *why)
{
    m->complete.code = m->sandbox.code = FENCE_ESANDBOX;
    snprintf(m->complete.message, sizeof m->complete.message, "%s", why);
    m->sandbox = m->complete;
}

static void forbid_namespaces(struct machine *m, int error)
{
    m->user_namespace = m->network_namespace = m->mounts = m->proc = m->live_mounts = error;
    forbid_sandbox(m, "you may not: do this");
}

static void lack_nothing(struct machine *m)
{
    (void)m;
}

static void lack_bwrap(struct machine *m)
{
    m->launcher.code = FENCE_ESANDBOX;
    snprintf(m->launcher.message, sizeof m->launcher.message, "bubblewrap is missing: install it");
    forbid_sandbox(m, m->launcher.message);
}

static void have_odd_bwrap(struct machine *m)
{
    m->launcher.code = FENCE_ESANDBOX;
    snprintf(m->launcher.message, sizeof m->launcher.message, "it does not say its name");
}

static void set_sysctl_to_zero(struct machine *m)
{
    forbid_namespaces(m, -ENOSPC);
    m->place.max_user_namespaces = 0;
}

static void nest_too_deep(struct machine *m)
{
    forbid_namespaces(m, -ENOSPC);
}

static void be_debian_10(struct machine *m)
{
    forbid_namespaces(m, -EPERM);
    m->place.userns_clone = 0;
}

static void be_in_docker(struct machine *m)
{
    forbid_namespaces(m, -EPERM);
    m->place.container = "Docker";
}

static void be_ubuntu(struct machine *m)
{
    m->network_namespace = m->mounts = m->proc = m->live_mounts = -EPERM;
    m->place.apparmor_restricts = 1;
    forbid_sandbox(m, "AppArmor does not let bubblewrap");
}

static void be_ubuntu_with_profile(struct machine *m)
{
    be_ubuntu(m);
    m->complete.code = m->sandbox.code = 0;
}

static void be_nested(struct machine *m)
{
    forbid_namespaces(m, -EPERM);
    m->place.fence = true;
}

static void be_nested_root(struct machine *m)
{
    be_nested(m);
    m->place.root = true;
}

static void hide_proc(struct machine *m)
{
    m->proc = -EPERM;
    m->place.hidden_proc = true;
    forbid_sandbox(m, "a new /proc may not be mounted");
}

static void lack_namespaces(struct machine *m)
{
    forbid_namespaces(m, -EINVAL);
}

static void be_out_of_processes(struct machine *m)
{
    forbid_namespaces(m, -EAGAIN);
}

static void be_wsl1(struct machine *m)
{
    forbid_namespaces(m, -EINVAL);
    m->place.wsl = "WSL1";
}

static void lack_seccomp(struct machine *m)
{
    m->filter = -EINVAL;
    forbid_sandbox(m, "cannot start");
}

static void switch_landlock_off(struct machine *m)
{
    m->landlock = m->landlock_abi = -EOPNOTSUPP;
}

static void lack_landlock(struct machine *m)
{
    m->landlock = m->landlock_abi = -ENOSYS;
}

static void forbid_landlock(struct machine *m)
{
    m->landlock = -EPERM;
}

static void be_watched(struct machine *m)
{
    m->notify = -EBUSY;
}

static void lack_notify(struct machine *m)
{
    m->notify = -ENOSYS;
}

static void lack_move_mount(struct machine *m)
{
    m->live_mounts = -ENOSYS;
}

static void be_out_of_watches(struct machine *m)
{
    m->inotify = -ENOSPC;
}

static void be_old(struct machine *m)
{
    lack_landlock(m);
    lack_notify(m);
    lack_move_mount(m);
}

static void fail_with_every_layer(struct machine *m)
{
    m->complete.code = FENCE_ESANDBOX;
    snprintf(m->complete.message, sizeof m->complete.message, "one of them did not work");
}

#define CURES 3

static const struct {
    const char *name;
    void (*change)(struct machine *);
    int result;
    const char *missing;     /* the first feature that is; NULL: none    */
    const char *says[CURES]; /* of its detail and its cure               */
} rows[] = {
    {"nothing is missing", lack_nothing, 0, NULL, {0}},
    {"146 no bubblewrap", lack_bwrap, FENCE_ESANDBOX, "bubblewrap", {"install it"}},
    {"a bubblewrap that works, and has another name", have_odd_bwrap, 0, NULL, {0}},
    {"146 max_user_namespaces is 0",
     set_sysctl_to_zero,
     FENCE_ESANDBOX,
     "user-namespaces",
     {"No space left", "sysctl user.max_user_namespaces"}},
    {"nested too deep", nest_too_deep, FENCE_ESANDBOX, "user-namespaces", {"nest fewer"}},
    {"unprivileged_userns_clone is 0",
     be_debian_10,
     FENCE_ESANDBOX,
     "user-namespaces",
     {"kernel.unprivileged_userns_clone=1"}},
    {"165 a container's filter",
     be_in_docker,
     FENCE_ESANDBOX,
     "user-namespaces",
     {"--security-opt seccomp=unconfined"}},
    {"146 AppArmor", be_ubuntu, FENCE_ESANDBOX, "network-namespace", {"bwrap-userns-restrict"}},
    {"AppArmor, with a profile for bubblewrap", be_ubuntu_with_profile, 0, NULL, {0}},
    {"165 fence in fence", be_nested, FENCE_ESANDBOX, "user-namespaces", {"--allow-nested"}},
    {"165 root in root's", be_nested_root, FENCE_ESANDBOX, "user-namespaces", {"ordinary user"}},
    {"165 masked /proc", hide_proc, FENCE_ESANDBOX, "proc", {"systempaths=unconfined"}},
    {"165 WSL1", be_wsl1, FENCE_ESANDBOX, "user-namespaces", {"wsl --set-version"}},
    {"a kernel without", lack_namespaces, FENCE_ESANDBOX, "user-namespaces", {"CONFIG_USER_NS"}},
    {"no process may be started",
     be_out_of_processes,
     FENCE_ESANDBOX,
     "user-namespaces",
     {"ulimit -u"}},
    {"no seccomp", lack_seccomp, FENCE_ESANDBOX, "seccomp", {"CONFIG_SECCOMP_FILTER"}},
    {"Landlock is switched off",
     switch_landlock_off,
     FENCE_LAYER_LANDLOCK,
     "landlock",
     {"booted", "lsm="}},
    {"no Landlock", lack_landlock, FENCE_LAYER_LANDLOCK, "landlock", {"5.13"}},
    {"Landlock is forbidden",
     forbid_landlock,
     FENCE_LAYER_LANDLOCK,
     "landlock",
     {"Operation not permitted", "--security-opt"}},
    {"someone else is notified",
     be_watched,
     FENCE_LAYER_UNIX_SOCKETS,
     "seccomp-notify",
     {"watches its system calls already", "from outside"}},
    {"nobody can be notified", lack_notify, FENCE_LAYER_UNIX_SOCKETS, "seccomp-notify", {"5.14"}},
    {"no move_mount(2)", lack_move_mount, FENCE_LAYER_WATCH, "live-mounts", {"5.2"}},
    {"no watch is left", be_out_of_watches, FENCE_LAYER_WATCH, "inotify", {"max_user_watches"}},
    {"three are missing", be_old, ALL_LAYERS, "landlock", {"5.13"}},
    {"nobody knows which is missing", fail_with_every_layer, ALL_LAYERS, NULL, {0}},
};

struct told {
    size_t count, missing;
    char first[64], text[1024]; /* of the first that is missing */
};

static void on_feature(const fence_feature *feature, void *payload)
{
    struct told *told = payload;

    told->count++;
    assert_true(feature->name[0] && feature->used_for[0]);
    assert_null(strpbrk(feature->detail, "\n\r\x1b"));
    if (feature->state != FENCE_FEATURE_MISSING) {
        assert_null(feature->cure);
        return;
    }
    assert_true(feature->detail[0]);
    if (told->missing++ > 0)
        return;
    snprintf(told->first, sizeof told->first, "%s", feature->name);
    snprintf(told->text, sizeof told->text, "%s: %s", feature->detail,
             feature->cure ? feature->cure : "");
}

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct machine m = whole();
        struct told told = {0};
        int result;

        rows[i].change(&m);
        result = probe_tell(&m, on_feature, &told);
        if (result != rows[i].result ||
            strcmp(told.first, rows[i].missing ? rows[i].missing : "") != 0)
            fail_msg("%s: %d, '%s' is missing: %s", rows[i].name, result, told.first, told.text);
        for (size_t k = 0; k < CURES && rows[i].says[k]; k++) {
            if (!strstr(told.text, rows[i].says[k]))
                fail_msg("%s: '%s' is not in '%s'", rows[i].name, rows[i].says[k], told.text);
        }
    }
}

/* ---- what nothing hangs on ---- */

static void lack_tproxy(struct machine *m)
{
    m->capture_rules.code = FENCE_ESANDBOX;
    snprintf(m->capture_rules.message, sizeof m->capture_rules.message,
             "a chain: not there (cure)");
}

static void lack_tproxy_and_notify(struct machine *m)
{
    lack_tproxy(m);
    lack_notify(m);
}

static void forbid_links(struct machine *m)
{
    m->capture.code = -EPERM;
    snprintf(m->capture.message, sizeof m->capture.message, "an address: forbidden");
}

static void forbid_network(struct machine *m)
{
    m->capture_network = m->capture.code = -EPERM;
    snprintf(m->capture.message, sizeof m->capture.message, "no network can be made: forbidden");
}

static void forbid_network_and_sandbox(struct machine *m)
{
    forbid_network(m);
    be_ubuntu(m);
}

static void on_capture(const fence_feature *feature, void *payload)
{
    if (strcmp(feature->name, "capture") == 0)
        snprintf(payload, 256, "%d %s", (int)feature->state, feature->detail);
}

static void test_capture(void **state)
{
    static const struct {
        const char *name;
        void (*change)(struct machine *);
        const char *told; /* its state, and its detail */
        int result;
    } captures[] = {
        {"all is there", lack_nothing, "0 by the kernel's rules", 0},
        {"no TPROXY", lack_tproxy, "1 by connecting for them: a chain: not there (cure)", 0},
        {"and nobody who could connect", lack_tproxy_and_notify,
         "1 none: a chain: not there (cure)", FENCE_LAYER_UNIX_SOCKETS},
        {"no address", forbid_links, "1 none: an address: forbidden", 0},
        {"bubblewrap may make a network", forbid_network,
         "1 not tried, as fence itself may not make a network (Operation not permitted)", 0},
        {"nobody may", forbid_network_and_sandbox, "1 none: no network can be made: forbidden",
         FENCE_ESANDBOX},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(captures); i++) {
        struct machine m = whole();
        char told[256] = "";

        captures[i].change(&m);
        assert_int_equal(probe_tell(&m, on_capture, told), captures[i].result);
        if (strcmp(told, captures[i].told) != 0)
            fail_msg("%s: %s", captures[i].name, told);
    }
}

/* Whatever this machine is: it is told in full, and nothing is left of the tries. */
static void test_here(void **state)
{
    struct told told = {0}, again = {0};
    int result = fence_probe(on_feature, &told);
    size_t before = descriptors_open(); /* a program's first loop has two of libuv's own */

    (void)state;
    assert_int_equal(told.count, 14);
    assert_true(result <= ALL_LAYERS);
    assert_int_equal(result != 0, told.missing != 0);
    assert_int_equal(fence_probe(on_feature, &again), result);
    assert_int_equal(descriptors_open(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- the child ---- */

static int say(const void *argument)
{
    return *(const int *)argument;
}

static int die(const void *argument)
{
    (void)argument;
    raise(SIGKILL);
    return 0;
}

static int is_blocked(const void *argument)
{
    sigset_t now;

    (void)argument;
    return sigprocmask(SIG_SETMASK, NULL, &now) == 0 && sigismember(&now, SIGTERM) ? 0 : EINVAL;
}

static void test_child(void **state)
{
    static const struct {
        const char *name;
        int flags;
        int (*work)(const void *);
        int argument, result;
    } children[] = {
        {"all is well", 0, say, 0, 0},
        {"an errno", 0, say, ENOSYS, -ENOSYS},
        {"the greatest", 0, say, 133, -133},
        {"it was killed", 0, die, 0, -ENOSYS},
        {"no signal reaches it", 0, is_blocked, 0, 0},
        {"flags that do not go together", 0x20000 | 0x200, say, 0, -EINVAL}, /* NEWNS and FS */
    };
    sigset_t before, after;

    (void)state;
    sigprocmask(SIG_SETMASK, NULL, &before);
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        int result = probe_child(children[i].flags, children[i].work, &children[i].argument);

        if (result != children[i].result)
            fail_msg("%s: %d", children[i].name, result);
    }
    sigprocmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

/* An embedder that ignores SIGCHLD has its children reaped by the kernel; not these. */
static void test_child_of_who_ignores(void **state)
{
    int error = EPERM;

    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(probe_child(0, say, &error), -EPERM);
    signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_capture),
        cmocka_unit_test(test_here),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_child_of_who_ignores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
