/* SPDX-License-Identifier: Apache-2.0
 * test_addr_place.c - where addresses lead: in a network of the test's own, before and after it is
 * one of a sandbox that captures. */
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "filter/rules.h"
#include "proxy/addr_place.h"
#include "sandbox/capture.h"
#include "sandbox/capture_make.h"
#include "support/descriptors.h"
#include "support/namespace.h"

#define OTHERS RULES_ADDR_OTHERS
#define OWN    RULES_ADDR_OWN
#define NAME   RULES_ADDR_NAME

/* "lo" has 8.8.4.4 besides what capture gives it. */
static const struct row {
    const char *name, *addr;
    enum rules_addr before, inside;
} rows[] = {
    {"an address of nobody", "9.9.9.9", OTHERS, OTHERS},
    {"an address of nobody, IPv6", "2620:fe::9", OTHERS, OTHERS},
    {"3A.29 its own address", "8.8.4.4", OWN, OTHERS},
    {"loopback: its class tells", "127.0.0.1", OTHERS, OTHERS},
    {"a private one: its class tells", "10.0.0.1", OTHERS, OTHERS},
    {"3G.165 one that stands for a name", "198.18.0.1", OTHERS, NAME},
    {"3G.165 the last one", "198.19.255.253", OTHERS, NAME},
    {"3G.165 one that stands for a name, IPv6", "fdfe:ce0::1", OTHERS, NAME},
    {"3G.165 the sandbox's own", "198.19.255.254", OTHERS, OTHERS},
    {"3G.165 the sandbox's own, IPv6", "fdfe:ce0::ffff:fffe", OTHERS, OTHERS},
    {"the network's broadcast address", "198.19.255.255", OTHERS, OTHERS},
    {"the network behind", "198.20.0.1", OTHERS, OTHERS},
};

enum { ALL_RIGHT = 0, NO_NAMESPACE = 101, NO_NETWORK, NO_CAPTURE, LEAKED };

static bool make_network(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    struct ifreq own = {.ifr_name = "lo"};
    struct sockaddr_storage at;
    struct addr addr = {4, {8, 8, 4, 4}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool made;

    addr_to_sockaddr(&at, &addr, 0);
    memcpy(&own.ifr_addr, &at, sizeof own.ifr_addr);
    made = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0 && ioctl(fd, SIOCSIFADDR, &own) == 0;
    close(fd);
    return made;
}

static bool make_captured(void)
{
    struct capture capture = {.bound = false};
    int fds[CAPTURE_SOCKETS];
    fence_error err;
    size_t count, taken = 0;
    uint32_t made = capture_make_sockets(fds, &count);

    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        capture.fds[i] = made >> i & 1 ? fds[taken++] : -1;
    return capture_open(&capture, &err) == 0;
}

/* 0, or 1 and the number of the row that is wrong. */
static int wrong_row(bool inside)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr addr;

        if (!addr_parse(&addr, str_of(rows[i].addr)) ||
            addr_place(&addr) != (int)(inside ? rows[i].inside : rows[i].before))
            return 1 + (int)i;
    }
    return 0;
}

static int in_a_network(bool captured)
{
    size_t before;
    int wrong;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return NO_NAMESPACE;
    if (!make_network())
        return NO_NETWORK;
    if (captured && !make_captured())
        return NO_CAPTURE;
    before = descriptors_open();
    wrong = wrong_row(captured);
    return wrong > 0 || descriptors_open() == before ? wrong : LEAKED;
}

static void check(bool captured)
{
    int status;
    pid_t pid = NAMESPACE_HERE ? fork() : -1;

    if (pid < 0)
        skip();
    if (pid == 0)
        _exit(in_a_network(captured));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    status = WEXITSTATUS(status);
    if (status == NO_NAMESPACE && !namespace_required()) {
        print_message("no user namespaces here: skipped\n");
        skip();
    }
    if (status > 0 && status <= (int)ARRAY_LEN(rows))
        fail_msg("%s", rows[status - 1].name);
    assert_int_equal(status, ALL_RIGHT);
}

static void test_before(void **state)
{
    (void)state;
    check(false);
}

static void test_inside(void **state)
{
    (void)state;
    check(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before),
        cmocka_unit_test(test_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
