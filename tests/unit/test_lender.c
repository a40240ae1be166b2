/* SPDX-License-Identifier: Apache-2.0
 * test_lender.c - sockets that are used again and again: what the one before left must not reach
 * the next, and what it has written must not be lost. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "proxy/lender.h"
#include "support/descriptors.h"

#define PATIENCE 5000 /* milliseconds */
#define REUSED   1000

struct bench {
    uv_loop_t loop;
    struct lender *lender;
    int server;
    struct sockaddr_in at;
};

static void open_bench(struct bench *b, size_t count)
{
    socklen_t len = sizeof b->at;
    int fds[4];

    memset(b, 0, sizeof *b);
    b->at.sin_family = AF_INET;
    b->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    b->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(b->server, (struct sockaddr *)&b->at, len), 0);
    assert_int_equal(listen(b->server, 16), 0);
    assert_int_equal(getsockname(b->server, (struct sockaddr *)&b->at, &len), 0);
    assert_int_equal(uv_loop_init(&b->loop), 0);
    assert_int_equal(lender_new(&b->lender, &b->loop), 0);
    assert_true(count <= 4);
    for (size_t i = 0; i < count; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(lender_fill(b->lender, 4, fds, count), 0);
    assert_int_equal(lender_fill(b->lender, 6, NULL, 0), 0);
}

static void close_bench(struct bench *b)
{
    lender_close(b->lender);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    close(b->server);
}

/* Connects a copy of the pair's socket; gives the server's end as well. */
static int connect_loan(struct bench *b, struct loan *loan, int *served)
{
    struct timeval patience = {PATIENCE / 1000, 0};
    int fd = loan_open(loan, 4);

    assert_true(fd > STDERR_FILENO);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(connect(fd, (struct sockaddr *)&b->at, sizeof b->at), 0);
    *served = accept4(b->server, NULL, NULL, SOCK_CLOEXEC);
    assert_true(*served >= 0);
    setsockopt(*served, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

struct waiter {
    struct lender_wait wait;
    unsigned turns;
    unsigned *clock, turned_at;
};

static void on_turn(struct lender_wait *wait)
{
    struct waiter *w = CONTAINER_OF(wait, struct waiter, wait);

    w->turns++;
    w->turned_at = ++*w->clock;
}

static struct waiter waiter_of(unsigned *clock)
{
    return (struct waiter){.wait.on_turn = on_turn, .clock = clock};
}

static void give_back(struct loan *loan, int fd)
{
    close(fd);
    loan_return(loan); /* of loan_open() */
    loan_return(loan); /* of lender_take() */
}

static void test_used_again(void **state)
{
    struct waiter waiter = waiter_of(NULL);
    struct bench b;

    (void)state;
    list_init(&waiter.wait.link);
    open_bench(&b, 2);
    lender_open(b.lender);
    for (int i = 0; i < REUSED; i++) {
        char text[2] = {0};
        struct loan *loan;
        int served, fd;

        assert_true(lender_ready(b.lender, &waiter.wait));
        loan = lender_take(b.lender);
        assert_int_equal(loan_open(loan, 6), -EAFNOSUPPORT);
        fd = connect_loan(&b, loan, &served);
        assert_int_equal(send(served, "x", 1, MSG_NOSIGNAL), 1);
        if (i % 3 > 0) /* else the byte is left in the socket */
            assert_int_equal(recv(fd, text, 1, 0), 1);
        if (i % 3 == 1) {
            struct linger reset = {1, 0};

            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        give_back(loan, fd);
        assert_int_equal(recv(served, text, 1, 0), -1);
        assert_int_equal(errno, ECONNRESET);
        close(served);
    }
    close_bench(&b);
}

static void test_order_of_turns(void **state)
{
    unsigned clock = 0;
    struct waiter waiters[3];
    struct loan *loans[2];
    struct bench b;

    (void)state;
    open_bench(&b, 2);
    for (int i = 0; i < 3; i++) {
        waiters[i] = waiter_of(&clock);
        list_init(&waiters[i].wait.link);
        assert_false(lender_ready(b.lender, &waiters[i].wait)); /* it is not open yet */
    }
    assert_false(lender_ready(b.lender, &waiters[0].wait)); /* now the last one */
    list_remove(&waiters[2].wait.link);
    lender_open(b.lender); /* takes no pair here: two are told of the same */
    assert_int_equal(waiters[1].turned_at, 1);
    assert_int_equal(waiters[0].turned_at, 2);
    assert_int_equal(waiters[2].turns, 0);
    for (int i = 0; i < 2; i++)
        loans[i] = lender_take(b.lender);
    assert_null(lender_take(b.lender));
    assert_false(lender_ready(b.lender, &waiters[2].wait));
    assert_false(lender_ready(b.lender, &waiters[0].wait));
    loan_return(loans[1]);
    loan_return(loans[0]);
    assert_int_equal(waiters[2].turned_at, 3);
    assert_int_equal(waiters[0].turned_at, 4);
    close_bench(&b);
}

/* The server has ended first, and reads late: all of it is delivered before the socket is used
 * again. */
static void test_last_bytes(void **state)
{
    static char block[65536];
    unsigned clock = 0;
    struct waiter waiter = waiter_of(&clock);
    size_t sent = 0, got = 0;
    ssize_t len;
    struct loan *loan;
    struct bench b;
    int served, fd;

    (void)state;
    list_init(&waiter.wait.link);
    open_bench(&b, 1);
    lender_open(b.lender);
    loan = lender_take(b.lender);
    fd = connect_loan(&b, loan, &served);
    shutdown(served, SHUT_WR);
    assert_int_equal(recv(fd, block, 1, 0), 0);
    while ((len = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
        sent += (size_t)len;
    shutdown(fd, SHUT_WR);
    give_back(loan, fd);
    assert_false(lender_ready(b.lender, &waiter.wait));
    uv_run(&b.loop, UV_RUN_NOWAIT);
    assert_int_equal(waiter.turns, 0);
    while ((len = recv(served, block, sizeof block, 0)) > 0)
        got += (size_t)len;
    assert_int_equal(len, 0);
    assert_int_equal(got, sent);
    for (int i = 0; i < PATIENCE && waiter.turns == 0; i++) {
        struct pollfd loop = {uv_backend_fd(&b.loop), POLLIN, 0};

        uv_run(&b.loop, UV_RUN_NOWAIT);
        poll(&loop, 1, 1);
    }
    assert_int_equal(waiter.turns, 1);
    close(served);
    loan = lender_take(b.lender);
    give_back(loan, connect_loan(&b, loan, &served));
    close(served);
    close_bench(&b);
}

/* Its last bytes are under way, it is lent, or idle: nothing is left of it. */
static void test_closed(void **state)
{
    struct loan *lent, *draining;
    char block[65536] = {0};
    struct bench b;
    size_t before;
    int served[2], fd;

    (void)state;
    open_bench(&b, 0);
    close_bench(&b); /* libuv keeps descriptors for good */
    before = descriptors_open();
    open_bench(&b, 3);
    lender_open(b.lender);
    draining = lender_take(b.lender);
    fd = connect_loan(&b, draining, &served[0]);
    shutdown(served[0], SHUT_WR);
    assert_int_equal(recv(fd, block, 1, 0), 0);
    while (send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    shutdown(fd, SHUT_WR);
    give_back(draining, fd);
    lent = lender_take(b.lender);
    fd = connect_loan(&b, lent, &served[1]);
    lender_close(b.lender);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(served[1], block, 1, 0), 1);
    give_back(lent, fd);
    assert_int_equal(uv_loop_close(&b.loop), 0);
    close(b.server);
    close(served[0]);
    close(served[1]);
    assert_int_equal(descriptors_open(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_used_again),
        cmocka_unit_test(test_order_of_turns),
        cmocka_unit_test(test_last_bytes),
        cmocka_unit_test(test_closed),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
