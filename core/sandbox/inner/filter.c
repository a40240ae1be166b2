/* SPDX-License-Identifier: Apache-2.0
 * filter.c - refuses the two ioctls that put words into the user's terminal.
 *
 * The command shares the terminal's session, so that job control works; TIOCSTI and TIOCLINUX
 * would let it type commands there that run after it, outside. The architecture is looked at
 * first: the 32-bit table of the same machine has numbers of its own, and any other table is
 * refused whole. The kernel uses the low 32 bits of an ioctl's number, and so does this. */
#include "sandbox/inner/filter.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* The 32-bit table beside the native one. Both of those below have ioctl at 54 (asm/unistd_32.h,
 * arch/arm syscall.tbl). An architecture without an entry here compares with itself. */
#if defined(__x86_64__)
#define ARCH_NATIVE  AUDIT_ARCH_X86_64
#define ARCH_COMPAT  AUDIT_ARCH_I386
#define IOCTL_COMPAT 54
#define NUMBER_X32   0x40000000u
#elif defined(__aarch64__)
#define ARCH_NATIVE  AUDIT_ARCH_AARCH64
#define ARCH_COMPAT  AUDIT_ARCH_ARM
#define IOCTL_COMPAT 54
#define NUMBER_X32   0x80000000u /* no such flag here: no number has this bit */
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH_NATIVE  AUDIT_ARCH_RISCV64
#define ARCH_COMPAT  AUDIT_ARCH_RISCV64
#define IOCTL_COMPAT __NR_ioctl
#define NUMBER_X32   0x80000000u
#else
#error "the seccomp filter has no table for this architecture: add it above"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#else
#define LOW_HALF 4
#endif

#define LOAD(where) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (where))
#define IF_EQUAL(value, then, otherwise)                                                           \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), then, otherwise)
#define IF_BIT(bits, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), then, otherwise)
#define RETURN(action)                BPF_STMT(BPF_RET | BPF_K, (action))

int filter_install(void)
{
    /* clang-format off */
    struct sock_filter program[] = {
        /*  0 */ LOAD(offsetof(struct seccomp_data, arch)),
        /*  1 */ IF_EQUAL(ARCH_NATIVE, 2, 0),
        /*  2 */ IF_EQUAL(ARCH_COMPAT, 4, 0),
        /*  3 */ RETURN(SECCOMP_RET_ERRNO | ENOSYS),
        /*  4 */ LOAD(offsetof(struct seccomp_data, nr)),
        /*  5 */ IF_BIT(NUMBER_X32, 8, 0),
        /*  6 */ IF_EQUAL(__NR_ioctl, 2, 6),
        /*  7 */ LOAD(offsetof(struct seccomp_data, nr)),
        /*  8 */ IF_EQUAL(IOCTL_COMPAT, 0, 4),
        /*  9 */ LOAD(offsetof(struct seccomp_data, args[1]) + LOW_HALF),
        /* 10 */ IF_EQUAL(TIOCSTI, 1, 0),
        /* 11 */ IF_EQUAL(TIOCLINUX, 0, 1),
        /* 12 */ RETURN(SECCOMP_RET_ERRNO | EPERM),
        /* 13 */ RETURN(SECCOMP_RET_ALLOW),
        /* 14 */ RETURN(SECCOMP_RET_ERRNO | ENOSYS),
    };
    /* clang-format on */
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
