/* SPDX-License-Identifier: Apache-2.0
 * notify_filter_linux.c - the filter under which connect(2), execve(2) and execveat(2) wait for the
 * host.
 *
 * Its address lies in memory, where no filter looks: so every connect(2) waits, of each family, by
 * the native and the 32-bit entry and by socketcall(2). sendto(2), sendmsg(2) and sendmmsg(2) with
 * an address go around it on a Unix datagram socket, and on no other: those sockets are refused
 * where they are made (filter_linux.c). io_uring is refused there, too, and so are x32 numbers.
 *
 * A chain of filters has one listener. When ours is closed, the sandbox may live for microseconds,
 * and could put its own in the place: none is ever made under this filter. */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/fds_send.h"
#include "sandbox/notify.h"
#include "sandbox/notify_arch.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* linux/seccomp.h, 5.19 */
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#else
#define LOW_HALF 4
#endif

#define NUMBER       offsetof(struct seccomp_data, nr)
#define ARGUMENT(n)  (offsetof(struct seccomp_data, args[n]) + LOW_HALF)
#define LOAD(where)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (where))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))

/* `here` is the line's own number: a jump counts from the line behind it. */
#define JUMP(test, here, value, then, otherwise)                                                   \
    BPF_JUMP(BPF_JMP | (test) | BPF_K, (value), (then) - (here)-1, (otherwise) - (here)-1)
#define IF_EQUAL(here, value, then, otherwise) JUMP(BPF_JEQ, here, value, then, otherwise)
#define IF_BIT(here, bits, then, otherwise)    JUMP(BPF_JSET, here, bits, then, otherwise)

/* Where the parts of the program below begin. */
enum {
    NATIVE = 4,
    COMPAT = 10,
    SOCKETCALL = 16,
    SECCOMP = 18,
    BUSY = 20,
    MISSING,
    NOTIFY,
    ALLOW,
    END
};

static int install(unsigned long flags, unsigned which)
{
    int connects = which & NOTIFY_CONNECTS ? NOTIFY : ALLOW;
    int socketcalls = which & NOTIFY_CONNECTS ? SOCKETCALL : ALLOW;
    int execs = which & NOTIFY_EXECS ? NOTIFY : ALLOW;
    /* clang-format off */
    struct sock_filter program[] = {
        /*  0 */ LOAD(offsetof(struct seccomp_data, arch)),
        /*  1 */ IF_EQUAL(1, NOTIFY_ARCH, NATIVE, 2),
        /*  2 */ IF_EQUAL(2, NOTIFY_ARCH_COMPAT, COMPAT, 3),
        /*  3 */ RETURN(SECCOMP_RET_ERRNO | ENOSYS),

        /*  4 */ LOAD(NUMBER), /* NATIVE */
        /*  5 */ IF_BIT(5, NOTIFY_X32, MISSING, 6),
        /*  6 */ IF_EQUAL(6, __NR_connect, connects, 7),
        /*  7 */ IF_EQUAL(7, __NR_seccomp, SECCOMP, 8),
        /*  8 */ IF_EQUAL(8, __NR_execve, execs, 9),
        /*  9 */ IF_EQUAL(9, __NR_execveat, execs, ALLOW),

        /* 10 */ LOAD(NUMBER), /* COMPAT */
        /* 11 */ IF_EQUAL(11, NOTIFY_CONNECT_COMPAT, connects, 12),
        /* 12 */ IF_EQUAL(12, NOTIFY_SOCKETCALL, socketcalls, 13),
        /* 13 */ IF_EQUAL(13, NOTIFY_SECCOMP_COMPAT, SECCOMP, 14),
        /* 14 */ IF_EQUAL(14, NOTIFY_EXECVE_COMPAT, execs, 15),
        /* 15 */ IF_EQUAL(15, NOTIFY_EXECVEAT_COMPAT, execs, ALLOW),

        /* 16 */ LOAD(ARGUMENT(0)), /* SOCKETCALL */
        /* 17 */ IF_EQUAL(17, SYS_CONNECT, NOTIFY, ALLOW),

        /* 18 */ LOAD(ARGUMENT(1)), /* SECCOMP */
        /* 19 */ IF_BIT(19, SECCOMP_FILTER_FLAG_NEW_LISTENER, BUSY, ALLOW),

        /* BUSY    */ RETURN(SECCOMP_RET_ERRNO | EBUSY), /* what the kernel says to a second one */
        /* MISSING */ RETURN(SECCOMP_RET_ERRNO | ENOSYS),
        /* NOTIFY  */ RETURN(SECCOMP_RET_USER_NOTIF),
        /* ALLOW   */ RETURN(SECCOMP_RET_ALLOW),
    };
    /* clang-format on */
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};

    _Static_assert(sizeof program / sizeof program[0] == END, "a part has moved: mend the enum");
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

/* A signal must not interrupt a call that the host has begun: it would be made twice (EISCONN). */
int notify_install(int via, unsigned which)
{
    int rc, listener = install(
                SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, which);

    if (listener < 0 && errno == EINVAL)
        listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER, which);
    if (listener < 0)
        return -errno;
    rc = fds_send(via, "", 1, &listener, 1);
    close(listener);
    return rc;
}
