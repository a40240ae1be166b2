/* SPDX-License-Identifier: Apache-2.0
 * test_resolver.c - look-ups that are answered, shared, forgotten and outlived.
 *
 * The name server is a socket of the test's that counts questions and never answers: where user
 * namespaces can be had, the whole test runs in one, with a resolv.conf of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proxy/resolver.h"
#include "support/namespace.h"

#define IN_NAMESPACE "FENCE_TEST_RESOLVER_IN_NAMESPACE"

struct waiter {
    struct question question;
    uv_timer_t patience; /* keeps the loop, as a dial does */
    unsigned answers;
    int status;
    size_t count;
    struct addr first;
    struct waiter *forgets; /* when it is answered */
    struct resolver *asks;  /* the same name once more, when it is answered */
};

static void settle(struct waiter *w)
{
    if (!uv_is_closing((uv_handle_t *)&w->patience))
        uv_close((uv_handle_t *)&w->patience, NULL);
}

static void on_answer(struct question *question, const struct answer *answer)
{
    struct waiter *w = CONTAINER_OF(question, struct waiter, question);

    w->answers++;
    w->status = answer->status;
    w->count = answer->count;
    w->first = answer->addrs[0];
    if (w->forgets) {
        resolver_forget(&w->forgets->question);
        settle(w->forgets);
    }
    if (w->asks) {
        assert_int_equal(resolver_ask(w->asks, &w->question, "localhost"), 0);
        w->asks = NULL;
    } else {
        settle(w);
    }
}

static void on_impatient(uv_timer_t *timer)
{
    settle(CONTAINER_OF(timer, struct waiter, patience));
}

static int ask(struct waiter *w, uv_loop_t *loop, struct resolver *resolver, const char *name)
{
    w->question.on_answer = on_answer;
    uv_timer_init(loop, &w->patience);
    uv_timer_start(&w->patience, on_impatient, 20000, 0);
    return resolver_ask(resolver, &w->question, name);
}

static void begin(uv_loop_t *loop, struct resolver **resolver)
{
    assert_int_equal(uv_loop_init(loop), 0);
    assert_int_equal(resolver_new(resolver, loop), 0);
}

static void end(uv_loop_t *loop, struct resolver *resolver)
{
    resolver_close(resolver);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

/* ---- by the hosts file ---- */

static void test_localhost(void **state)
{
    struct resolver *resolver;
    struct waiter w = {0};
    size_t count = 0;
    uv_loop_t loop;

    (void)state;
    begin(&loop, &resolver);
    assert_null(resolver_recall(resolver, &count, "localhost"));
    assert_int_equal(ask(&w, &loop, resolver, "localhost"), 0);
    assert_int_equal(w.answers, 0); /* never from within */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(w.answers, 1);
    assert_int_equal(w.status, 0);
    assert_true(w.count >= 1);
    assert_int_equal(addr_classify(&w.first), ADDR_LOOPBACK);
    assert_non_null(resolver_recall(resolver, &count, "localhost"));
    assert_int_equal(count, w.count);
    resolver_forget(&w.question); /* harmless afterwards */
    end(&loop, resolver);
}

static void test_it_does_not_keep_the_loop(void **state)
{
    struct resolver *resolver;
    uv_loop_t loop;

    (void)state;
    begin(&loop, &resolver);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    end(&loop, resolver);
    resolver_close(NULL);
}

static void test_many_wait_for_one(void **state)
{
    struct waiter w[50] = {0};
    struct resolver *resolver;
    uv_loop_t loop;

    (void)state;
    begin(&loop, &resolver);
    for (size_t i = 0; i < ARRAY_LEN(w); i++)
        assert_int_equal(ask(&w[i], &loop, resolver, "localhost"), 0);
    resolver_forget(&w[7].question);
    settle(&w[7]);
    w[20].forgets = &w[30]; /* while all are being told */
    w[21].asks = resolver;
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        unsigned expected = i == 7 || i == 30 ? 0 : i == 21 ? 2 : 1;

        if (w[i].answers != expected)
            fail_msg("waiter %zu was answered %u times", i, w[i].answers);
    }
    end(&loop, resolver);
}

static void test_forget_before_the_answer(void **state)
{
    struct resolver *resolver;
    struct waiter w = {0};
    uv_loop_t loop;

    (void)state;
    begin(&loop, &resolver);
    list_init(&w.question.link);
    resolver_forget(&w.question); /* harmless before it was asked */
    assert_int_equal(ask(&w, &loop, resolver, "localhost"), 0);
    resolver_forget(&w.question);
    settle(&w);
    for (int i = 0; i < 20; i++) { /* the thread ends, and its answer is for nobody */
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(5000);
    }
    assert_int_equal(w.answers, 0);
    end(&loop, resolver);
}

/* At every moment of a look-up's life: the thread and the loop each may be the last. */
static void test_close_while_a_look_up_runs(void **state)
{
    (void)state;
    for (unsigned delay = 0; delay < 40; delay++) {
        struct resolver *resolver;
        struct waiter w = {0};
        uv_loop_t loop;

        begin(&loop, &resolver);
        assert_int_equal(ask(&w, &loop, resolver, "localhost"), 0);
        usleep(delay * 25);
        resolver_forget(&w.question);
        settle(&w);
        end(&loop, resolver);
        assert_int_equal(w.answers, 0);
    }
    usleep(200000); /* the abandoned ones leave: a sanitizer looks at what they touch */
}

/* ---- by a name server that never answers ---- */

static int server = -1; /* set once, before the tests */

/* How many questions have come in, and whether one has `text` in it, as DNS writes names. */
static unsigned questions(const char *text, bool *found)
{
    char bytes[512];
    unsigned count = 0;
    ssize_t len;

    while ((len = recv(server, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        count++;
        if (text && memmem(bytes, (size_t)len, text, strlen(text)))
            *found = true;
    }
    return count;
}

static void need_server(void)
{
    if (server < 0) {
        print_message("no user namespaces here: skipped\n");
        skip();
    }
    questions(NULL, NULL);
}

/* 3D.95: not even when it fails; and it is asked once for both, A and AAAA. */
static void test_one_question_and_no_search(void **state)
{
    struct resolver *resolver;
    struct waiter w[2] = {0};
    bool searched = false;
    unsigned count;
    size_t none;
    uv_loop_t loop;

    (void)state;
    need_server();
    begin(&loop, &resolver);
    assert_int_equal(ask(&w[0], &loop, resolver, "silent.test"), 0);
    assert_int_equal(ask(&w[1], &loop, resolver, "silent.test"), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w[i].answers, 1);
        assert_true(w[i].status == EAI_AGAIN || w[i].status == EAI_NONAME);
        assert_int_equal(w[i].count, 0);
    }
    assert_null(resolver_recall(resolver, &none, "silent.test")); /* a failure is not kept */
    count = questions("\6evil-s", &searched);
    assert_true(count >= 1 && count <= 2);
    assert_false(searched);
    end(&loop, resolver);
}

/* 3D.92 */
static void test_hung_ones_hold_nobody_up(void **state)
{
    struct waiter hung[8] = {0}, w = {0};
    struct resolver *resolver;
    char name[32];
    uv_loop_t loop;
    uint64_t started;

    (void)state;
    need_server();
    begin(&loop, &resolver);
    for (size_t i = 0; i < ARRAY_LEN(hung); i++) {
        snprintf(name, sizeof name, "hung-%zu.test", i);
        assert_int_equal(ask(&hung[i], &loop, resolver, name), 0);
    }
    started = uv_hrtime();
    assert_int_equal(ask(&w, &loop, resolver, "localhost"), 0);
    while (w.answers == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_true(uv_hrtime() - started < UINT64_C(900000000)); /* the server has 1 s for each */
    for (size_t i = 0; i < ARRAY_LEN(hung); i++) {
        assert_int_equal(hung[i].answers, 0);
        resolver_forget(&hung[i].question);
        settle(&hung[i]);
    }
    started = uv_hrtime();
    end(&loop, resolver);
    assert_true(uv_hrtime() - started < UINT64_C(500000000)); /* nor does the end wait for them */
}

static void test_limit(void **state)
{
    struct waiter *w, more = {0};
    struct resolver *resolver;
    char name[32];
    uv_loop_t loop;

    (void)state;
    need_server();
    w = calloc(LIMIT_LOOKUPS + 1, sizeof *w);
    assert_non_null(w);
    begin(&loop, &resolver);
    for (size_t i = 0; i <= LIMIT_LOOKUPS; i++) {
        int expected = i < LIMIT_LOOKUPS ? 0 : UV_EAGAIN;

        snprintf(name, sizeof name, "many-%zu.test", i);
        if (ask(&w[i], &loop, resolver, name) != expected)
            fail_msg("look-up %zu", i);
    }
    assert_int_equal(ask(&more, &loop, resolver, "many-3.test"), 0); /* needs no thread */
    resolver_forget(&more.question);
    settle(&more);
    for (size_t i = 0; i <= LIMIT_LOOKUPS; i++) {
        resolver_forget(&w[i].question);
        settle(&w[i]);
    }
    end(&loop, resolver);
    free(w);
    usleep(1500000); /* they are through before the process ends */
}

/* ---- the namespace ---- */

static bool write_resolv_conf(char *path)
{
    static const char text[] =
        "nameserver 127.0.0.1\nsearch evil-search.test\noptions timeout:1 attempts:1\n";
    int fd = mkstemp(path);
    bool done = fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1;

    if (fd >= 0)
        close(fd);
    return done && chmod(path, 0644) == 0;
}

/* Inherited by the program that is run again: whoever executes one loses the right to port 53. */
static int open_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 ? fd : -1;
}

/* Everything that could answer names besides: resolved and nscd listen below /run. */
static bool enter(const char *resolv_conf)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(resolv_conf, "/etc/resolv.conf", NULL, MS_BIND, NULL) < 0)
        return false;
    if (mount("none", "/run", "tmpfs", 0, NULL) < 0)
        return false;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0;
}

/* Runs this program again in a namespace. Returns its status, or -1 when there can be none. */
static int run_again(char **argv)
{
    char path[] = "/tmp/fence-resolver-XXXXXX";
    int status = -1;
    pid_t pid = write_resolv_conf(path) ? fork() : -1;

    if (pid == 0) {
        char number[16];

        if (!enter(path))
            _exit(77);
        snprintf(number, sizeof number, "%d", open_server());
        if (setenv(IN_NAMESPACE, number, 1) < 0)
            _exit(77);
        execv("/proc/self/exe", argv);
        _exit(77);
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
    unlink(path);
    if (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 77))
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_it_does_not_keep_the_loop),
        cmocka_unit_test(test_many_wait_for_one),
        cmocka_unit_test(test_forget_before_the_answer),
        cmocka_unit_test(test_close_while_a_look_up_runs),
        cmocka_unit_test(test_one_question_and_no_search),
        cmocka_unit_test(test_hung_ones_hold_nobody_up),
        cmocka_unit_test(test_limit),
    };
    const char *inside = getenv(IN_NAMESPACE);
    int status;

    (void)argc;
    if (inside) {
        server = (int)strtol(inside, NULL, 10);
    } else if (NAMESPACE_HERE) {
        status = run_again(argv);
        if (status >= 0)
            return status;
        if (namespace_required()) {
            fprintf(stderr, "no namespace can be made here\n");
            return 1;
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
