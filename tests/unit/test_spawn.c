/* SPDX-License-Identifier: Apache-2.0
 * test_spawn.c - what a started program gets and does not get, how its end is told, and which
 * program PATH means. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/spawn.h"
#include "support/descriptors.h"

extern char **environ;

static char root[] = "/tmp/fence-spawn-XXXXXX";

/* Starts `sh -c script`, with `out` as its standard output. Returns the pidfd. */
static int start(const char *script, int out, const int *keep, size_t nkeep)
{
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL};
    struct spawn what = {"/bin/sh", argv, environ, {0, out, 2}, keep, nkeep, NULL};
    fence_error err = {0};
    int pidfd = -1;

    if (spawn_start(&pidfd, &what, &err) != 0)
        fail_msg("%s: %s", script, err.message);
    return pidfd;
}

/* Waits at most ten seconds. */
static int reap(int pidfd, int *status)
{
    struct pollfd poll_fd = {pidfd, POLLIN, 0};

    assert_int_equal(poll(&poll_fd, 1, 10000), 1);
    return spawn_reap(status, pidfd);
}

/* What the script prints. */
static void output_of(char *out, size_t cap, const char *script, const int *keep, size_t nkeep)
{
    int ends[2], pidfd, status;
    size_t len = 0;
    ssize_t n = 1;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pidfd = start(script, ends[1], keep, nkeep);
    close(ends[1]);
    while (n > 0 && len + 1 < cap) {
        n = read(ends[0], out + len, cap - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    out[len] = '\0';
    close(ends[0]);
    assert_int_not_equal(reap(pidfd, &status), 0);
    close(pidfd);
}

/* ---- its end ---- */

static const struct status_row {
    const char *name, *script;
    int status;
} statuses[] = {
    {"3M.236 true", "exit 0", 0},
    {"3M.236 an exit status", "exit 3", 3},
    {"3M.236 the greatest exit status", "exit 255", 255},
    {"3M.236 SIGTERM to itself, which waits", "kill -TERM $$; exit 4", 4},
    {"3M.236 SIGKILL", "kill -KILL $$", 137},
};

static void test_statuses(void **state)
{
    (void)state;
    for (const struct status_row *row = statuses; row < statuses + ARRAY_LEN(statuses); row++) {
        size_t before = descriptors_open();
        int status = -1, pidfd = start(row->script, 1, NULL, 0);

        if (reap(pidfd, &status) != 1 || status != row->status)
            fail_msg("%s: %d", row->name, status);
        if (spawn_reap(&status, pidfd) != -ECHILD)
            fail_msg("%s: it can be reaped twice", row->name);
        if (fcntl(pidfd, F_GETFD) != FD_CLOEXEC)
            fail_msg("%s: its descriptor would be inherited", row->name);
        close(pidfd);
        if (descriptors_open() != before)
            fail_msg("%s: a descriptor is left", row->name);
    }
}

static void test_runs_until_it_is_killed(void **state)
{
    int status = -1, pidfd = start("exec sleep 60", 1, NULL, 0);

    (void)state;
    assert_int_equal(spawn_reap(&status, pidfd), 0);
    assert_int_equal(pidfd_kill(pidfd, 0), 0);
    assert_int_equal(pidfd_kill(pidfd, SIGKILL), 0);
    assert_int_equal(reap(pidfd, &status), 1);
    assert_int_equal(status, 137);
    assert_int_equal(pidfd_kill(pidfd, SIGKILL), -ESRCH);
    close(pidfd);
}

static void test_end(void **state)
{
    int status, pidfd = start("exec sleep 60", 1, NULL, 0);

    (void)state;
    spawn_end(pidfd);
    assert_int_equal(spawn_reap(&status, pidfd), -ECHILD);
    close(pidfd);
}

/* The kernel throws the status away; no answer is made up. */
static void test_ignored_sigchld(void **state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    char text[64];
    int status = -1, pidfd;

    (void)state;
    sigaction(SIGCHLD, &ignore, &before);
    pidfd = start("exit 3", 1, NULL, 0);
    assert_int_equal(reap(pidfd, &status), -ECHILD);
    close(pidfd);
    output_of(text, sizeof text, "sh -c 'exit 7'; echo $?", NULL, 0); /* it can wait for its own */
    sigaction(SIGCHLD, &before, NULL);
    assert_string_equal(text, "7\n");
}

static void test_pidfd_of(void **state)
{
    int fd = pidfd_of(getpid());

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pidfd_kill(fd, 0), 0);
    close(fd);
    assert_int_equal(pidfd_of(0), -EINVAL);
    assert_true(pidfd_of(0x7fffffff) < 0);
}

static void test_group(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) { /* without a group of its own it alone is meant */
        int pidfd, status = 0, rc;
        pid_t pid = fork();

        if (pid == 0) {
            execlp("sleep", "sleep", "30", NULL);
            _exit(1);
        }
        if (i == 0)
            setpgid(pid, pid);
        pidfd = pidfd_of(pid);
        assert_int_equal(pidfd_kill_group(pidfd, pid, SIGTERM), 0);
        do
            rc = spawn_reap(&status, pidfd);
        while (rc == 0);
        assert_int_equal(status, 128 + SIGTERM);
        assert_true(pidfd_kill_group(pidfd, pid, SIGTERM) < 0);
        close(pidfd);
    }
}

/* ---- what it gets ---- */

static void handler(int signum)
{
    (void)signum;
}

/* "SigBlk: ..." and its kind, of /proc/self/status. */
static uint64_t signals_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    unsigned long long mask = 0;

    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(key), ":%llx", &mask), 1);
    return mask;
}

#define BIT(signum) (UINT64_C(1) << ((signum)-1))

static void test_signals(void **state)
{
    struct sigaction caught = {.sa_handler = handler}, ignored = {.sa_handler = SIG_IGN};
    struct sigaction before[3];
    sigset_t blocked, mask;
    char text[4096];

    (void)state;
    sigaction(SIGUSR1, &caught, &before[0]);
    sigaction(SIGUSR2, &ignored, &before[1]);
    sigaction(SIGCHLD, &ignored, &before[2]);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, &mask);
    output_of(text, sizeof text, "exec cat /proc/self/status", NULL, 0);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    /* all but what cannot be blocked, and the C library's own */
    assert_int_equal(signals_of(text, "SigBlk") | BIT(32) | BIT(33),
                     ~(BIT(SIGKILL) | BIT(SIGSTOP)));
    assert_int_equal(signals_of(text, "SigCgt"), 0);
    assert_int_equal(signals_of(text, "SigIgn") & (BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGCHLD)),
                     BIT(SIGUSR2));
    sigaction(SIGUSR1, NULL, &ignored); /* and ours are as they were */
    assert_true(ignored.sa_handler == handler);
    sigaction(SIGUSR1, &before[0], NULL);
    sigaction(SIGUSR2, &before[1], NULL);
    sigaction(SIGCHLD, &before[2], NULL);
}

/* What process 1 of a sandbox has, a command can have; its filter comes later: bubblewrap.c. */
static void test_rights(void **state)
{
    char text[4096];

    (void)state;
    output_of(text, sizeof text, "exec cat /proc/self/status", NULL, 0);
    assert_non_null(strstr(text, "\nNoNewPrivs:\t1\n"));
}

static void test_descriptors(void **state)
{
    int inherited = dup(1), kept = fcntl(1, F_DUPFD_CLOEXEC, 9);
    char text[4096], want[64];

    (void)state;
    assert_int_equal(fcntl(inherited, F_GETFD), 0); /* as careless programs open theirs */
    output_of(text, sizeof text, "cd /proc/self/fd && echo *", &kept, 1);
    snprintf(want, sizeof want, "0 1 2 3 %d\n", kept); /* 3: the shell's own, which reads them */
    assert_string_equal(text, want);
    assert_int_equal(fcntl(kept, F_GETFD), FD_CLOEXEC);
    close(inherited);
    close(kept);
}

/* Standard streams in any order, from anywhere. */
static void test_streams(void **state)
{
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)"read x; echo out:$x; echo err:$x >&2",
                    NULL};
    static const char *const names[] = {"as they are", "crossed", "one for all"};
    fence_error err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int ends[2], in[2], pidfd, status;
        char text[64] = {0};
        struct spawn what = {"/bin/sh", argv, environ, {0, 1, 2}, NULL, 0, NULL};

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
        assert_int_equal(write(in[1], "x\n", 2), 2);
        what.stdio[0] = i == 1 ? fcntl(in[0], F_DUPFD_CLOEXEC, 50) : in[0];
        what.stdio[1] = ends[1];
        what.stdio[2] = i == 2 ? ends[1] : fcntl(ends[1], F_DUPFD_CLOEXEC, 60);
        assert_int_equal(spawn_start(&pidfd, &what, &err), 0);
        assert_int_equal(reap(pidfd, &status), 1);
        assert_true(read(ends[0], text, sizeof text - 1) > 0);
        if (strcmp(text, "out:x\nerr:x\n") != 0)
            fail_msg("%s: '%s'", names[i], text);
        close(pidfd);
        for (int j = 0; j < 2; j++) {
            close(ends[j]);
            close(in[j]);
        }
        if (i == 1)
            close(what.stdio[0]);
        if (i != 2)
            close(what.stdio[2]);
    }
}

/* ---- what cannot be started ---- */

static const struct failure_row {
    const char *name, *path;
    int stdio, keep;
    int error;
    const char *says;
} failures[] = {
    {"3M.236 not there", "/nonexistent/\x1b[2J", 1, -1, ENOENT,
     "'/nonexistent/\\x1b[2J' (program)"},
    {"3M.236 a folder", "/", 1, -1, EACCES, "'/' (program): Permission denied"},
    {"3M.236 no program", "/dev/null", 1, -1, EACCES, "(program)"},
    {"a stream that is closed", "/bin/true", 900, -1, EBADF, "(descriptors): Bad file descriptor"},
    {"a kept one that is closed", "/bin/true", 1, 901, EBADF, "(descriptors)"},
};

static void test_failures(void **state)
{
    (void)state;
    for (const struct failure_row *row = failures; row < failures + ARRAY_LEN(failures); row++) {
        char *argv[] = {(char *)"x", NULL};
        struct spawn what = {
            row->path, argv, environ, {0, row->stdio, 2}, &row->keep, row->keep >= 0 ? 1 : 0, NULL};
        size_t before = descriptors_open();
        fence_error err = {0};
        int pidfd = -7, rc = spawn_start(&pidfd, &what, &err);

        if (rc != -row->error || err.code != rc || pidfd != -7 || !strstr(err.message, row->says))
            fail_msg("%s: %d: %s", row->name, rc, err.message);
        if (descriptors_open() != before)
            fail_msg("%s: a descriptor is left", row->name);
        if (waitpid(-1, NULL, __WALL | WNOHANG) != -1 || errno != ECHILD)
            fail_msg("%s: a child is left", row->name);
    }
}

/* ---- PATH ---- */

static void put(const char *name, mode_t mode)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", root, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void make_folder(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static int setup(void **state)
{
    char link[128];

    (void)state;
    assert_non_null(mkdtemp(root));
    make_folder("a");
    make_folder("b");
    make_folder("c");
    make_folder("b/prog");
    put("a/prog", 0644);
    put("c/prog", 0755);
    put("c/other", 0755);
    snprintf(link, sizeof link, "%s/c/link", root);
    return symlink("prog", link);
}

static int teardown(void **state)
{
    static const char *const names[] = {"c/link", "c/other", "c/prog", "a/prog", "b/prog",
                                        "c",      "b",       "a",      "."};
    char path[128];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", root, names[i]);
        if (remove(i + 1 < ARRAY_LEN(names) ? path : root) != 0)
            return -1;
    }
    return 0;
}

static const struct find_row {
    const char *name, *program, *path; /* "@" is the test's folder */
    const char *found;                 /* NULL: none               */
} finds[] = {
    {"the only one", "prog", "@/c", "@/c/prog"},
    {"not what cannot be executed", "prog", "@/a:@/c", "@/c/prog"},
    {"not a folder", "prog", "@/b:@/c", "@/c/prog"},
    {"by a link", "link", "@/c", "@/c/link"},
    {"nowhere", "none", "@/a:@/b:@/c", NULL},
    {"an empty PATH", "prog", "", NULL},
    {"nothing but colons", "prog", ":::", NULL},
    {"colons around", "prog", ":@/c:", "@/c/prog"},
    {"the current folder", "prog", ".:", NULL},
    {"a relative folder", "prog", "c:./c:../c", NULL},
    {"a folder that is not there", "prog", "/nonexistent:@/c", "@/c/prog"},
    {"a file as a folder", "prog", "@/c/prog:@/c", "@/c/prog"},
    {"a slash at the end", "prog", "@/c/", "@/c//prog"},
};

static void expand(char *out, size_t cap, const char *text)
{
    size_t len = 0;

    out[0] = '\0';
    for (; *text; text++) {
        if (*text == '@')
            len += (size_t)snprintf(out + len, cap - len, "%s", root);
        else
            len += (size_t)snprintf(out + len, cap - len, "%c", *text);
    }
}

static void test_find(void **state)
{
    char path[512], want[512], found[256], cwd[256];

    (void)state;
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(root), 0);
    for (const struct find_row *row = finds; row < finds + ARRAY_LEN(finds); row++) {
        bool is;

        expand(path, sizeof path, row->path);
        expand(want, sizeof want, row->found ? row->found : "");
        is = spawn_find(found, sizeof found, row->program, path, NULL, NULL);
        if (is != (row->found != NULL) || (is && strcmp(found, want) != 0))
            fail_msg("%s: '%s'", row->name, is ? found : "none");
    }
    assert_int_equal(chdir(cwd), 0);
}

static bool usable(const char *path, void *context)
{
    ++*(int *)context;
    return strstr(path, "other") != NULL;
}

static void test_find_what_may_be_used(void **state)
{
    char path[512], found[256], small[16];
    int asked = 0;

    (void)state;
    expand(path, sizeof path, "@/a:@/b:@/c:@/c");
    assert_false(spawn_find(found, sizeof found, "prog", path, usable, &asked));
    assert_int_equal(asked, 2); /* for what could be executed */
    assert_true(spawn_find(found, sizeof found, "other", path, usable, &asked));
    assert_false(spawn_find(small, sizeof small, "prog", path, NULL, NULL)); /* it does not fit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_runs_until_it_is_killed),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_ignored_sigchld),
        cmocka_unit_test(test_pidfd_of),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_what_may_be_used),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
