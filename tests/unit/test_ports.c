/* SPDX-License-Identifier: Apache-2.0
 * test_ports.c - the words of -p, and what inner may hand out for them. Without a sandbox. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sandbox/ports.h"
#include "support/descriptors.h"

#define LOCAL                                                                                      \
    "{\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [5432, 80]}}"
#define ROOM 16

struct place {
    uv_loop_t loop;
    struct proxy proxy;
};

static void open_place(struct place *p, const char *json)
{
    fence_config *config;
    fence_error err = {0};

    if (fence_config_parse(&config, "test", json, strlen(json), NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(uv_loop_init(&p->loop), 0);
    assert_int_equal(proxy_init(&p->proxy, &p->loop, config, NULL), 0);
    fence_config_unref(config);
}

static void close_place(struct place *p)
{
    proxy_close(&p->proxy);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&p->loop), 0);
    proxy_deinit(&p->proxy);
}

/* A listening socket of another program's, and a port that nobody has. */
static int occupy(uint16_t *taken, uint16_t *unused)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    uint16_t *ports[] = {taken, unused};
    int fds[2];

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 2; i++) {
        socklen_t len = sizeof at;

        at.sin_port = 0;
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fds[i], (struct sockaddr *)&at, len), 0);
        assert_int_equal(listen(fds[i], 1), 0);
        assert_int_equal(getsockname(fds[i], (struct sockaddr *)&at, &len), 0);
        *ports[i] = ntohs(at.sin_port);
    }
    close(fds[1]);
    return fds[0];
}

/* "%u" is a port that is free, "%t" one that is taken. */
static const struct words_row {
    const char *name, *words[3], *error; /* NULL: they are all right */
} words[] = {
    {"a port", {"%u"}, NULL},
    {"an address and a port", {"127.0.0.1:%u"}, NULL},
    {"another address of this machine", {"127.1.2.3:%u"}, NULL},
    {"IPv6", {"[::1]:%u"}, NULL},
    {"both of them", {"127.0.0.1:%u", "[::1]:%u"}, NULL},
    {"every address", {"0.0.0.0:%u", "[::]:%u"}, NULL},
    {"port 0", {"0"}, "port '0': write the port as a number from 1 to 65535"},
    {"port 0 of an address", {"127.0.0.1:0"}, "write the port as a number from 1 to 65535"},
    {"port 65536", {"65536"}, "write the port as a number from 1 to 65535"},
    {"a sign", {"+80"}, "write the port as a number from 1 to 65535"},
    {"nothing", {""}, "port '': write the port as a number from 1 to 65535"},
    {"a word", {"http"}, "write the port as a number from 1 to 65535"},
    {"an address alone", {"127.0.0.1"}, "the port is missing"},
    {"a name", {"localhost:%u"}, "write 3000, 127.0.0.1:3000 or [::1]:3000"},
    {"IPv6 without brackets", {"::1:%u"}, "write an IPv6 address in brackets"},
    {"no host", {":%u"}, "the host is empty"},
    {"two ports", {"%u:%u"}, ""},
    {"control characters", {"\x1b[2J:1"}, "port '\\x1b[2J:1': "},
    {"an address of others", {"192.0.2.1:%u"}, "this machine has no such address"},
    {"an IPv6 address of others", {"[2001:db8::1]:%u"}, "this machine has no such address"},
    {"a port that is taken", {"%t"}, "another program listens there"},
    {"twice the same", {"%u", "%u"}, "it was given twice"},
    {"twice, written in another way", {"%u", "127.0.0.1:%u"}, "it was given twice"},
    {"twice by its IPv6 address", {"%u", "[::1]:%u"}, "it was given twice"},
    {"an address among all of them", {"0.0.0.0:%u", "127.0.0.1:%u"}, "another program listens"},
    {"the proxy's port", {"3128"}, "fence's own proxy"},
    {"the proxy's other port", {"0.0.0.0:1080"}, "fence's own proxy"},
    {"a port that leads out", {"5432"}, "network.allowLocalOutboundPorts has this port lead out"},
};

static void fill_in(char out[64], const char *word, uint16_t unused, uint16_t taken)
{
    size_t len = 0;

    out[0] = '\0';
    for (; *word; word++) {
        bool escape = *word == '%';

        if (escape)
            len += (size_t)snprintf(out + len, 64 - len, "%u", *++word == 'u' ? unused : taken);
        else
            len += (size_t)snprintf(out + len, 64 - len, "%c", *word);
    }
}

static void test_words(void **state)
{
    uint16_t taken, unused;
    int other = occupy(&taken, &unused);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const struct words_row *row = &words[i];
        char texts[3][64];
        const char *given[4] = {0};
        struct ports *ports = NULL;
        fence_error err = {0};
        struct place place;
        int rc;

        open_place(&place, LOCAL);
        for (size_t n = 0; n < 3 && row->words[n]; n++) {
            fill_in(texts[n], row->words[n], unused, taken);
            given[n] = texts[n];
        }
        rc = ports_open(&ports, &place.proxy, given, &err);
        if ((rc == 0) != !row->error || (row->error && !strstr(err.message, row->error)))
            fail_msg("%s: %d %s", row->name, rc, err.message);
        if (rc < 0)
            assert_null(ports);
        ports_close(ports);
        assert_int_equal(place.proxy.kept_descriptors, 0);
        close_place(&place);
    }
    close(other);
}

static void test_none(void **state)
{
    static const char *const nothing[] = {NULL};
    struct ports *ports = NULL;
    struct place place;
    fence_error err;

    (void)state;
    open_place(&place, "{}");
    assert_int_equal(ports_open(&ports, &place.proxy, NULL, &err), 0);
    assert_int_equal(ports_open(&ports, &place.proxy, nothing, &err), 0);
    assert_null(ports);
    assert_int_equal(ports_sockets(ports), 0);
    assert_int_equal(ports_open_inside(ports, &err), 0);
    ports_close(ports);
    close_place(&place);
}

static void test_too_many(void **state)
{
    static char texts[LIMIT_PORTS + 1][32];
    const char *given[LIMIT_PORTS + 2] = {0};
    uint16_t taken, unused;
    struct ports *ports = NULL;
    struct place place;
    fence_error err;

    (void)state;
    close(occupy(&taken, &unused));
    for (int i = 0; i <= LIMIT_PORTS; i++) {
        snprintf(texts[i], sizeof texts[i], "127.0.7.%d:%u", i + 1, unused);
        given[i] = texts[i];
    }
    open_place(&place, "{}");
    assert_true(ports_open(&ports, &place.proxy, given, &err) < 0);
    assert_string_equal(err.message, "more than 64 ports");
    given[LIMIT_PORTS] = NULL;
    assert_int_equal(ports_open(&ports, &place.proxy, given, &err), 0);
    ports_close(ports);
    close_place(&place);
}

/* ---- what inner hands out ---- */

static const struct handed_row {
    const char *name;
    size_t counts[3]; /* of sockets in each message; SIZE_MAX: no message */
    int families[3];
    int ok; /* how many of the messages are taken; then it can be opened */
    bool open;
} handed[] = {
    {"both families", {2, 2, SIZE_MAX}, {AF_INET, AF_INET6}, 2, true},
    {"no IPv6", {2, 0, SIZE_MAX}, {AF_INET}, 2, true},
    {"one message", {2, SIZE_MAX}, {AF_INET}, 1, false},
    {"none", {SIZE_MAX}, {0}, 0, false},
    {"no IPv4", {0, SIZE_MAX}, {0}, 0, false},
    {"one socket too few", {1, SIZE_MAX}, {AF_INET}, 0, false},
    {"one too many", {3, SIZE_MAX}, {AF_INET}, 0, false},
    {"IPv6 first", {2, SIZE_MAX}, {AF_INET6}, 0, false},
    {"IPv4 twice", {2, 2, SIZE_MAX}, {AF_INET, AF_INET}, 1, false},
    {"half of IPv6", {2, 1, SIZE_MAX}, {AF_INET, AF_INET6}, 1, false},
    {"a third message", {2, 2, 2}, {AF_INET, AF_INET6, AF_INET}, 2, true},
};

static void test_handed_out(void **state)
{
    uint16_t taken, unused;
    struct place first;
    char json[160];

    (void)state;
    open_place(&first, "{}"); /* libuv keeps descriptors for good, from its first loop on */
    close_place(&first);
    close(occupy(&taken, &unused));
    snprintf(json, sizeof json,
             "{\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [%u, %u]}}",
             taken, unused);
    for (size_t i = 0; i < ARRAY_LEN(handed); i++) {
        const struct handed_row *row = &handed[i];
        struct ports *ports = NULL;
        struct place place;
        fence_error err = {0};
        size_t before = descriptors_open();
        int ok = 0;

        open_place(&place, json);
        assert_int_equal(ports_open(&ports, &place.proxy, NULL, &err), 0);
        assert_int_equal(ports_sockets(ports), 2);
        for (size_t n = 0; n < 3 && row->counts[n] != SIZE_MAX; n++) {
            int fds[ROOM];
            size_t count = row->counts[n];

            for (size_t fd = 0; fd < count; fd++)
                fds[fd] = socket(row->families[n], SOCK_STREAM | SOCK_CLOEXEC, 0);
            ok += ports_take_sockets(ports, fds, &count, &err) == 0;
            while (count > 0) /* not taken: they are ours */
                close(fds[--count]);
        }
        if (ok != row->ok)
            fail_msg("%s: %d messages were taken", row->name, ok);
        if ((ports_open_inside(ports, &err) == 0) != row->open)
            fail_msg("%s: %s", row->name, err.message);
        ports_close(ports);
        close_place(&place);
        if (descriptors_open() != before)
            fail_msg("%s: %zu descriptors instead of %zu", row->name, descriptors_open(), before);
    }
}

/* A sandbox can have fewer clients where there are few descriptors, but never none. */
static void test_descriptors(void **state)
{
    static const struct {
        rlim_t limit;
        unsigned clients;
    } rows[] = {{1 << 16, LIMIT_PORT_CLIENTS}, {1024, 122}, {256, 26}, {64, 2}, {50, 1}};
    const char *given[] = {NULL, NULL};
    uint16_t taken, unused;
    struct rlimit old;
    char text[16];

    (void)state;
    close(occupy(&taken, &unused));
    snprintf(text, sizeof text, "%u", unused);
    given[0] = text;
    getrlimit(RLIMIT_NOFILE, &old);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rlimit limit = {rows[i].limit, old.rlim_max};
        struct ports *ports = NULL;
        struct place place;
        fence_error err = {0};

        open_place(&place, "{}");
        if (rows[i].limit <= old.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) == 0) {
            if (ports_open(&ports, &place.proxy, given, &err) != 0)
                fail_msg("%s", err.message);
            assert_int_equal(ports_sockets(ports), rows[i].clients);
            ports_close(ports);
        }
        close_place(&place);
    }
    setrlimit(RLIMIT_NOFILE, &old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),       cmocka_unit_test(test_none),
        cmocka_unit_test(test_too_many),    cmocka_unit_test(test_handed_out),
        cmocka_unit_test(test_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
