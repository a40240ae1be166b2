/* SPDX-License-Identifier: Apache-2.0
 * test_bridge.c - the conversation with inner, played by the test: whole messages, other ones, and
 * descriptors that nobody asked for. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/bridge.h"
#include "support/descriptors.h"

#define MOST_FDS (INNER_MOST + 2)

static void open_bridge(int ends[2])
{
    fence_error err = {0};

    if (bridge_open(ends, &err) != 0)
        fail_msg("%s", err.message);
}

/* As inner does it, with `nfds` copies of standard input. */
static void say(int control, const void *bytes, size_t len, size_t nfds)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
    } room = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    int zero = 0;

    if (nfds > 0) {
        message.msg_control = room.bytes;
        message.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
        room.header.cmsg_level = SOL_SOCKET;
        room.header.cmsg_type = SCM_RIGHTS;
        room.header.cmsg_len = CMSG_LEN(nfds * sizeof(int));
        for (size_t i = 0; i < nfds; i++)
            memcpy(CMSG_DATA(&room.header) + i * sizeof zero, &zero, sizeof zero);
    }
    assert_int_equal(sendmsg(control, &message, MSG_NOSIGNAL), len);
}

static void test_open(void **state)
{
    int ends[2];

    (void)state;
    open_bridge(ends);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fcntl(ends[i], F_GETFD), FD_CLOEXEC);
        close(ends[i]);
    }
}

static void test_order(void **state)
{
    struct inner_order order = {INNER_VERSION, {3128, 1080}, 1, 1, 1, 7, UINT64_C(1) << 63}, got;
    fence_error err = {0};
    int ends[2];

    (void)state;
    open_bridge(ends);
    assert_int_equal(bridge_send_order(ends[0], &order, &err), 0);
    assert_int_equal(recv(ends[1], &got, sizeof got, MSG_DONTWAIT), sizeof got);
    assert_memory_equal(&got, &order, sizeof got);
    close(ends[1]);
    assert_int_equal(bridge_send_order(ends[0], &order, &err), 0); /* told by its end */
    assert_int_equal(bridge_send_order(-1, &order, &err), -EBADF);
    assert_non_null(strstr(err.message, "cannot instruct the sandbox's helper: "));
    close(ends[0]);
}

static const struct report_row {
    const char *name;
    uint32_t version;
    size_t len, nfds;
    int rc; /* 1 with the report */
    size_t fds;
    enum inner_step step;
    uint32_t capture;
} reports[] = {
    {"a report", INNER_VERSION, sizeof(struct inner_report), 0, 1, 0, INNER_BIND, 0},
    {"a report with the sockets", INNER_VERSION, sizeof(struct inner_report), 2, 1, 2, INNER_READY,
     0},
    {"one descriptor", INNER_VERSION, sizeof(struct inner_report), 1, 1, 0, INNER_READY, 0},
    {"four descriptors", INNER_VERSION, sizeof(struct inner_report), 4, 1, 0, INNER_READY, 0},
    {"five for capture", INNER_VERSION, sizeof(struct inner_report), 7, 1, 7, INNER_READY, 0x1f},
    {"one of five is missing", INNER_VERSION, sizeof(struct inner_report), 6, 1, 0, INNER_READY,
     0x1f},
    {"for capture, of no kind we know", INNER_VERSION, sizeof(struct inner_report), 3, 1, 0,
     INNER_READY, 1 << CAPTURE_SOCKETS},
    {"no socket of IPv6", INNER_VERSION, sizeof(struct inner_report), 0, 1, 0, INNER_SOCKETS, 0},
    {"seven sockets", INNER_VERSION, sizeof(struct inner_report), 7, 1, 7, INNER_SOCKETS, 0},
    {"as many as there can be", INNER_VERSION, sizeof(struct inner_report), INNER_MOST, 1,
     INNER_MOST, INNER_SOCKETS, 0},
    {"more than that", INNER_VERSION, sizeof(struct inner_report), MOST_FDS, 1, 0, INNER_SOCKETS,
     0},
    {"another version", INNER_VERSION + 1, sizeof(struct inner_report), 0, FENCE_ESANDBOX, 0,
     INNER_BIND, 0},
    {"another version, with a socket", 0, sizeof(struct inner_report), 1, FENCE_ESANDBOX, 0,
     INNER_BIND, 0},
    {"a byte too few", INNER_VERSION, sizeof(struct inner_report) - 1, 1, FENCE_ESANDBOX, 0,
     INNER_BIND, 0},
    {"one byte", INNER_VERSION, 1, 2, FENCE_ESANDBOX, 0, INNER_BIND, 0},
    {"a byte too many", INNER_VERSION, sizeof(struct inner_report) + 1, 1, FENCE_ESANDBOX, 0,
     INNER_BIND, 0},
    {"far too many", INNER_VERSION, 4096, 4, FENCE_ESANDBOX, 0, INNER_SOCKETS, 0},
};

static void test_reports(void **state)
{
    (void)state;
    for (const struct report_row *row = reports; row < reports + ARRAY_LEN(reports); row++) {
        struct inner_report sent = {row->version, row->step, EADDRINUSE, row->capture};
        struct bridge_report got = {.nfds = 0};
        char bytes[4096] = {0};
        size_t before = descriptors_open();
        fence_error err = {0};
        int ends[2], rc;

        memcpy(bytes, &sent, sizeof sent);
        open_bridge(ends);
        say(ends[1], bytes, row->len, row->nfds);
        rc = bridge_receive_report(ends[0], &got, &err);
        if (rc != row->rc || got.nfds != row->fds)
            fail_msg("%s: %d, %zu descriptors: %s", row->name, rc, got.nfds, err.message);
        for (size_t i = 0; i < got.nfds; i++) {
            if (fcntl(got.fds[i], F_GETFD) != FD_CLOEXEC)
                fail_msg("%s: a descriptor would be inherited", row->name);
        }
        if (rc == 1 && (memcmp(&got.said, &sent, sizeof sent) != 0 || got.pid != getpid()))
            fail_msg("%s: it came as another one, from %d", row->name, (int)got.pid);
        if (rc < 0 && !strstr(err.message, "does not speak our language"))
            fail_msg("%s: %s", row->name, err.message);
        bridge_close_fds(&got);
        close(ends[0]);
        close(ends[1]);
        if (descriptors_open() != before)
            fail_msg("%s: %zu descriptors instead of %zu", row->name, descriptors_open(), before);
    }
}

/* ---- the listener of notifications ---- */

static const struct listener_row {
    const char *name;
    size_t len, nfds;
    int rc;
} listener_rows[] = {
    {"as it should be", 1, 1, 0}, {"no descriptor", 1, 0, -EPROTO}, {"two", 1, 2, -EPROTO},
    {"four", 1, 4, -EPROTO},      {"two bytes", 2, 1, -EPROTO},
};

static void test_listener(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(listener_rows); i++) {
        const struct listener_row *row = &listener_rows[i];
        size_t before = descriptors_open();
        int ends[2], fd = -1, rc;

        open_bridge(ends);
        assert_int_equal(bridge_receive_listener(ends[0], &fd), -EAGAIN);
        say(ends[1], "xy", row->len, row->nfds);
        rc = bridge_receive_listener(ends[0], &fd);
        if (rc != row->rc || (fd >= 0) != (rc == 0))
            fail_msg("%s: %d, descriptor %d", row->name, rc, fd);
        if (fd >= 0)
            close(fd);
        close(ends[0]);
        close(ends[1]);
        if (descriptors_open() != before)
            fail_msg("%s: a descriptor is left", row->name);
    }
}

static void test_report_not_yet_and_never(void **state)
{
    struct bridge_report report;
    fence_error err = {0};
    int ends[2];

    (void)state;
    open_bridge(ends);
    assert_int_equal(bridge_receive_report(ends[0], &report, &err), -EAGAIN);
    close(ends[1]);
    assert_int_equal(bridge_receive_report(ends[0], &report, &err), 0);
    close(ends[0]);
    assert_true(bridge_receive_report(ends[0], &report, &err) < 0);
}

/* inner is killed with the order unread: a reset, and as much an end as any. */
static void test_reset_is_an_end(void **state)
{
    struct inner_order order = {.version = INNER_VERSION};
    struct bridge_report report;
    fence_error err = {0};
    struct inner_report failure;
    int ends[2];

    (void)state;
    open_bridge(ends);
    assert_int_equal(bridge_send_order(ends[0], &order, &err), 0);
    close(ends[1]);
    assert_int_equal(bridge_receive_report(ends[0], &report, &err), 0);
    assert_int_equal(bridge_receive_outcome(ends[0], &failure), 0);
    close(ends[0]);
}

/* The descriptors that came, in their order. */
static size_t receive_go(int control, struct inner_go *go, int fds[INNER_GO_FDS])
{
    char room[CMSG_SPACE((INNER_GO_FDS + 1) * sizeof(int))];
    struct iovec part = {go, sizeof *go};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    const struct cmsghdr *header;
    size_t count;

    assert_int_equal(recvmsg(control, &message, MSG_DONTWAIT), sizeof *go);
    assert_int_equal(go->version, INNER_VERSION);
    header = CMSG_FIRSTHDR(&message);
    if (!header)
        return 0;
    count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    assert_in_range(count, 1, INNER_GO_FDS);
    memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    return count;
}

static void test_go(void **state)
{
    static const struct {
        const char *name;
        bool walled;
        int abi;
        uint32_t flags;
    } rows[] = {
        {"no wall", false, 0, 0},
        {"a wall", true, LANDLOCK_ABI_LEAST, 0},
        {"a wall that would be logged", true, 7, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int ends[2], pipes[INNER_GO_FDS][2], fds[INNER_GO_FDS] = {-1, -1, -1};
        struct landlock wall = {-1, rows[i].abi};
        size_t count = rows[i].walled ? INNER_GO_FDS : INNER_GO_FDS - 1;
        struct inner_go go = {0};
        fence_error err = {0};

        open_bridge(ends);
        for (size_t j = 0; j < INNER_GO_FDS; j++)
            assert_int_equal(pipe(pipes[j]), 0);
        if (rows[i].walled)
            wall.ruleset = pipes[2][1];
        assert_int_equal(bridge_send_go(ends[0], pipes[0][1], pipes[1][1], &wall, &err), 0);
        if (receive_go(ends[1], &go, fds) != count || go.walled != rows[i].walled ||
            go.wall_flags != rows[i].flags)
            fail_msg("%s: %u, flags %u", rows[i].name, go.walled, go.wall_flags);
        for (size_t j = 0; j < count; j++) { /* each is the descriptor that was given */
            char byte = 0;

            assert_int_equal(write(fds[j], "!", 1), 1);
            assert_int_equal(read(pipes[j][0], &byte, 1), 1);
            close(fds[j]);
        }
        assert_true(bridge_send_go(ends[0], -1, pipes[1][1], &wall, &err) < 0);
        assert_true(bridge_send_go(ends[0], pipes[0][1], -1, &wall, &err) < 0);
        close(ends[1]);
        assert_int_equal(bridge_send_go(ends[0], pipes[0][1], pipes[1][1], &wall, &err), -EPIPE);
        close(ends[0]);
        for (size_t j = 0; j < INNER_GO_FDS; j++) {
            close(pipes[j][0]);
            close(pipes[j][1]);
        }
    }
}

static const struct outcome_row {
    const char *name;
    uint32_t version;
    size_t len, nfds;
    int rc;
} outcomes[] = {
    {"it could not be executed", INNER_VERSION, sizeof(struct inner_report), 0, 1},
    {"with descriptors", INNER_VERSION, sizeof(struct inner_report), 2, 1},
    {"another version", INNER_VERSION + 1, sizeof(struct inner_report), 1, 0},
    {"too short", INNER_VERSION, sizeof(struct inner_report) - 1, 0, 0},
    {"too long", INNER_VERSION, sizeof(struct inner_report) + 1, 4, 0},
};

static void test_outcomes(void **state)
{
    struct inner_report got;
    int ends[2];

    (void)state;
    for (const struct outcome_row *row = outcomes; row < outcomes + ARRAY_LEN(outcomes); row++) {
        struct inner_report sent = {row->version, INNER_EXECUTE, ENOENT, 0};
        size_t before = descriptors_open();
        char bytes[64] = {0};
        int rc;

        memcpy(bytes, &sent, sizeof sent);
        open_bridge(ends);
        say(ends[1], bytes, row->len, row->nfds);
        memset(&got, 0, sizeof got);
        rc = bridge_receive_outcome(ends[0], &got);
        if (rc != row->rc || got.error != (rc == 1 ? ENOENT : 0))
            fail_msg("%s: %d, error %d", row->name, rc, got.error);
        close(ends[0]);
        close(ends[1]);
        if (descriptors_open() != before)
            fail_msg("%s: a descriptor is left", row->name);
    }
    open_bridge(ends);
    assert_int_equal(bridge_receive_outcome(ends[0], &got), -EAGAIN);
    close(ends[1]);
    assert_int_equal(bridge_receive_outcome(ends[0], &got), 0);
    close(ends[0]);
}

static void test_outcomes_explained(void **state)
{
    static const struct {
        enum inner_step step;
        int error, status;
        const char *says;
    } rows[] = {
        {INNER_EXECUTE, ENOENT, 127, "'make' was not found"},
        {INNER_EXECUTE, EACCES, 126, "'make' cannot be executed"},
        {INNER_FORK, EAGAIN, 125, "no process can be started in the sandbox: "},
        {INNER_TERMINAL, EPERM, 125, "cannot have a terminal of its own: Operation not"},
        {INNER_ENVIRONMENT, ENOMEM, 125, "the environment cannot be handed to the command: "},
        {INNER_LANDLOCK, E2BIG, 125, "(Landlock) fails: Argument list too long"},
        {INNER_LANDLOCK_OPEN, EPERM, 125, "does not hold (Operation not permitted)"},
        {(enum inner_step)4711, 0, 125, "a step we do not know"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct inner_report failure = {INNER_VERSION, rows[i].step, rows[i].error, 0};
        fence_error err = {0};
        int status = bridge_explain_outcome(&failure, "make", &err);

        if (status != rows[i].status || !strstr(err.message, rows[i].says))
            fail_msg("step %d: %d, '%s'", (int)rows[i].step, status, err.message);
    }
}

static void test_explanations(void **state)
{
    static const struct {
        enum inner_step step;
        const char *says;
    } rows[] = {
        {INNER_SOCKET, "cannot be made inside the sandbox: Address already in use"},
        {INNER_BIND, "cannot be made inside the sandbox: Address already in use"},
        {INNER_LISTEN, "cannot be made inside the sandbox: Address already in use"},
        {INNER_NETWORK_IPV4, "route to the outside (IPv4)"},
        {INNER_NETWORK_IPV6, "route to the outside (IPv6)"},
        {INNER_ROOT_WRITABLE, "/ can be written to (Address already in use)"},
        {INNER_LANDLOCK, "(Landlock) fails: Address already in use"},
        {INNER_LANDLOCK_OPEN, "(Landlock) does not hold (Address already in use)"},
        {INNER_EXECUTE, "a step we do not know"},
        {INNER_STOPPED, "a step we do not know"},
        {INNER_READY, "a step we do not know"},
        {INNER_HERE, "a step we do not know"},
        {(enum inner_step)4711, "a step we do not know"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct inner_report report = {INNER_VERSION, rows[i].step, EADDRINUSE, 0};
        fence_error err = {0};

        if (bridge_explain(&report, &err) != FENCE_ESANDBOX || !strstr(err.message, rows[i].says))
            fail_msg("step %d: '%s', not '%s'", (int)rows[i].step, err.message, rows[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_listener),
        cmocka_unit_test(test_report_not_yet_and_never),
        cmocka_unit_test(test_reset_is_an_end),
        cmocka_unit_test(test_go),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_outcomes_explained),
        cmocka_unit_test(test_explanations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
