/* SPDX-License-Identifier: Apache-2.0
 * test_fds_send.c - pipes go through a socket pair, and speak on the other side. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/fds_send.h"

static const struct {
    const char *name;
    size_t len, nfds;
    int rc;
} rows[] = {
    {"one", 1, 1, 0},
    {"two, with a message", 12, 2, 0},
    {"the most", 1, FDS_SEND_MOST, 0},
    {"none", 1, 0, -EINVAL},
    {"too many", 1, FDS_SEND_MOST + 1, -EINVAL},
    {"no byte", 0, 1, -EINVAL},
};

static size_t receive(int from, size_t len, int *fds)
{
    char bytes[16], room[CMSG_SPACE(FDS_SEND_MOST * sizeof(int))] = {0};
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header;

    assert_int_equal(recvmsg(from, &message, 0), len);
    assert_int_equal(memcmp(bytes, "message, one", len), 0);
    header = CMSG_FIRSTHDR(&message);
    assert_non_null(header);
    assert_int_equal(header->cmsg_type, SCM_RIGHTS);
    memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    return (header->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
}

/* They all write into one pipe. */
static void test_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int pair[2], ends[2], fds[FDS_SEND_MOST], sent[FDS_SEND_MOST + 1];
        char heard;

        print_message("%s\n", rows[i].name);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
        assert_int_equal(pipe(ends), 0);
        for (size_t n = 0; n < sizeof sent / sizeof sent[0]; n++)
            sent[n] = ends[1];
        assert_int_equal(fds_send(pair[0], "message, one", rows[i].len, sent, rows[i].nfds),
                         rows[i].rc);
        for (size_t n = rows[i].rc == 0 ? receive(pair[1], rows[i].len, fds) : 0; n > 0; n--) {
            assert_int_equal(write(fds[n - 1], "x", 1), 1);
            assert_int_equal(read(ends[0], &heard, 1), 1);
            close(fds[n - 1]);
        }
        close(ends[0]);
        close(ends[1]);
        close(pair[0]);
        close(pair[1]);
    }
}

static void test_nobody_there(void **state)
{
    int pair[2], fd = STDERR_FILENO;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    close(pair[1]);
    assert_int_equal(fds_send(pair[0], "x", 1, &fd, 1), -EPIPE); /* and no SIGPIPE */
    close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sent),
        cmocka_unit_test(test_nobody_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
