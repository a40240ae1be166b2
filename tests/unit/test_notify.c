/* SPDX-License-Identifier: Apache-2.0
 * test_notify.c - calls that wait: a child under the filter makes them, the test plays the host. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/bridge.h"
#include "sandbox/notify.h"
#include "support/notified.h"

static struct side start(int (*work)(void))
{
    return start_under(NOTIFY_CONNECTS, work);
}

/* ---- one call ---- */

static int connect_to_x(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "x"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
}

static const int answers[] = {0, EACCES, ECONNREFUSED, EINPROGRESS};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct side side = start(connect_to_x);
        struct notify_call call = next(&side);
        struct sockaddr_un to = {0};

        assert_int_equal(call.tid, side.pid);
        assert_int_equal(notify_decode(&call), NOTIFY_CONNECT);
        assert_int_equal(call.arguments[2], sizeof to);
        assert_int_equal(notify_read(&call, call.arguments[1], &to, sizeof to), 0);
        assert_string_equal(to.sun_path, "x");
        assert_true(notify_waits(&call));
        notify_answer(&call, answers[i]);
        assert_false(notify_waits(&call));
        assert_int_equal(end(&side), answers[i]);
    }
}

/* What the child's descriptor is, and what is none. */
static void test_takes(void **state)
{
    struct side side = start(connect_to_x);
    struct notify_call call = next(&side);
    int fd = notify_take_fd(&call, (int)call.arguments[0]);
    char path[64];
    struct stat ours, theirs;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)side.pid, (int)call.arguments[0]);
    assert_int_equal(stat(path, &theirs), 0);
    assert_int_equal(fstat(fd, &ours), 0);
    assert_int_equal(ours.st_ino, theirs.st_ino);
    close(fd);
    assert_int_equal(notify_take_fd(&call, 9999), -EBADF);
    assert_int_equal(notify_take_fd(&call, -1), -EBADF);
    assert_int_equal(notify_read(&call, 8, path, 8), -EFAULT);
    fd = notify_open(&call, "cwd");
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(notify_open(&call, "none"), -ENOENT);
    notify_answer(&call, 0);
    assert_int_equal(end(&side), 0);
}

static void *in_thread(void *argument)
{
    *(int *)argument = connect_to_x();
    return NULL;
}

static int connect_in_thread(void)
{
    pthread_t thread;
    int error = 255;

    if (pthread_create(&thread, NULL, in_thread, &error) != 0)
        return 255;
    pthread_join(thread, NULL);
    return error;
}

static void test_threads(void **state)
{
    struct side side = start(connect_in_thread);
    struct notify_call call = next(&side);
    int fd = notify_take_fd(&call, (int)call.arguments[0]);

    (void)state;
    assert_int_not_equal(call.tid, side.pid);
    assert_true(fd >= 0);
    close(fd);
    notify_answer(&call, EPERM);
    assert_int_equal(end(&side), EPERM);
}

static void test_killed(void **state)
{
    struct side side = start(connect_to_x);
    struct notify_call call = next(&side);

    (void)state;
    kill(side.pid, SIGKILL);
    waitpid(side.pid, NULL, 0);
    assert_false(notify_waits(&call));
    notify_answer(&call, 0); /* harmless */
    assert_true(notify_take_fd(&call, 0) < 0);
    close(side.listener);
}

/* ---- the filter's other lines ---- */

static int install_another(unsigned long flags)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {1, &allow};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) < 0 ? errno : 0;
}

static int second_listener(void)
{
    return install_another(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static int second_filter(void)
{
    return install_another(0);
}

static int other_calls(void)
{
    int ends[2];

    return getpid() <= 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
           bind(-1, NULL, 0) == 0 || errno != EBADF;
}

#if defined(__x86_64__)
static int x32_connect(void)
{
    return syscall(0x40000000 | SYS_connect, -1, NULL, 0) < 0 ? errno : 0;
}
#endif

static const struct line_row {
    const char *name;
    int (*work)(void);
    int status;
} lines[] = {
    {"a second listener", second_listener, EBUSY},
    {"a second filter", second_filter, 0},
    {"other calls do not wait", other_calls, 0},
#if defined(__x86_64__)
    {"3G.150 connect of x32", x32_connect, ENOSYS},
#endif
};

static void test_lines(void **state)
{
    (void)state;
    for (const struct line_row *row = lines; row < lines + ARRAY_LEN(lines); row++) {
        struct side side = start(row->work);
        int status = end(&side);

        if (status != row->status)
            fail_msg("%s: %d", row->name, status);
    }
}

/* ---- the thread ---- */

struct heard {
    int calls, ended; /* descriptors of pipes */
};

static void on_call(void *context, struct notify_call *call)
{
    struct heard *heard = context;

    notify_answer(call, EDOM);
    assert_int_equal(write(heard->calls, "c", 1), 1);
}

static void on_end(void *context)
{
    struct heard *heard = context;

    assert_int_equal(write(heard->ended, "e", 1), 1);
}

static void test_thread(void **state)
{
    int calls[2], ended[2];
    struct side side = start(connect_to_x);
    struct heard heard;
    struct notify_handler handler = {on_call, on_end, &heard};
    char byte;

    (void)state;
    assert_int_equal(pipe2(calls, O_CLOEXEC), 0);
    assert_int_equal(pipe2(ended, O_CLOEXEC), 0);
    heard = (struct heard){calls[1], ended[1]};
    assert_int_equal(notify_start(side.listener, &handler), 0);
    assert_int_equal(read(calls[0], &byte, 1), 1);
    waitpid(side.pid, NULL, 0);
    assert_int_equal(read(ended[0], &byte, 1), 1); /* nobody is left */
    close(side.listener);
    for (int i = 0; i < 2; i++) {
        close(calls[i]);
        close(ended[i]);
    }
}

/* ---- is somebody there ---- */

static int ask_outer(void)
{
    return notify_outer_answers();
}

static void test_outer(void **state)
{
    struct side side = start(ask_outer);
    struct notify_call call = next(&side);
    struct sockaddr_un to = {0};
    int fd;

    (void)state;
    assert_false(notify_outer_answers());
    assert_int_equal(notify_decode(&call), NOTIFY_CONNECT);
    fd = notify_take_fd(&call, (int)call.arguments[0]);
    assert_int_equal(notify_read(&call, call.arguments[1], &to, call.arguments[2]), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, (socklen_t)call.arguments[2]), 0);
    notify_answer(&call, 0);
    assert_int_equal(end(&side), 1);
    close(fd);
}

static void test_missing(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    assert_null(notify_missing(NOTIFY_CONNECTS));
    assert_null(notify_missing(NOTIFY_EXECS));
    pid = fork();
    if (pid == 0) {
        struct sock_filter program[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_getfd, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog filter = {ARRAY_LEN(program), program};

        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
        _exit(notify_missing(NOTIFY_CONNECTS) && notify_missing(NOTIFY_EXECS) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers), cmocka_unit_test(test_takes),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_killed),
        cmocka_unit_test(test_lines),   cmocka_unit_test(test_thread),
        cmocka_unit_test(test_outer),   cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
