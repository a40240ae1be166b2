/* SPDX-License-Identifier: Apache-2.0
 * test_capture_join.c - sockets made in a network that a child of ours has entered, where those
 * from inside are missing; and that nothing is left of the child. */
#include <netinet/in.h> /* before linux/in.h, which follows it */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include "unit/inside.h"

#include <cmocka.h>

#include "base/base.h"
#include "base/limits.h"
#include "sandbox/capture_join.h"
#include "support/descriptors.h"
#include "support/namespace.h"

#define LISTEN_FLAG (1UL << 3) /* SECCOMP_FILTER_FLAG_NEW_LISTENER */
#define NOTIFY      0x7fc00000 /* SECCOMP_RET_USER_NOTIF           */

struct place {
    pid_t pid;
    int control;
    struct capture own; /* what was made inside */
};

/* ---- the process inside ---- */

static void end(struct place *place)
{
    capture_close(&place->own);
    close_fd(&place->control);
    kill(place->pid, SIGKILL);
    waitpid(place->pid, NULL, 0);
}

/* One set of two that come. False where it could make no namespaces. */
static bool receive(struct place *place)
{
    int fds[2 * CAPTURE_SOCKETS];
    char byte, room[CMSG_SPACE(sizeof fds)] __attribute__((aligned(8)));
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};

    memset(place->own.fds, -1, sizeof place->own.fds);
    if (recvmsg(place->control, &message, MSG_CMSG_CLOEXEC) != 1)
        return false;
    memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fds);
    memcpy(place->own.fds, fds, sizeof place->own.fds);
    for (size_t i = CAPTURE_SOCKETS; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    return true;
}

static struct place start(void)
{
    struct place place = {.control = -1};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    place.pid = fork();
    assert_true(place.pid >= 0);
    if (place.pid == 0) {
        close(ends[0]);
        _exit(inside_run(ends[1], 0));
    }
    close(ends[1]);
    place.control = ends[0];
    if (!receive(&place)) {
        end(&place);
        print_message("no user namespaces here\n");
        assert_false(namespace_required());
        skip();
    }
    return place;
}

/* ---- it works with them ---- */

/* A connection from inside ends at the listener, which knows where it was going. */
static void expect_captured(struct place *place, struct capture *capture)
{
    struct inside_order order = {INSIDE_TCP, SOCK_STREAM, 80, "93.184.216.34"};
    struct inside_answer answer;
    struct addr to;
    uint16_t port = 0;
    int flags = fcntl(capture->fds[CAPTURE_TCP4], F_GETFL), fd;

    assert_true(flags & O_NONBLOCK);
    fcntl(capture->fds[CAPTURE_TCP4], F_SETFL, flags & ~O_NONBLOCK);
    assert_int_equal(send(place->control, &order, sizeof order, MSG_NOSIGNAL), sizeof order);
    fd = accept(capture->fds[CAPTURE_TCP4], NULL, NULL);
    assert_true(fd >= 0);
    assert_true(capture_destination(&to, &port, fd));
    assert_int_equal(port, 80);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    assert_int_equal(recv(place->control, &answer, sizeof answer, 0), sizeof answer);
    assert_int_equal(answer.error, 0);
}

#define ALL ((1U << CAPTURE_SOCKETS) - 1)

static const struct {
    const char *name;
    uint32_t missing; /* bits: what inner could not make */
    const char *refused;
} rows[] = {
    {"none is missing", 0, NULL},
    {"rtnetlink", 1U << CAPTURE_ROUTE, "its rtnetlink socket is missing"},
    {"nfnetlink", 1U << CAPTURE_NETFILTER, "its nfnetlink socket is missing"},
    {"netlink", 1U << CAPTURE_ROUTE | 1U << CAPTURE_NETFILTER, "its rtnetlink socket is missing"},
    {"all", ALL, "its rtnetlink socket is missing"},
    {"TCP", 1U << CAPTURE_TCP4, "its IPv4 socket is missing"},
    {"IPv6", 7U << CAPTURE_TCP6, NULL},
};

static void test_rows(void **state)
{
    size_t before = descriptors_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct place place = start();
        struct capture capture = place.own;
        fence_error err = {0}, refused = {.code = 1};

        memset(place.own.fds, -1, sizeof place.own.fds);
        for (int k = 0; k < CAPTURE_SOCKETS; k++) {
            if (rows[i].missing >> k & 1)
                close_fd(&capture.fds[k]);
        }
        if (capture_join_open(&capture, place.pid, &refused, &err) < 0 ||
            capture_serve(&capture, &err) < 0 ||
            capture_lead(capture.fds[CAPTURE_NETFILTER], capture.fds[CAPTURE_TCP6] >= 0, &err) < 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        if ((refused.code != 0) != (rows[i].refused != NULL) ||
            (rows[i].refused && strcmp(refused.message, rows[i].refused) != 0))
            fail_msg("%s: %d %s", rows[i].name, refused.code, refused.message);
        expect_captured(&place, &capture);
        capture_close(&capture);
        end(&place);
    }
    assert_int_equal(descriptors_open(), before);
}

static void test_new(void **state)
{
    size_t before = descriptors_open();
    struct capture capture;
    fence_error err = {0};
    int rc = capture_join_new(&capture, &err);

    (void)state;
    if (rc < 0) {
        print_message("%s\n", err.message);
        assert_false(namespace_required());
        skip();
    }
    assert_int_equal(fcntl(capture.fds[CAPTURE_ROUTE], F_GETFD), FD_CLOEXEC);
    assert_int_equal(capture_open(&capture, &err), FENCE_ESANDBOX);
    assert_non_null(strstr(err.message, "(its loopback interface is not up)"));
    assert_int_equal(descriptors_open(), before);
}

/* ---- it fails ---- */

static void test_nobody(void **state)
{
    size_t before = descriptors_open();
    struct capture capture = {{-1, -1, -1, -1, -1, -1, -1, -1}, false};
    fence_error err = {0}, refused = {0};

    (void)state;
    assert_int_equal(capture_join(&capture, 0x3fffffff, &err), -ENOENT); /* above every pid_max */
    assert_string_equal(err.message, "its network cannot be entered: No such file or directory");
    assert_true(capture_join(&capture, getpid(), NULL) < 0); /* nobody enters what he is in */
    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        assert_int_equal(capture.fds[i], -1);
    assert_true(capture_join_open(&capture, getpid(), &refused, &err) < 0);
    assert_non_null(strstr(err.message, "its rtnetlink socket is missing; its network cannot be "));
    assert_int_equal(refused.code, -EPERM);
    assert_int_equal(descriptors_open(), before);
}

/* With so few that some of them, or the way to them, cannot be had. */
static void test_few_descriptors(void **state)
{
    struct place place = start();
    size_t before = descriptors_open();
    struct rlimit limit, few;
    int complete = 0;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    for (rlim_t n = 0; n < 32; n++) {
        struct capture capture;
        fence_error err;
        int rc;

        few.rlim_cur = n;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        rc = capture_join(&capture, place.pid, &err);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        if (rc == 0) {
            complete += capture.fds[CAPTURE_SOCKETS - 1] >= 0;
            capture_close(&capture);
        }
        assert_int_equal(descriptors_open(), before);
    }
    assert_true(complete > 0);
    end(&place);
}

/* ---- nothing is left of the child, and nothing of it shows ---- */

static volatile sig_atomic_t heard;

static void on_child(int signum)
{
    (void)signum;
    heard = 1;
}

static void test_no_signal(void **state)
{
    struct sigaction now = {.sa_handler = on_child}, ignored = {.sa_handler = SIG_IGN}, before;
    struct place place = start();

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct capture capture;

        sigaction(SIGCHLD, i == 0 ? &now : &ignored, &before);
        assert_int_equal(capture_join(&capture, place.pid, NULL), 0);
        sigaction(SIGCHLD, &before, NULL);
        capture_close(&capture);
    }
    assert_int_equal(heard, 0);
    end(&place);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
}

/* From here on setns(2) does not return, in this process and its children. */
static bool hang_in_setns(void)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, NOTIFY),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_LEN(lines), lines};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, LISTEN_FLAG, &program) >= 0;
}

static int time_out(pid_t pid)
{
    struct capture capture;
    struct timespec from, to;
    long ms;

    if (!hang_in_setns())
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (capture_join(&capture, pid, NULL) != -ETIMEDOUT)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &to);
    ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    if (waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD)
        return 3;
    return ms >= LIMIT_CAPTURE_JOIN_MS - 1 && ms < LIMIT_CAPTURE_JOIN_MS * 10 ? 0 : 4;
}

static void test_time_out(void **state)
{
    struct place place = start();
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(time_out(place.pid));
    assert_int_equal(waitpid(child, &status, 0), child);
    end(&place);
    if (WEXITSTATUS(status) == 2)
        skip(); /* whoever started us has the place of the one that is notified */
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_new),
        cmocka_unit_test(test_nobody),    cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_no_signal), cmocka_unit_test(test_time_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
