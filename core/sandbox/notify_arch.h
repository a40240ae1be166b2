/* SPDX-License-Identifier: Apache-2.0
 * notify_arch.h - the numbers of the 32-bit table beside the native one: asm/unistd_32.h, and the
 * syscall.tbl of arm. An architecture without such a table compares with itself. */
#ifndef FENCE_SANDBOX_NOTIFY_ARCH_H
#define FENCE_SANDBOX_NOTIFY_ARCH_H

#include <asm/unistd.h>
#include <linux/audit.h>

#if defined(__x86_64__)
#define NOTIFY_ARCH            AUDIT_ARCH_X86_64
#define NOTIFY_ARCH_COMPAT     AUDIT_ARCH_I386
#define NOTIFY_CONNECT_COMPAT  362
#define NOTIFY_SECCOMP_COMPAT  354
#define NOTIFY_EXECVE_COMPAT   11
#define NOTIFY_EXECVEAT_COMPAT 358
#define NOTIFY_SOCKETCALL      102
#define NOTIFY_X32             0x40000000u
#elif defined(__aarch64__)
#define NOTIFY_ARCH            AUDIT_ARCH_AARCH64
#define NOTIFY_ARCH_COMPAT     AUDIT_ARCH_ARM
#define NOTIFY_CONNECT_COMPAT  283
#define NOTIFY_SECCOMP_COMPAT  383
#define NOTIFY_EXECVE_COMPAT   11
#define NOTIFY_EXECVEAT_COMPAT 387
#define NOTIFY_SOCKETCALL      102         /* of the old ABI alone */
#define NOTIFY_X32             0x80000000u /* no such flag here: no number has this bit */
#elif defined(__riscv) && __riscv_xlen == 64
#define NOTIFY_ARCH            AUDIT_ARCH_RISCV64
#define NOTIFY_ARCH_COMPAT     AUDIT_ARCH_RISCV64
#define NOTIFY_CONNECT_COMPAT  __NR_connect
#define NOTIFY_SECCOMP_COMPAT  __NR_seccomp
#define NOTIFY_EXECVE_COMPAT   __NR_execve
#define NOTIFY_EXECVEAT_COMPAT __NR_execveat
#define NOTIFY_SOCKETCALL      0x80000000u /* there is none */
#define NOTIFY_X32             0x80000000u
#else
#error "the notification filter has no table for this architecture: add it above"
#endif

#endif
