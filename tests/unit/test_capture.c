/* SPDX-License-Identifier: Apache-2.0
 * test_capture.c - the network of a process that has a namespace of its own, set up from here: what
 * is captured, what stays local, and that nobody in there undoes it. */
#include <netinet/in.h> /* before linux/in.h, which follows it */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "unit/inside.h"

#include "proxy/datagram.h"

#include <cmocka.h>

#include "base/base.h"
#include "proxy/inside_names.h"
#include "support/descriptors.h"
#include "support/namespace.h"

#define PATIENCE 15000 /* milliseconds: more than anything inside waits for */

#define OWN4 "198.19.255.254"
#define OWN6 "fdfe:ce0::ffff:fffe"

struct place {
    pid_t pid;
    int control;
    struct capture capture, spare; /* two sets of sockets */
};

/* ---- the process inside ---- */

static void receive(struct place *place, int control)
{
    char byte, room[CMSG_SPACE(2 * sizeof place->capture.fds)] __attribute__((aligned(8)));
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header;

    if (recvmsg(control, &message, MSG_CMSG_CLOEXEC) != 1)
        return;
    header = CMSG_FIRSTHDR(&message);
    assert_non_null(header);
    assert_int_equal(header->cmsg_len, CMSG_LEN(2 * sizeof place->capture.fds));
    memcpy(place->capture.fds, CMSG_DATA(header), sizeof place->capture.fds);
    memcpy(place->spare.fds, CMSG_DATA(header) + sizeof place->capture.fds,
           sizeof place->spare.fds);
    place->control = control;
}

static void end(struct place *place)
{
    capture_close(&place->capture);
    capture_close(&place->spare);
    close_fd(&place->control);
    kill(place->pid, SIGKILL);
    waitpid(place->pid, NULL, 0);
}

static struct place start(int flags)
{
    struct place place = {.control = -1};
    int ends[2];

    memset(place.capture.fds, -1, sizeof place.capture.fds);
    memset(place.spare.fds, -1, sizeof place.spare.fds);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    place.pid = fork();
    assert_true(place.pid >= 0);
    if (place.pid == 0) {
        close(ends[0]);
        _exit(inside_run(ends[1], flags));
    }
    close(ends[1]);
    receive(&place, ends[0]);
    if (place.control < 0) {
        close(ends[0]);
        end(&place);
        print_message("no user namespaces here\n");
        assert_false(namespace_required());
        skip();
    }
    return place;
}

/* ---- the host, as long as the one inside is busy ---- */

static void serve_tcp(const struct capture *capture, int i)
{
    int fd = accept(capture->fds[i], NULL, NULL);
    char text[ADDR_TEXT], line[128] = "nowhere";
    struct addr to;
    uint16_t port;

    assert_true(fd >= 0);
    if (i == CAPTURE_DNS4 || i == CAPTURE_DNS6) {
        snprintf(line, sizeof line, "dns");
    } else if (capture_destination(&to, &port, fd)) {
        addr_format(text, &to);
        snprintf(line, sizeof line, "to %s %u", text, port);
    }
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    close(fd);
}

static void serve_udp(int fd)
{
    struct datagram_asker asker;
    char bytes[16];

    assert_int_equal(datagram_receive(&asker, fd, bytes, sizeof bytes), 3);
    assert_int_equal(datagram_answer(fd, &asker, bytes, 3), 0);
}

static struct inside_answer tell(struct place *place, const struct inside_order *order)
{
    struct pollfd polls[CAPTURE_SOCKETS + 1];
    struct inside_answer answer;

    assert_int_equal(send(place->control, order, sizeof *order, MSG_NOSIGNAL), sizeof *order);
    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        polls[i] = (struct pollfd){place->capture.fds[i], POLLIN, 0};
    polls[CAPTURE_SOCKETS] = (struct pollfd){place->control, POLLIN, 0};
    for (;;) {
        assert_true(poll(polls, ARRAY_LEN(polls), PATIENCE) > 0);
        if (polls[CAPTURE_SOCKETS].revents)
            break;
        for (int i = 0; i < CAPTURE_SOCKETS; i++) {
            if (polls[i].revents && (i == CAPTURE_UDP4 || i == CAPTURE_UDP6))
                serve_udp(place->capture.fds[i]);
            else if (polls[i].revents)
                serve_tcp(&place->capture, i);
        }
    }
    assert_int_equal(recv(place->control, &answer, sizeof answer, 0), sizeof answer);
    return answer;
}

/* ---- what is captured, and what is not ---- */

struct row {
    const char *name;
    enum inside_what what;
    const char *to;
    uint16_t port;
    int error;
    const char *text;
};

static const struct row rows4[] = {
    {"a name's address", INSIDE_TCP, "198.18.0.1", 443, 0, "to 198.18.0.1 443"},
    {"a literal", INSIDE_TCP, "93.184.216.34", 80, 0, "to 93.184.216.34 80"},
    {"a private one", INSIDE_TCP, "10.0.0.1", 22, 0, "to 10.0.0.1 22"},
    {"link-local", INSIDE_TCP, "169.254.169.254", 80, 0, "to 169.254.169.254 80"},
    {"before 127.0.0.0/8", INSIDE_TCP, "126.255.255.255", 1, 0, "to 126.255.255.255 1"},
    {"behind it", INSIDE_TCP, "128.0.0.0", 65535, 0, "to 128.0.0.0 65535"},
    {"beside our own", INSIDE_TCP, "198.19.255.253", 80, 0, "to 198.19.255.253 80"},
    {"the listener's port", INSIDE_TCP, "1.2.3.4", CAPTURE_PORT, 0, "to 1.2.3.4 3129"},
    {"the listener", INSIDE_TCP, "127.0.0.1", CAPTURE_PORT, 0, "nowhere"},
    {"its port of our own address", INSIDE_TCP, OWN4, CAPTURE_PORT, ECONNREFUSED, ""},
    {"no server here", INSIDE_TCP, "127.0.0.1", 80, ECONNREFUSED, ""},
    {"nor there", INSIDE_TCP, OWN4, 80, ECONNREFUSED, ""},
    {"a server", INSIDE_LOCAL, "127.0.0.1", 0, 0, "local"},
    {"a server of 127.0.0.53", INSIDE_LOCAL, "127.0.0.53", 0, 0, "local"},
    {"a server of our own address", INSIDE_LOCAL, OWN4, 0, 0, "local"},
    {"a server of all addresses", INSIDE_LOCAL, "0.0.0.0", 0, 0, "local"},
    {"beside a server of its port", INSIDE_BESIDE, "9.9.9.9", 8099, 0, "to 9.9.9.9 8099"},
    {"and again", INSIDE_BESIDE, "9.9.9.9", 8099, 0, "to 9.9.9.9 8099"},
    {"DNS", INSIDE_UDP, "8.8.8.8", 53, 0, "8.8.8.8 53"},
    {"DNS of systemd", INSIDE_UDP, "127.0.0.53", 53, 0, "127.0.0.53 53"},
    {"DNS of our own address", INSIDE_UDP, OWN4, 53, 0, OWN4 " 53"},
    {"DNS here", INSIDE_UDP, "127.0.0.1", 53, 0, "127.0.0.1 53"},
    {"DNS over TCP", INSIDE_TCP, "8.8.8.8", 53, 0, "dns"},
    {"DNS over TCP of systemd", INSIDE_TCP, "127.0.0.53", 53, 0, "dns"},
    {"QUIC", INSIDE_UDP, "8.8.8.8", 443, ECONNREFUSED, ""},
    {"a datagram here", INSIDE_UDP, "127.0.0.1", 9, ECONNREFUSED, ""},
    {"our address", INSIDE_SOURCE, "8.8.8.8", 80, 0, OWN4},
    {"our address here", INSIDE_SOURCE, "127.0.0.1", 80, 0, "127.0.0.1"},
    {"an address to resolve for", INSIDE_RESOLVE, "198.18.0.1", 0, 0, ""},
};

static const struct row rows6[] = {
    {"a name's address", INSIDE_TCP, "fdfe:ce0::1", 443, 0, "to fdfe:ce0::1 443"},
    {"a literal", INSIDE_TCP, "2606:2800:220:1::1", 8443, 0, "to 2606:2800:220:1::1 8443"},
    {"IPv4 in it", INSIDE_TCP, "::ffff:93.184.216.34", 80, 0, "to 93.184.216.34 80"},
    {"the listener's port", INSIDE_TCP, "2001:db8::1", CAPTURE_PORT, 0, "to 2001:db8::1 3129"},
    {"the listener", INSIDE_TCP, "::1", CAPTURE_PORT, 0, "nowhere"},
    {"its port of our own address", INSIDE_TCP, OWN6, CAPTURE_PORT, ECONNREFUSED, ""},
    {"no server here", INSIDE_TCP, "::1", 80, ECONNREFUSED, ""},
    {"a server", INSIDE_LOCAL, "::1", 0, 0, "local"},
    {"a server of our own address", INSIDE_LOCAL, OWN6, 0, 0, "local"},
    {"a server of all addresses", INSIDE_LOCAL, "::", 0, 0, "local"},
    {"beside a server of its port", INSIDE_BESIDE, "2620:fe::fe", 8099, 0, "to 2620:fe::fe 8099"},
    {"DNS", INSIDE_UDP, "2001:4860:4860::8888", 53, 0, "2001:4860:4860::8888 53"},
    {"DNS here", INSIDE_UDP, "::1", 53, 0, "::1 53"},
    {"DNS over TCP", INSIDE_TCP, "2001:4860:4860::8888", 53, 0, "dns"},
    {"DNS over TCP here", INSIDE_TCP, "::1", 53, 0, "dns"},
    {"QUIC", INSIDE_UDP, "2001:4860:4860::8888", 443, ECONNREFUSED, ""},
    {"our address", INSIDE_SOURCE, "2001:4860:4860::8888", 80, 0, OWN6},
    {"an address to resolve for", INSIDE_RESOLVE, "fdfe:ce0::1", 0, 0, ""},
};

static void expect(struct place *place, const struct row *row)
{
    struct inside_order order = {row->what, SOCK_STREAM, row->port, ""};
    struct inside_answer answer;

    snprintf(order.to, sizeof order.to, "%s", row->to);
    answer = tell(place, &order);
    if (answer.error != row->error || strcmp(answer.text, row->text) != 0)
        fail_msg("%s (%s): '%s', %s", row->name, row->to, answer.text, strerror(answer.error));
}

/* Both steps. */
static int set_up(struct capture *capture, fence_error *err)
{
    int rc = capture_open(capture, err);

    if (rc == 0)
        rc = capture_serve(capture, err);
    if (rc == 0)
        rc = capture_lead(capture->fds[CAPTURE_NETFILTER], capture->fds[CAPTURE_TCP6] >= 0, err);
    if (rc == 0)
        close_fd(&capture->fds[CAPTURE_NETFILTER]);
    else
        capture_close(capture);
    return rc;
}

static void open_all(struct place *place)
{
    fence_error err = {0};

    if (set_up(&place->capture, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(place->capture.fds[CAPTURE_ROUTE], -1);
    assert_true(place->capture.fds[CAPTURE_TCP4] >= 0);
}

static void test_captured(void **state)
{
    size_t before = descriptors_open();
    struct place place = start(0);

    (void)state;
    open_all(&place);
    for (size_t i = 0; i < ARRAY_LEN(rows4); i++)
        expect(&place, &rows4[i]);
    for (size_t i = 0; i < ARRAY_LEN(rows6); i++)
        expect(&place, &rows6[i]);
    end(&place);
    assert_int_equal(descriptors_open(), before);
}

/* As where the kernel has none, and inner could make no such socket. */
static void test_without_ipv6(void **state)
{
    struct place place = start(0);

    (void)state;
    for (int i = CAPTURE_TCP6; i < CAPTURE_SOCKETS; i++)
        close_fd(&place.capture.fds[i]);
    open_all(&place);
    for (size_t i = 0; i < ARRAY_LEN(rows4); i++)
        expect(&place, &rows4[i]);
    end(&place);
}

static void test_ipv6_switched_off(void **state)
{
    struct place place = start(INSIDE_NO_IPV6);

    (void)state;
    open_all(&place);
    for (int i = CAPTURE_TCP6; i < CAPTURE_SOCKETS; i++)
        assert_int_equal(place.capture.fds[i], -1);
    for (size_t i = 0; i < ARRAY_LEN(rows4); i++)
        expect(&place, &rows4[i]);
    end(&place);
}

/* ---- nobody inside undoes it ---- */

static void test_not_undone(void **state)
{
    static const struct {
        const char *name;
        enum inside_what what;
        int type, error;
        const char *to;
        uint16_t port;
    } rows[] = {
        {"over the listener", INSIDE_BIND, SOCK_STREAM, EADDRINUSE, "127.0.0.1", CAPTURE_PORT},
        {"over all addresses", INSIDE_BIND, SOCK_STREAM, EADDRINUSE, "0.0.0.0", CAPTURE_PORT},
        {"over the listener, IPv6", INSIDE_BIND, SOCK_STREAM, EADDRINUSE, "::1", CAPTURE_PORT},
        {"over all addresses, IPv6", INSIDE_BIND, SOCK_STREAM, EADDRINUSE, "::", CAPTURE_PORT},
        {"over DNS", INSIDE_BIND, SOCK_DGRAM, EACCES, "127.0.0.1", CAPTURE_DNS_PORT},
        {"over DNS of all", INSIDE_BIND, SOCK_DGRAM, EACCES, "::", CAPTURE_DNS_PORT},
        {"over DNS over TCP", INSIDE_BIND, SOCK_STREAM, EACCES, "::", CAPTURE_DNS_PORT},
        {"rules and routes", INSIDE_RULES, 0, EPERM, "127.0.0.1", 0},
        {"in a namespace further in", INSIDE_NESTED, 0, EPERM, "127.0.0.1", 0},
    };
    struct place place = start(0);

    (void)state;
    open_all(&place);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct inside_order order = {rows[i].what, rows[i].type, rows[i].port, ""};
        struct inside_answer answer;

        snprintf(order.to, sizeof order.to, "%s", rows[i].to);
        answer = tell(&place, &order);
        if (answer.error != rows[i].error)
            fail_msg("%s: %s", rows[i].name, strerror(answer.error));
    }
    expect(&place, &rows4[0]);
    expect(&place, &rows6[0]);
    end(&place);
}

/* ---- what is refused ---- */

/* `from` of the spare sockets stands in the place of `at`; -1: none does. */
static void test_wrong_sockets(void **state)
{
    static const struct {
        const char *name;
        int at, from;
        const char *message;
    } rows[] = {
        {"a stream for rtnetlink", CAPTURE_ROUTE, CAPTURE_TCP4, "netlink: "},
        {"nfnetlink for rtnetlink", CAPTURE_ROUTE, CAPTURE_NETFILTER, "IPv4 address: "},
        {"a datagram for nfnetlink", CAPTURE_NETFILTER, CAPTURE_UDP4, "netlink: "},
        {"rtnetlink for nfnetlink", CAPTURE_NETFILTER, CAPTURE_ROUTE, ": "},
        {"no nfnetlink", CAPTURE_NETFILTER, -1, "there is no nfnetlink (use a kernel "},
        {"no rtnetlink", CAPTURE_ROUTE, -1, "its rtnetlink socket is missing"},
        {"a datagram for a stream", CAPTURE_TCP4, CAPTURE_UDP4, "its IPv4 socket: "},
        {"a stream for a datagram", CAPTURE_UDP4, CAPTURE_TCP4, "not for datagrams"},
        {"IPv4 for IPv6", CAPTURE_TCP6, CAPTURE_TCP4, "port 3129 of its IPv6 socket: "},
        {"netlink for IPv6", CAPTURE_DNS6, CAPTURE_ROUTE, "its DNS over TCP and IPv6 socket: "},
        {"half of IPv6", CAPTURE_UDP6, -1, "its DNS over UDP and IPv6 socket is missing"},
        {"the other half", CAPTURE_TCP6, -1, "its DNS over UDP and IPv6 socket is missing"},
    };
    size_t before = descriptors_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct place place = start(0);
        bool missing = rows[i].from < 0 && rows[i].at != CAPTURE_NETFILTER;
        fence_error err = {0};

        close_fd(&place.capture.fds[rows[i].at]);
        if (rows[i].from >= 0)
            place.capture.fds[rows[i].at] = take_fd(&place.spare.fds[rows[i].from]);
        if (set_up(&place.capture, &err) != (missing ? -EPERM : FENCE_ESANDBOX) ||
            !strstr(err.message, rows[i].message) || strchr(err.message, '\n'))
            fail_msg("%s: %s", rows[i].name, err.message);
        for (int k = 0; k < CAPTURE_SOCKETS; k++)
            assert_int_equal(place.capture.fds[k], -1);
        end(&place);
    }
    assert_int_equal(descriptors_open(), before);
}

static void test_twice(void **state)
{
    struct place place = start(0);
    fence_error err = {0};

    (void)state;
    open_all(&place);
    assert_int_equal(capture_open(&place.spare, &err), FENCE_ESANDBOX);
    assert_non_null(strstr(err.message, "Address already in use"));
    expect(&place, &rows4[0]);
    end(&place);
}

static void test_loopback_down(void **state)
{
    struct place place = start(INSIDE_LO_DOWN);
    fence_error err = {0};

    (void)state;
    assert_int_equal(capture_open(&place.capture, &err), FENCE_ESANDBOX);
    assert_non_null(strstr(err.message, "(its loopback interface is not up)"));
    end(&place);
}

/* Whoever may do so must not: tried where it is no loss. */
static void test_own_network(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        struct capture capture = {.bound = false};
        fence_error err = {0};

        if (!inside_enter(0))
            _exit(2);
        inside_sockets(capture.fds);
        _exit(capture_open(&capture, &err) == FENCE_ESANDBOX &&
                      strstr(err.message, "its network is the one that fence runs in")
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 2) {
        assert_false(namespace_required());
        skip();
    }
    assert_int_equal(status, 0);
}

static void test_nothing_there(void **state)
{
    struct datagram_asker asker;
    struct addr to;
    uint16_t port;
    char byte;
    auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto_fd int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_false(capture_destination(&to, &port, fd));
    assert_false(capture_destination(&to, &port, -1));
    assert_int_equal(datagram_receive(&asker, udp, &byte, 1), -EAGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured),          cmocka_unit_test(test_without_ipv6),
        cmocka_unit_test(test_ipv6_switched_off), cmocka_unit_test(test_not_undone),
        cmocka_unit_test(test_wrong_sockets),     cmocka_unit_test(test_twice),
        cmocka_unit_test(test_loopback_down),     cmocka_unit_test(test_own_network),
        cmocka_unit_test(test_nothing_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
