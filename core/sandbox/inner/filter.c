/* SPDX-License-Identifier: Apache-2.0
 * filter.c - refuses the few system calls that lead around the other walls, and nothing else.
 *
 * TIOCSTI, TIOCLINUX   The command shares the terminal's session, so that job control works; these
 *                      would let it type commands there that run after it, outside.
 * socket               Only families that end at the network namespace or at a path: the others
 * know no such border (AF_VSOCK reaches the machine that this one is a guest of). io_uring_setup
 * Its requests pass no filter, socket among them.
 *
 * The architecture is looked at first: the 32-bit table of the same machine has numbers of its own,
 * and any other table is refused whole. The kernel uses the low 32 bits of an ioctl's number and of
 * a family, and so does this. socketcall(2) hides its family behind a pointer: no socket comes from
 * there. */
#include "sandbox/inner/filter.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* The 32-bit table beside the native one: asm/unistd_32.h, and the syscall.tbl of arm. Both have
 * ioctl at 54. An architecture without an entry here compares with itself. */
#if defined(__x86_64__)
#define ARCH_NATIVE       AUDIT_ARCH_X86_64
#define ARCH_COMPAT       AUDIT_ARCH_I386
#define IOCTL_COMPAT      54
#define SOCKET_COMPAT     359
#define SOCKETCALL_COMPAT 102
#define NUMBER_X32        0x40000000u
#elif defined(__aarch64__)
#define ARCH_NATIVE       AUDIT_ARCH_AARCH64
#define ARCH_COMPAT       AUDIT_ARCH_ARM
#define IOCTL_COMPAT      54
#define SOCKET_COMPAT     281
#define SOCKETCALL_COMPAT 102         /* of the old ABI alone */
#define NUMBER_X32        0x80000000u /* no such flag here: no number has this bit */
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH_NATIVE       AUDIT_ARCH_RISCV64
#define ARCH_COMPAT       AUDIT_ARCH_RISCV64
#define IOCTL_COMPAT      __NR_ioctl
#define SOCKET_COMPAT     __NR_socket
#define SOCKETCALL_COMPAT __NR_socket
#define NUMBER_X32        0x80000000u
#else
#error "the seccomp filter has no table for this architecture: add it above"
#endif

#define IO_URING_SETUP 425 /* the same in every table: new calls are, since 5.1 */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#else
#define LOW_HALF 4
#endif

enum { /* where the parts of the program below begin */
       NATIVE = 4,
       COMPAT = 9,
       IOCTL = 16,
       SOCKET = 19,
       NO_FAMILY = 24,
       DENY,
       MISSING,
       ALLOW,
       END
};

#define NUMBER        offsetof(struct seccomp_data, nr)
#define ARGUMENT(n)   (offsetof(struct seccomp_data, args[n]) + LOW_HALF)
#define LOAD(where)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (where))
#define RETURN(what)  BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))

/* `here` is the line's own number: a jump counts from the line behind it. */
#define JUMP(test, here, value, then, otherwise)                                                   \
    BPF_JUMP(BPF_JMP | (test) | BPF_K, (value), (then) - (here)-1, (otherwise) - (here)-1)
#define IF_EQUAL(here, value, then, otherwise) JUMP(BPF_JEQ, here, value, then, otherwise)
#define IF_BIT(here, bits, then, otherwise)    JUMP(BPF_JSET, here, bits, then, otherwise)

int filter_install(void)
{
    /* clang-format off */
    struct sock_filter program[] = {
        /*  0 */ LOAD(offsetof(struct seccomp_data, arch)),
        /*  1 */ IF_EQUAL(1, ARCH_NATIVE, NATIVE, 2),
        /*  2 */ IF_EQUAL(2, ARCH_COMPAT, COMPAT, 3),
        /*  3 */ REFUSE(ENOSYS),

        /*  4 */ LOAD(NUMBER), /* NATIVE */
        /*  5 */ IF_BIT(5, NUMBER_X32, MISSING, 6),
        /*  6 */ IF_EQUAL(6, __NR_ioctl, IOCTL, 7),
        /*  7 */ IF_EQUAL(7, __NR_socket, SOCKET, 8),
        /*  8 */ IF_EQUAL(8, IO_URING_SETUP, MISSING, ALLOW),

        /*  9 */ LOAD(NUMBER), /* COMPAT */
        /* 10 */ IF_EQUAL(10, IOCTL_COMPAT, IOCTL, 11),
        /* 11 */ IF_EQUAL(11, SOCKET_COMPAT, SOCKET, 12),
        /* 12 */ IF_EQUAL(12, IO_URING_SETUP, MISSING, 13),
        /* 13 */ IF_EQUAL(13, SOCKETCALL_COMPAT, 14, ALLOW),
        /* 14 */ LOAD(ARGUMENT(0)),
        /* 15 */ IF_EQUAL(15, SYS_SOCKET, NO_FAMILY, ALLOW),

        /* 16 */ LOAD(ARGUMENT(1)), /* IOCTL */
        /* 17 */ IF_EQUAL(17, TIOCSTI, DENY, 18),
        /* 18 */ IF_EQUAL(18, TIOCLINUX, DENY, ALLOW),

        /* 19 */ LOAD(ARGUMENT(0)), /* SOCKET */
        /* 20 */ IF_EQUAL(20, AF_UNIX, ALLOW, 21),
        /* 21 */ IF_EQUAL(21, AF_INET, ALLOW, 22),
        /* 22 */ IF_EQUAL(22, AF_INET6, ALLOW, 23),
        /* 23 */ IF_EQUAL(23, AF_NETLINK, ALLOW, NO_FAMILY), /* getaddrinfo(3) asks it */

        /* NO_FAMILY */ REFUSE(EAFNOSUPPORT),
        /* DENY      */ REFUSE(EPERM),
        /* MISSING   */ REFUSE(ENOSYS),
        /* ALLOW     */ RETURN(SECCOMP_RET_ALLOW),
    };
    /* clang-format on */
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};

    _Static_assert(sizeof program / sizeof program[0] == END, "a part has moved: mend the enum");
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
