/* SPDX-License-Identifier: Apache-2.0
 * test_own_addr.c - addresses of this machine: the one that runs the test, and one made for it, in
 * a network namespace where two addresses share a network. */
#include <arpa/inet.h>
#include <errno.h>
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

#include "proxy/own_addr.h"
#include "support/descriptors.h"
#include "support/namespace.h"

struct row {
    const char *name, *addr;
    bool own;
};

static const struct row anywhere[] = {
    {"loopback", "127.0.0.1", true},
    {"3A.29 all of 127.0.0.0/8", "127.1.2.3", true},
    {"documentation", "203.0.113.77", false},
    {"documentation, IPv6", "2001:db8::b", false},
};

/* "lo" has these: 10.1.1.1/24, 10.1.1.2/24 as a second one of that network, 10.2.2.2/32. */
static const struct row made[] = {
    {"3A.29 the first address of a network", "10.1.1.1", true},
    {"3A.29 the second address of a network", "10.1.1.2", true},
    {"3A.29 an address of another network", "10.2.2.2", true},
    {"an address of nobody", "10.3.1.9", false},
    {"no route at all", "203.0.113.77", false},
};

static bool is_own(const char *text)
{
    struct addr addr;

    assert_true(addr_parse(&addr, str_of(text)));
    return own_addr(&addr);
}

static void test_this_machine(void **state)
{
    size_t before = descriptors_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(anywhere); i++) {
        if (is_own(anywhere[i].addr) != anywhere[i].own)
            fail_msg("%s: %s", anywhere[i].name, anywhere[i].own ? "not own" : "own");
    }
    assert_int_equal(descriptors_open(), before);
}

/* ---- a machine of the test's own ---- */

static bool set(int fd, unsigned long what, const char *name, const char *addr)
{
    struct ifreq request = {0};
    struct sockaddr_in at = {.sin_family = AF_INET};

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    inet_pton(AF_INET, addr, &at.sin_addr);
    memcpy(&request.ifr_addr, &at, sizeof at);
    return ioctl(fd, what, &request) == 0;
}

/* netdevice(7): an address of "lo:1" is one more of lo. */
static bool make_machine(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    return fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0 && set(fd, SIOCSIFADDR, "lo", "10.1.1.1") &&
           set(fd, SIOCSIFNETMASK, "lo", "255.255.255.0") &&
           set(fd, SIOCSIFADDR, "lo:1", "10.1.1.2") &&
           set(fd, SIOCSIFNETMASK, "lo:1", "255.255.255.0") &&
           set(fd, SIOCSIFADDR, "lo:2", "10.2.2.2") &&
           set(fd, SIOCSIFNETMASK, "lo:2", "255.255.255.255");
}

enum { ALL_RIGHT = 0, NO_NAMESPACE = 101, NO_ADDRESSES = 102 };

/* The exit status: one of the above, or 1 and the number of the row that is wrong. */
static int in_a_namespace(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return NO_NAMESPACE;
    if (!make_machine())
        return NO_ADDRESSES;
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        struct addr addr;

        if (!addr_parse(&addr, str_of(made[i].addr)) || own_addr(&addr) != made[i].own)
            return 1 + (int)i;
    }
    return ALL_RIGHT;
}

static void test_made_machine(void **state)
{
    int status;
    pid_t pid = NAMESPACE_HERE ? fork() : -1;

    (void)state;
    if (pid < 0)
        skip();
    if (pid == 0)
        _exit(in_a_namespace());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    status = WEXITSTATUS(status);
    if (status == NO_NAMESPACE && !namespace_required()) {
        print_message("no user namespaces here: skipped\n");
        skip();
    }
    if (status > 0 && status <= (int)ARRAY_LEN(made))
        fail_msg("%s: %s", made[status - 1].name, made[status - 1].own ? "not own" : "own");
    assert_int_equal(status, ALL_RIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_made_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
