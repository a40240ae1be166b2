/* SPDX-License-Identifier: Apache-2.0
 * test_filter.c - the system call filter, installed in a child for each row: what it refuses, by
 * which error, and that everything else goes on. */
#include <asm/ioctls.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/filter.h"

#define GOES_ON   0 /* whatever the kernel says itself                       */
#define HIGH_BITS (INT64_C(1) << 32)

static const struct row {
    const char *name;
    long number;
    int64_t arguments[3];
    int error;
} rows[] = {
    {"3I TIOCSTI", SYS_ioctl, {-1, TIOCSTI, 0}, EPERM},
    {"3I.176 TIOCLINUX", SYS_ioctl, {-1, TIOCLINUX, 0}, EPERM},
    {"3G.151 TIOCSTI with a high bit", SYS_ioctl, {-1, HIGH_BITS | TIOCSTI, 0}, EPERM},
    {"3G.151 TIOCLINUX with a high bit", SYS_ioctl, {-1, HIGH_BITS | TIOCLINUX, 0}, EPERM},
    {"another ioctl", SYS_ioctl, {-1, TIOCGWINSZ, 0}, EBADF},
    {"AF_UNIX", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, GOES_ON},
    {"AF_INET", SYS_socket, {AF_INET, SOCK_STREAM, 0}, GOES_ON},
    {"AF_INET6", SYS_socket, {AF_INET6, SOCK_STREAM, 0}, GOES_ON},
    {"AF_NETLINK", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, GOES_ON},
    {"3G.154 AF_VSOCK", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}, EAFNOSUPPORT},
    {"3G.151 AF_VSOCK with a high bit",
     SYS_socket,
     {HIGH_BITS | AF_VSOCK, SOCK_STREAM, 0},
     EAFNOSUPPORT},
    {"3G.154 AF_PACKET", SYS_socket, {AF_PACKET, SOCK_RAW, 0}, EAFNOSUPPORT},
    {"3G.154 AF_ALG", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}, EAFNOSUPPORT},
    {"3G.154 AF_BLUETOOTH", SYS_socket, {AF_BLUETOOTH, SOCK_RAW, 0}, EAFNOSUPPORT},
    {"3G.154 AF_QIPCRTR", SYS_socket, {AF_QIPCRTR, SOCK_DGRAM, 0}, EAFNOSUPPORT},
    {"3G.154 AF_TIPC", SYS_socket, {AF_TIPC, SOCK_DGRAM, 0}, EAFNOSUPPORT},
    {"3G.154 AF_XDP", SYS_socket, {AF_XDP, SOCK_RAW, 0}, EAFNOSUPPORT},
    {"3G.154 a family that is none", SYS_socket, {4711, SOCK_RAW, 0}, EAFNOSUPPORT},
    {"3G.153 io_uring_setup", 425, {1, 0, 0}, ENOSYS},
    {"3G.158 add_key", SYS_add_key, {0}, EPERM},
    {"3G.158 request_key", SYS_request_key, {0}, EPERM},
    {"3G.158 keyctl", SYS_keyctl, {0}, EPERM},
    {"3G.158 the call before add_key", SYS_add_key - 1, {-1, 0, 0}, EINVAL},
    {"3G.158 add_key", SYS_add_key, {0}, EPERM},
    {"3G.158 request_key", SYS_request_key, {0}, EPERM},
    {"3G.158 keyctl", SYS_keyctl, {0}, EPERM},
    {"getpid", SYS_getpid, {0}, GOES_ON},
    {"3G.152 a call that does not exist", 4711, {0}, ENOSYS},
#if defined(__x86_64__)
    {"3G.150 getpid of x32", 0x40000000 | SYS_getpid, {0}, ENOSYS},
    {"3G.150 ioctl of x32", 0x40000000 | 514, {-1, TIOCSTI, 0}, ENOSYS},
#endif
};

/* In a child, under the filter. Returns the errno of the call; 255 when there is no filter. */
static int under_filter(int (*call)(const struct row *), const struct row *row)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || filter_install() < 0)
            _exit(255);
        _exit(call(row));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_msg("%s: ended by signal %d", row->name, WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int native(const struct row *row)
{
    const int64_t *a = row->arguments;

    return syscall(row->number, a[0], a[1], a[2]) < 0 ? errno : 0;
}

static void test_native(void **state)
{
    (void)state;
    for (const struct row *row = rows; row < rows + ARRAY_LEN(rows); row++) {
        int error = under_filter(native, row);

        if (error != row->error)
            fail_msg("%s: %s instead of %s", row->name, strerror(error), strerror(row->error));
    }
}

#if defined(__x86_64__)
/* The table of i386, from a 64-bit process. Its calls take pointers below 4 GiB only: none has one
 * here. Kernels without it end the process by a signal, so whether there is one is asked first. */
static long int_0x80(long number, long b, long c, long d)
{
    long result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(b), "c"(c), "d"(d)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static int compat(const struct row *row)
{
    const int64_t *a = row->arguments;
    long result = int_0x80(row->number, a[0], a[1], a[2]);

    return result < 0 ? (int)-result : 0;
}

static const struct row compat_rows[] = {
    {"3G.150 i386 getpid", 20, {0}, GOES_ON},
    {"3G.150 i386 TIOCSTI", 54, {-1, TIOCSTI, 0}, EPERM},
    {"3G.150 i386 TIOCLINUX", 54, {-1, TIOCLINUX, 0}, EPERM},
    {"3G.150 i386 another ioctl", 54, {-1, TIOCGWINSZ, 0}, EBADF},
    {"3G.150 i386 socket AF_INET", 359, {AF_INET, SOCK_STREAM, 0}, GOES_ON},
    {"3G.150 i386 socket AF_VSOCK", 359, {AF_VSOCK, SOCK_STREAM, 0}, EAFNOSUPPORT},
    {"3G.150 i386 socketcall socket", 102, {1, 0, 0}, EAFNOSUPPORT},
    {"3G.150 i386 socketcall listen", 102, {4, 0, 0}, EFAULT},
    {"3G.153 i386 io_uring_setup", 425, {1, 0, 0}, ENOSYS},
    {"3G.158 i386 add_key", 286, {0}, EPERM},
    {"3G.158 i386 request_key", 287, {0}, EPERM},
    {"3G.158 i386 keyctl", 288, {0}, EPERM},
};

static bool has_compat(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(int_0x80(20, 0, 0, 0) == getpid() ? 0 : 1);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_compat(void **state)
{
    (void)state;
    if (!has_compat())
        skip();
    for (size_t i = 0; i < ARRAY_LEN(compat_rows); i++) {
        int error = under_filter(compat, &compat_rows[i]);

        if (error != compat_rows[i].error)
            fail_msg("%s: %s instead of %s", compat_rows[i].name, strerror(error),
                     strerror(compat_rows[i].error));
    }
}
#else
static void test_compat(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native),
        cmocka_unit_test(test_compat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
