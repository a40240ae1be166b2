/* SPDX-License-Identifier: Apache-2.0
 * test_dns_service.c - questions by UDP to a service that stands on a loop, and its two ends. By
 * TCP: test_dns_clients.c. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/dns_bench.h"

#define GARBAGE 5000
#define AT_ONCE 150 /* datagrams, for which a socket has room */

/* A socket of a client's, connected: it hears of nobody but whom it has asked. */
static int client_of(const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    return fd;
}

static size_t send_question(int fd, unsigned id, const char *name, unsigned type)
{
    char question[DNS_WIRE_QUESTION];
    size_t asked = dns_wire_ask(question, id, name, type);

    assert_int_equal(send(fd, question, asked, 0), asked);
    return asked;
}

/* What is said to a question, or "silence". */
static void ask(struct bench *b, char shown[DNS_WIRE_SHOWN], int fd, const char *name,
                unsigned type)
{
    size_t asked = send_question(fd, 7, name, type);
    char answer[1024];
    ssize_t len = -1;

    for (int i = 0; i < TRIES && len < 0; i++) {
        bench_turn(b);
        len = recv(fd, answer, sizeof answer, 0);
    }
    strcpy(shown, "silence");
    if (len >= 0)
        dns_wire_show(shown, answer, (size_t)len, asked);
}

/* Each socket answers from its own address, to programs that look where an answer is from. */
static void test_answers(void **state)
{
    char shown[DNS_WIRE_SHOWN];
    struct bench b;

    (void)state;
    bench_open(&b, "\"deniedDns\": \"nxdomain\", \"allowedDomains\": [\"good.test\"]");
    for (unsigned i = 0; i < 2; i++) {
        int fd = client_of(&b.udp[i]);

        ask(&b, shown, fd, "good.test", DNS_WIRE_A);
        assert_string_equal(shown, "30 198.18.0.1");
        ask(&b, shown, fd, "good.test", DNS_WIRE_AAAA);
        assert_string_equal(shown, "30 fdfe:ce0::1");
        ask(&b, shown, fd, "1.0.18.198.in-addr.arpa", DNS_WIRE_PTR);
        assert_string_equal(shown, "30 good.test");
        ask(&b, shown, fd, "evil.test", DNS_WIRE_A);
        assert_string_equal(shown, "NXDOMAIN");
        ask(&b, shown, fd, "localhost", DNS_WIRE_A);
        assert_string_equal(shown, "30 127.0.0.1");
        close(fd);
    }
    bench_close(&b);
}

static void test_other_rules(void **state)
{
    char shown[DNS_WIRE_SHOWN];
    struct bench b;
    int fd;

    (void)state;
    bench_open(&b, "\"deniedDns\": \"nxdomain\"");
    fd = client_of(&b.udp[0]);
    ask(&b, shown, fd, "good.test", DNS_WIRE_A);
    assert_string_equal(shown, "NXDOMAIN");
    fence_config_unref(b.proxy.config);
    b.proxy.config = rules_of("\"deniedDns\": \"nxdomain\", \"allowedDomains\": [\"good.test\"]");
    ask(&b, shown, fd, "good.test", DNS_WIRE_A);
    assert_string_equal(shown, "30 198.18.0.1");
    close(fd);
    bench_close(&b);
}

static void note(const fence_event *event, void *payload)
{
    char *seen = payload, *end = seen + strlen(seen);

    if (event->kind == FENCE_EVENT_ALERT)
        strcat(seen, "alert ");
    else
        snprintf(end, 512 - (size_t)(end - seen), "%d:%s %s:%u:%d ", (int)event->kind,
                 event->request->method, event->request->host, event->request->port,
                 (int)event->decision->verdict);
}

/* Each name once in a row, and the first one of all as an alert. */
static void test_reports(void **state)
{
    static const char *const names[] = {"intranet", "evil.test", "evil.test", "good.test",
                                        "worse.test"};
    char shown[DNS_WIRE_SHOWN], seen[512] = "", expected[512];
    struct bench b;
    int fd;

    (void)state;
    bench_open(&b, "\"deniedDns\": \"nxdomain\", \"allowedDomains\": [\"good.test\"]");
    b.proxy.events.observer = (fence_observer){.on_event = note, .payload = seen};
    fd = client_of(&b.udp[0]);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ask(&b, shown, fd, names[i], DNS_WIRE_A);
    snprintf(expected, sizeof expected,
             "%d:RESOLVE intranet:0:%d %d:RESOLVE intranet:0:%d "
             "%d:RESOLVE evil.test:0:%d %d:RESOLVE evil.test:0:%d alert "
             "%d:RESOLVE worse.test:0:%d %d:RESOLVE worse.test:0:%d ",
             FENCE_EVENT_DECISION, FENCE_DENY, FENCE_EVENT_RESPONSE, FENCE_DENY,
             FENCE_EVENT_DECISION, FENCE_DENY, FENCE_EVENT_RESPONSE, FENCE_DENY,
             FENCE_EVENT_DECISION, FENCE_DENY, FENCE_EVENT_RESPONSE, FENCE_DENY);
    assert_string_equal(seen, expected);
    assert_int_equal(b.proxy.denied, 3);
    assert_true(b.capture.told);
    close(fd);
    bench_close(&b);
}

static void test_garbage(void **state)
{
    static char longest[60000];
    char bytes[64], shown[DNS_WIRE_SHOWN];
    uint32_t random = 1;
    struct bench b;
    int fd, other;

    (void)state;
    bench_open(&b, "");
    fd = client_of(&b.udp[0]);
    other = client_of(&b.udp[0]);
    for (unsigned i = 0; i < GARBAGE; i++) {
        size_t len = i % sizeof bytes;

        for (size_t n = 0; n < len; n++)
            bytes[n] = (char)((random = random * 1664525 + 1013904223) >> 24);
        send(fd, bytes, len, 0);
        if (i % 20 ==
            0) { /* no more than a turn takes: else the queue is full, and the rest lost */
            uv_run(&b.loop, UV_RUN_NOWAIT);
            while (recv(fd, bytes, sizeof bytes, 0) >= 0)
                ;
        }
    }
    send(fd, longest, sizeof longest, 0);
    ask(&b, shown, other, "good.test", DNS_WIRE_A);
    assert_string_equal(shown, "30 198.18.0.1");
    close(fd);
    close(other);
    bench_close(&b);
}

/* A question with more behind it than is read. */
static void test_long_question(void **state)
{
    static char bytes[LIMIT_DNS_MESSAGE * 2];
    size_t asked = dns_wire_ask(bytes, 1, "good.test", DNS_WIRE_A);
    char answer[1024], shown[DNS_WIRE_SHOWN];
    ssize_t len = -1;
    struct bench b;
    int fd;

    (void)state;
    bench_open(&b, "");
    fd = client_of(&b.udp[0]);
    assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    for (int i = 0; i < TRIES && len < 0; i++) {
        bench_turn(&b);
        len = recv(fd, answer, sizeof answer, 0);
    }
    dns_wire_show(shown, answer, len < 0 ? 0 : (size_t)len, asked);
    assert_string_equal(shown, "30 198.18.0.1");
    close(fd);
    bench_close(&b);
}

/* One turn of the loop takes some of many, so that others have theirs. */
static void test_turns(void **state)
{
    char answer[1024];
    unsigned answered = 0, first;
    struct bench b;
    int fd;

    (void)state;
    bench_open(&b, "");
    fd = client_of(&b.udp[0]);
    for (unsigned i = 0; i < AT_ONCE; i++)
        send_question(fd, i, "good.test", DNS_WIRE_A);
    bench_turn(&b);
    while (recv(fd, answer, sizeof answer, 0) > 0)
        answered++;
    first = answered;
    assert_in_range(first, 1, 64);
    for (int i = 0; i < TRIES && answered < AT_ONCE; i++) {
        bench_turn(&b);
        while (recv(fd, answer, sizeof answer, 0) > 0)
            assert_int_equal(dns_wire_id(answer), answered++);
    }
    assert_int_equal(answered, AT_ONCE);
    close(fd);
    bench_close(&b);
}

/* There is nothing to ask others with: no descriptor but those that it was given. */
static void test_no_other_socket(void **state)
{
    char name[32], shown[DNS_WIRE_SHOWN];
    struct bench b;
    size_t before;
    int fd;

    (void)state;
    bench_open(&b, "\"allowedDomains\": [\"*\"]");
    fd = client_of(&b.udp[0]);
    ask(&b, shown, fd, "a.test", DNS_WIRE_A);
    before = descriptors_open();
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "secret-%u.good.test", i);
        ask(&b, shown, fd, name, i % 2 ? DNS_WIRE_A : DNS_WIRE_AAAA);
        assert_memory_equal(shown, i % 2 ? "30 198.18." : "30 fdfe:ce", 10);
        assert_int_equal(descriptors_open(), before);
    }
    close(fd);
    bench_close(&b);
}

/* Nobody else inside can take the questions of its port. */
static void test_own_port(void **state)
{
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct bench b;

    (void)state;
    bench_open(&b, "");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)&b.udp[0], sizeof b.udp[0]), -1);
    assert_int_equal(errno, EADDRINUSE);
    close(fd);
    bench_close(&b);
}

/* ---- beginning and end ---- */

static int some_file(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void test_open(void **state)
{
    enum { NO_FD, FILE_FD, UDP_FD, TCP_FD };
    static const struct {
        const char *name;
        int fds[4]; /* two of UDP, two of TCP */
        bool opens;
    } rows[] = {
        {"no socket at all", {NO_FD, NO_FD, NO_FD, NO_FD}, true},
        {"UDP alone", {UDP_FD, NO_FD, NO_FD, NO_FD}, true},
        {"the second of UDP alone", {NO_FD, UDP_FD, NO_FD, NO_FD}, true},
        {"TCP alone", {NO_FD, NO_FD, NO_FD, TCP_FD}, true},
        {"all", {UDP_FD, UDP_FD, TCP_FD, TCP_FD}, true},
        {"a file for the first", {FILE_FD, UDP_FD, TCP_FD, TCP_FD}, false},
        {"a file for the second", {UDP_FD, FILE_FD, TCP_FD, TCP_FD}, false},
        {"a file for the first of TCP", {UDP_FD, UDP_FD, FILE_FD, TCP_FD}, false},
        {"a file for the second of TCP", {UDP_FD, UDP_FD, TCP_FD, FILE_FD}, false},
    };
    struct bench b;
    size_t before;

    (void)state;
    bench_open(&b, "");
    bench_close(&b); /* libuv keeps descriptors for good */
    before = descriptors_open();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_error err = {0};
        int fds[4], rc;

        bench_init(&b, "");
        for (size_t n = 0; n < 4; n++) {
            int kind = rows[i].fds[n];

            fds[n] = kind == NO_FD ? -1
                     : kind == FILE_FD
                         ? some_file()
                         : bound(&b.udp[0], kind == UDP_FD ? SOCK_DGRAM : SOCK_STREAM, 1);
        }
        rc = dns_service_open(&b.service, &b.proxy, &b.capture, fds, &err);
        if (rc == 0) {
            rc = dns_service_listen(b.service, fds + 2, &err);
        } else {
            close(fds[2]);
            close(fds[3]);
        }
        if (rc < 0)
            dns_service_close(take(&b.service));
        if ((rc == 0) != rows[i].opens || (rc < 0) != (b.service == NULL) ||
            (rc < 0) != (strstr(err.message, "cannot answer the sandbox's names") != NULL))
            fail_msg("%s: %d, %s", rows[i].name, rc, err.message);
        bench_close(&b);
        if (descriptors_open() != before)
            fail_msg("%s: a descriptor is left", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_other_rules),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_long_question),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_no_other_socket),
        cmocka_unit_test(test_own_port),
        cmocka_unit_test(test_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
