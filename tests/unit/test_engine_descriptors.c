/* SPDX-License-Identifier: Apache-2.0
 * test_engine_descriptors.c - an engine in a process with few descriptors left, then one more, and
 * so on until there are enough: errors that say so, refusals that do not blame the address, and
 * nothing is left. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/site.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define ENOUGH 64

/* So many descriptors may be opened from here on: the lowest free number is taken first. */
static void leave(unsigned more)
{
    struct rlimit limit;
    int at = 0;

    for (; more > 0 || fcntl(at, F_GETFD) >= 0; at++)
        more -= fcntl(at, F_GETFD) < 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)at;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* ---- setting up ---- */

static int set_up(fence **engine, fence_config *config, fence_error *err)
{
    int rc = fence_new(engine, config, NULL, err);

    return rc < 0 ? rc : fence_listen(*engine, FENCE_PROTOCOL_HTTP, "127.0.0.1:0", err);
}

static void test_set_up(void **state)
{
    fence_config *config = load();
    size_t before;
    int rc = -1;

    (void)state;
    for (unsigned more = 0; more < ENOUGH && rc < 0; more++) {
        fence_error err = {0};
        fence *engine = NULL;

        leave(ENOUGH);
        before = descriptors_open();
        leave(more);
        rc = set_up(&engine, config, &err);
        fence_close(engine);
        leave(ENOUGH);
        if (rc < 0 && (rc != -EMFILE || !strstr(err.message, "too many open files")))
            fail_msg("%u left: %d, '%s'", more, rc, err.message);
        if (rc < 0 && descriptors_open() != before) /* libuv keeps some from its first loop on */
            fail_msg("%u left: %zu descriptors instead of %zu", more, descriptors_open(), before);
    }
    assert_int_equal(rc, 0);
    fence_config_unref(config);
}

/* ---- dialling ---- */

static void resolve(fence_question *question, const char *name, void *payload)
{
    static const char *const public[] = {"192.31.196.10"};

    (void)name;
    (void)payload;
    assert_int_equal(fence_answer(question, public, 1), 0);
}

static const struct dial_row {
    const char *name, *request;
} dials[] = {
    {"a pinned name", CONNECT_GOOD},
    {"a pinned name, plain HTTP", GET_GOOD},
    {"a name", "CONNECT localhost:@ HTTP/1.1\r\nHost: localhost\r\n\r\n"},
    {"an address", "CONNECT 198.51.100.7:@ HTTP/1.1\r\nHost: 198.51.100.7\r\n\r\n"},
};

/* Whether an address is this machine's own cannot be asked either: that does not make it one. */
static void test_dial(void **state)
{
    (void)state;
    for (const struct dial_row *row = dials; row < dials + LEN(dials); row++) {
        struct site site;
        char text[2048];
        int client;

        leave(ENOUGH);
        open_site(&site);
        fence_set_resolver(site.engine, resolve, NULL);
        client = ask(&site, row->request);
        leave(1); /* to accept it with */
        if (!sockets_expect(site.engine, client, "\r\n\r\nfence: ", text, sizeof text) ||
            !strstr(text, "HTTP/1.1 503 ") || !strstr(text, "error=connection_limit_reached"))
            fail_msg("%s: '%s'", row->name, text);
        leave(ENOUGH);
        close(client);
        close_site(&site);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_up),
        cmocka_unit_test(test_dial),
    };

    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
