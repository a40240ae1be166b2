/* SPDX-License-Identifier: Apache-2.0
 * filter_linux.c - refuses the few system calls that lead around the other walls, and nothing else.
 *
 * - TIOCSTI and TIOCLINUX: the command shares the terminal's session, so that job control works,
 * and these would let it type commands there that run after it, outside.
 * - socket, but for the families that end at the network namespace or at a path: the others know no
 *   such border (AF_VSOCK reaches the machine that this one is a guest of).
 * - io_uring_setup: its requests pass no filter, socket among them.
 * - add_key, request_key and keyctl: the user's keys. A session keyring of its own is not always to
 *   be had (spawn_linux.c), and the kernel's upcalls for a key run outside.
 *
 * The architecture is looked at first: the 32-bit table of the same machine has numbers of its own,
 * and any other table is refused whole. The kernel uses the low 32 bits of an ioctl's number and of
 * a family, and so does this. socketcall(2) hides its family behind a pointer: no socket comes from
 * there. */
#include "sandbox/filter.h"

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
#define ADD_KEY_COMPAT    286
#define NUMBER_X32        0x40000000u
#elif defined(__aarch64__)
#define ARCH_NATIVE       AUDIT_ARCH_AARCH64
#define ARCH_COMPAT       AUDIT_ARCH_ARM
#define IOCTL_COMPAT      54
#define SOCKET_COMPAT     281
#define SOCKETCALL_COMPAT 102 /* of the old ABI alone */
#define ADD_KEY_COMPAT    309
#define NUMBER_X32        0x80000000u /* no such flag here: no number has this bit */
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH_NATIVE       AUDIT_ARCH_RISCV64
#define ARCH_COMPAT       AUDIT_ARCH_RISCV64
#define IOCTL_COMPAT      __NR_ioctl
#define SOCKET_COMPAT     __NR_socket
#define SOCKETCALL_COMPAT __NR_socket
#define ADD_KEY_COMPAT    __NR_add_key
#define NUMBER_X32        0x80000000u
#else
#error "the seccomp filter has no table for this architecture: add it above"
#endif

/* add_key, request_key and keyctl follow each other in every table. */
#define KEY_CALLS 3

#define IO_URING_SETUP 425 /* the same in every table: new calls are, since 5.1 */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#else
#define LOW_HALF 4
#endif

/* Where the parts of the program below begin. */
enum {
    NATIVE = 4,
    COMPAT = 11,
    IOCTL = 20,
    SOCKET = 23,
    NO_FAMILY = 28,
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
#define IF_LESS(here, value, then, otherwise)  JUMP(BPF_JGE, here, value, otherwise, then)
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
        /*  8 */ IF_EQUAL(8, IO_URING_SETUP, MISSING, 9),
        /*  9 */ IF_LESS(9, __NR_add_key, ALLOW, 10),
        /* 10 */ IF_LESS(10, __NR_add_key + KEY_CALLS, DENY, ALLOW),

        /* 11 */ LOAD(NUMBER), /* COMPAT */
        /* 12 */ IF_EQUAL(12, IOCTL_COMPAT, IOCTL, 13),
        /* 13 */ IF_EQUAL(13, SOCKET_COMPAT, SOCKET, 14),
        /* 14 */ IF_EQUAL(14, IO_URING_SETUP, MISSING, 15),
        /* 15 */ IF_EQUAL(15, SOCKETCALL_COMPAT, 18, 16),
        /* 16 */ IF_LESS(16, ADD_KEY_COMPAT, ALLOW, 17),
        /* 17 */ IF_LESS(17, ADD_KEY_COMPAT + KEY_CALLS, DENY, ALLOW),
        /* 18 */ LOAD(ARGUMENT(0)),
        /* 19 */ IF_EQUAL(19, SYS_SOCKET, NO_FAMILY, ALLOW),

        /* 20 */ LOAD(ARGUMENT(1)), /* IOCTL */
        /* 21 */ IF_EQUAL(21, TIOCSTI, DENY, 22),
        /* 22 */ IF_EQUAL(22, TIOCLINUX, DENY, ALLOW),

        /* 23 */ LOAD(ARGUMENT(0)), /* SOCKET */
        /* 24 */ IF_EQUAL(24, AF_UNIX, ALLOW, 25),
        /* 25 */ IF_EQUAL(25, AF_INET, ALLOW, 26),
        /* 26 */ IF_EQUAL(26, AF_INET6, ALLOW, 27),
        /* 27 */ IF_EQUAL(27, AF_NETLINK, ALLOW, NO_FAMILY), /* getaddrinfo(3) asks it */

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
