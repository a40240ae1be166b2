/* SPDX-License-Identifier: Apache-2.0
 * test_dns_clients.c - questions by TCP: in any parts, by too many, by those who do not read, and
 * by those who ask nothing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/dns_tcp.h"

#define QUESTIONS 1000
#define MOST      (64 * 1024)
#define ENDLESS   ((size_t)64 << 20) /* bytes, which no buffer holds */

/* ---- questions ---- */

#define ANSWER (2 + 27 + 16) /* to a question for good.test */

static void test_pipelined(void **state)
{
    static const size_t parts[] = {1, 2, 3, 7, 29, 30, 61, 1021, 4099};
    static char questions[MOST], answers[MOST];
    size_t len = 0;

    (void)state;
    for (unsigned i = 0; i < QUESTIONS; i++)
        len += put_question(questions + len, i, "good.test", DNS_WIRE_A);
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        size_t got = 0;
        struct bench b;
        int fd;

        bench_open(&b, "");
        fd = connect_to(&b.tcp[p % 2]);
        for (size_t at = 0; at < len; at += parts[p]) {
            say(fd, questions + at, len - at < parts[p] ? len - at : parts[p]);
            if (at / parts[p] % 8 == 0)
                got += hear(&b, fd, answers + got, 0);
            uv_run(&b.loop, UV_RUN_NOWAIT);
        }
        got += hear(&b, fd, answers + got, (size_t)QUESTIONS * ANSWER - got);
        assert_int_equal(got, QUESTIONS * ANSWER);
        for (unsigned i = 0; i < QUESTIONS; i++) {
            const char *answer = answers + (size_t)i * ANSWER;

            if (answer[1] != ANSWER - 2 || dns_wire_id(answer + 2) != i || answer[2 + 7] != 1)
                fail_msg("parts of %zu: answer %u is another one", parts[p], i);
        }
        close(fd);
        bench_close(&b);
    }
}

/* All that was asked before the end is answered, and then it ends. */
static void test_half_closed(void **state)
{
    static char bytes[MOST];
    struct bench b;
    size_t len = 0;
    int fd;

    (void)state;
    bench_open(&b, "");
    fd = connect_to(&b.tcp[0]);
    for (unsigned i = 0; i < QUESTIONS; i++)
        len += put_question(bytes + len, i, "good.test", DNS_WIRE_A);
    say(fd, bytes, len);
    shutdown(fd, SHUT_WR);
    assert_int_equal(hear(&b, fd, bytes, sizeof bytes), QUESTIONS * ANSWER);
    assert_true(will_end(&b, fd));
    close(fd);
    bench_close(&b);
}

static void test_what_is_no_question(void **state)
{
#define B(s) s, sizeof(s) - 1
    static const struct {
        const char *name, *bytes;
        size_t len;
        bool answered; /* or closed */
    } rows[] = {
        {"a length of nothing", B("\0\0"), false},
        {"a length of less than a header", B("\0\3abc"), false},
        {"a length of more than is taken", B("\x10\1"), false},
        {"the longest length", B("\xff\xff"), false},
        {"an answer", B("\0\x13\1\2\x81\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), false},
        {"HTTP", B("GET / HTTP/1.1\r\n\r\n"), false},
        {"two questions in one", B("\0\14\1\2\1\0\0\2\0\0\0\0\0\0"), true}, /* FORMERR */
    };
    struct bench b;

    (void)state;
    bench_open(&b, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int fd = connect_to(&b.tcp[0]);
        char shown[DNS_WIRE_SHOWN], bytes[64];

        say(fd, rows[i].bytes, rows[i].len);
        if (rows[i].answered && hear(&b, fd, bytes, 14) != 14)
            fail_msg("%s: no answer", rows[i].name);
        if (!rows[i].answered && !will_end(&b, fd))
            fail_msg("%s: is not closed", rows[i].name);
        close(fd);
        fd = connect_to(&b.tcp[0]);
        ask(&b, shown, fd, "good.test");
        assert_string_equal(shown, "30 198.18.0.1");
        close(fd);
    }
    bench_close(&b);
}

/* A message of the greatest length, with nothing of meaning behind its question. */
static void test_longest(void **state)
{
    static char bytes[2 + LIMIT_DNS_MESSAGE];
    struct bench b;
    int fd;

    (void)state;
    bench_open(&b, "");
    fd = connect_to(&b.tcp[0]);
    put_question(bytes, 1, "good.test", DNS_WIRE_A);
    bytes[0] = (char)(LIMIT_DNS_MESSAGE >> 8);
    bytes[1] = (char)LIMIT_DNS_MESSAGE;
    for (int i = 0; i < 3; i++) {
        say(fd, bytes, sizeof bytes);
        assert_int_equal(hear(&b, fd, bytes + 200, ANSWER), ANSWER);
    }
    close(fd);
    bench_close(&b);
}

/* ---- too much ---- */

/* All ask until nothing goes any more, and read nothing. `sent`: bytes of each. */
static void fill(struct bench *b, const int *fds, size_t *sent, size_t count)
{
    char bytes[DNS_WIRE_QUESTION];
    size_t len = put_question(bytes, 1, "good.test", DNS_WIRE_A);

    for (int stuck = 0; stuck < 100; stuck++) {
        for (size_t i = 0; i < count && sent[i] < ENDLESS; i++) {
            size_t at = sent[i] % len;
            ssize_t n = send(fds[i], bytes + at, len - at, MSG_DONTWAIT | MSG_NOSIGNAL);

            for (; n > 0; n = send(fds[i], bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)) {
                sent[i] += (size_t)n;
                stuck = 0;
                if (sent[i] % len > 0)
                    break;
            }
        }
        bench_turn(b);
    }
}

/* With buffers of its own of about so much, so that they are soon full. */
static int connect_narrow(const struct sockaddr_in *at, int small)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    return fd;
}

static bool hung_up(int fd)
{
    struct pollfd it = {fd, POLLRDHUP, 0};

    return poll(&it, 1, 0) == 1;
}

/* The kernel may still move bytes after it seemed full, by which the client lives on. */
static void test_never_reads(void **state)
{
    char shown[DNS_WIRE_SHOWN];
    size_t sent = 0;
    int silent, other;
    struct bench b;

    (void)state;
    bench_open(&b, "");
    silent = connect_narrow(&b.tcp[0], 32768);
    fill(&b, &silent, &sent, 1);
    assert_true(sent < ENDLESS); /* it is not read without end */
    assert_false(hung_up(silent));
    for (int i = 0; i < 100 && !hung_up(silent); i++) {
        other = connect_to(&b.tcp[0]);
        ask(&b, shown, other, "good.test");
        assert_string_equal(shown, "30 198.18.0.1");
        close(other);
        now_ms += LIMIT_DNS_IDLE_MS;
        settle(&b);
    }
    assert_true(hung_up(silent));
    close(silent);
    bench_close(&b);
}

/* They read late, but they do: everything is answered. */
static void test_reads_late(void **state)
{
    enum { LATE = 8 };
    static char answers[MOST];
    char bytes[DNS_WIRE_QUESTION];
    size_t len = put_question(bytes, 1, "good.test", DNS_WIRE_A), sent[LATE] = {0};
    struct bench b;
    int fds[LATE];

    (void)state;
    bench_open(&b, "");
    for (int i = 0; i < LATE; i++)
        fds[i] = connect_narrow(&b.tcp[i % 2], 20000 + 1000 * i);
    fill(&b, fds, sent, LATE);
    for (int i = 0; i < LATE; i++) {
        size_t got = 0, n;

        while (sent[i] % len > 0) { /* the rest of the last one */
            size_t at = sent[i] % len;
            ssize_t more = send(fds[i], bytes + at, len - at, MSG_DONTWAIT | MSG_NOSIGNAL);

            sent[i] += more > 0 ? (size_t)more : 0;
            got += hear(&b, fds[i], answers, ANSWER);
        }
        shutdown(fds[i], SHUT_WR);
        while ((n = hear(&b, fds[i], answers, sizeof answers)) > 0)
            got += n;
        assert_int_equal(got, sent[i] / len * ANSWER);
        close(fds[i]);
    }
    bench_close(&b);
}

static void test_idle(void **state)
{
    char bytes[DNS_WIRE_QUESTION], shown[DNS_WIRE_SHOWN];
    size_t len = put_question(bytes, 1, "good.test", DNS_WIRE_A);
    int silent, slow, busy;
    struct bench b;

    (void)state;
    bench_open(&b, "");
    silent = connect_to(&b.tcp[0]);
    slow = connect_to(&b.tcp[0]); /* a byte now and then is no question */
    busy = connect_to(&b.tcp[1]);
    settle(&b);
    for (int i = 0; i < 9; i++) {
        assert_true((size_t)i < len);
        say(slow, bytes + i, 1);
        now_ms += LIMIT_DNS_IDLE_MS / 10;
        ask(&b, shown, busy, "good.test");
        assert_string_equal(shown, "30 198.18.0.1");
    }
    assert_false(ended(silent) || ended(slow));
    now_ms += LIMIT_DNS_IDLE_MS / 10;
    assert_true(will_end(&b, silent));
    assert_true(will_end(&b, slow));
    ask(&b, shown, busy, "good.test");
    assert_string_equal(shown, "30 198.18.0.1");
    now_ms += LIMIT_DNS_IDLE_MS;
    assert_true(will_end(&b, busy));
    close(silent);
    close(slow);
    close(busy);
    bench_close(&b);
}

/* One too many closes whoever was silent for longest: nobody is locked out by those who hold on. */
static void test_too_many(void **state)
{
    enum { MORE = 40 };
    char shown[DNS_WIRE_SHOWN];
    int fds[LIMIT_DNS_CLIENTS + MORE];
    size_t before;
    struct bench b;

    (void)state;
    bench_open(&b, "");
    before = descriptors_open();
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = connect_to(&b.tcp[i % 2]);
        if (i == LIMIT_DNS_CLIENTS - 1) {
            ask(&b, shown, fds[0], "good.test"); /* now the latest of all */
            assert_string_equal(shown, "30 198.18.0.1");
        }
        for (int turn = 0; turn < 3; turn++) /* comes, another is closed, takes its place */
            bench_turn(&b);
        assert_true(descriptors_open() - before <= i + 1 + LIMIT_DNS_CLIENTS);
    }
    for (size_t i = 1; i <= MORE; i++) {
        if (!ended(fds[i]))
            fail_msg("client %zu has not been closed", i);
    }
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (i == 0 || i > MORE) {
            ask(&b, shown, fds[i], "good.test");
            if (strcmp(shown, "30 198.18.0.1") != 0)
                fail_msg("client %zu: %s", i, shown);
        }
        close(fds[i]);
    }
    bench_close(&b);
}

/* At once, more than there are: never more descriptors than that. */
static void test_crowd(void **state)
{
    enum { CROWD = 400 };
    int fds[CROWD];
    size_t before;
    struct bench b;
    char shown[DNS_WIRE_SHOWN];

    (void)state;
    bench_open(&b, "");
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = connect_to(&b.tcp[0]);
    before = descriptors_open();
    for (size_t i = 0; i < CROWD; i++) {
        bench_turn(&b);
        assert_true(descriptors_open() <= before + LIMIT_DNS_CLIENTS + 2); /* two wait with libuv */
    }
    ask(&b, shown, fds[CROWD - 1], "good.test");
    assert_string_equal(shown, "30 198.18.0.1");
    for (size_t i = 0; i < CROWD; i++)
        close(fds[i]);
    bench_close(&b);
}

/* Many ask much: a turn of the loop answers its part, and all are served in the end. */
static void test_turns(void **state)
{
    enum { ASKING = 20, EACH = 100 };
    static char bytes[MOST];
    int fds[ASKING];
    size_t len = 0, got[ASKING] = {0}, all = 0, turns = 0;
    struct bench b;

    (void)state;
    bench_open(&b, "");
    for (size_t i = 0; i < ASKING; i++)
        fds[i] = connect_to(&b.tcp[0]);
    settle(&b);
    for (unsigned i = 0; i < EACH; i++)
        len += put_question(bytes + len, i, "good.test", DNS_WIRE_A);
    for (size_t i = 0; i < ASKING; i++)
        say(fds[i], bytes, len);
    for (; turns < TRIES && all < (size_t)ASKING * EACH * ANSWER; turns++) {
        size_t old = all;

        bench_turn(&b);
        for (size_t i = 0; i < ASKING; i++) {
            ssize_t n = recv(fds[i], bytes, sizeof bytes, MSG_DONTWAIT);

            got[i] += n > 0 ? (size_t)n : 0;
            all += n > 0 ? (size_t)n : 0;
        }
        assert_true(all - old <= (size_t)LIMIT_DNS_TURN * ANSWER);
    }
    assert_true(turns >= (size_t)ASKING * EACH / LIMIT_DNS_TURN);
    for (size_t i = 0; i < ASKING; i++) {
        assert_int_equal(got[i], EACH * ANSWER);
        close(fds[i]);
    }
    bench_close(&b);
}

/* ---- the end ---- */

/* Of a service whose clients are idle, in the middle of a question, stuck, or have more to be
 * answered. */
static void test_closed(void **state)
{
    static char bytes[MOST];
    size_t before, len = 0, sent = 0;
    struct bench b;
    int fds[4];

    (void)state;
    bench_open(&b, "");
    bench_close(&b); /* libuv keeps descriptors for good */
    before = descriptors_open();
    bench_open(&b, "");
    for (size_t i = 0; i < 4; i++)
        fds[i] = i == 2 ? connect_narrow(&b.tcp[0], 32768) : connect_to(&b.tcp[i % 2]);
    settle(&b);
    say(fds[1], "\0", 1);
    fill(&b, &fds[2], &sent, 1);
    for (unsigned i = 0; i < QUESTIONS; i++)
        len += put_question(bytes + len, i, "good.test", DNS_WIRE_A);
    say(fds[3], bytes, len);
    bench_turn(&b);
    bench_close(&b);
    for (size_t i = 0; i < 4; i++) {
        assert_true(ended(fds[i]));
        close(fds[i]);
    }
    assert_int_equal(descriptors_open(), before);
    dns_service_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_half_closed),
        cmocka_unit_test(test_what_is_no_question),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_never_reads),
        cmocka_unit_test(test_reads_late),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_closed),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
