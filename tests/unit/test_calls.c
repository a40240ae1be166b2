/* SPDX-License-Identifier: Apache-2.0
 * test_calls.c - the table of system calls; the programs made of it, run step by step for every
 * number on both machines and compared with the table; and run by the kernel in a child. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/filter.h"
#include "sandbox/filter/calls.h"

/* ---- the table ---------------------------------------------------------------------- */

static void test_rules(void **state)
{
    (void)state;
    for (const struct call_rule *r = call_rules; r < call_rules + call_nrules; r++) {
        if (!r->reason || strlen(r->reason) < 10 || strchr(r->reason, '\n'))
            fail_msg("%s: no reason", r->calls);
        if (r->error != EPERM && r->error != ENOSYS && r->error != EAFNOSUPPORT &&
            r->error != EPROTONOSUPPORT && r->error != EOPNOTSUPP)
            fail_msg("%s: an odd answer: %s", r->calls, strerror(r->error));
        if (r->calls[0] == '\0' || r->calls[0] == ' ' || strstr(r->calls, "  "))
            fail_msg("'%s' is no list of names", r->calls);
        assert_true(r->ntests <= CALL_TESTS);
        for (unsigned i = 0; i < r->ntests; i++) {
            const struct call_test *t = &r->tests[i];

            if (t->argument > 5 || t->mask == 0 || t->nvalues > CALL_VALUES ||
                (t->question == CALL_HAS) != (t->nvalues == 0))
                fail_msg("%s: test %u makes no sense", r->calls, i);
            for (unsigned v = 0; v < t->nvalues; v++)
                assert_int_equal(t->values[v] & ~t->mask, 0); /* or it could never be met */
        }
    }
}

/* What a rule must not forget, by name. */
static void test_names(void **state)
{
    static const char *const names[] = {
        /* the ancestor's */
        "ptrace", "process_vm_readv", "process_vm_writev", "keyctl", "add_key", "request_key",
        "personality", "userfaultfd", "perf_event_open", "bpf", "kexec_load", "kexec_file_load",
        "reboot", "syslog", "acct", "mount", "umount2", "pivot_root", "swapon", "swapoff",
        "sethostname", "setdomainname", "init_module", "finit_module", "delete_module", "ioperm",
        "iopl", "ioctl",
        /* 3G.152, 3G.153, 3G.154, 3G.155, 3G.159, 3F.137 and what belongs to them */
        "io_uring_setup", "io_uring_enter", "io_uring_register", "unshare", "clone", "clone3",
        "setns", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
        "mount_setattr", "open_tree_attr", "socket", "socketpair", "socketcall", "quotactl",
        "quotactl_fd", "modify_ldt", "vmsplice", "kcmp", "pidfd_getfd", "process_madvise",
        "open_by_handle_at", "name_to_handle_at", "fanotify_init", "chmod", "fchmod", "fchmodat",
        "fchmodat2", "mknod", "mknodat", "open", "openat", "openat2", "creat", "clock_settime",
        "settimeofday", "adjtimex"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t len = strlen(names[i]);
        bool found = false;

        for (size_t r = 0; r < call_nrules; r++) {
            for (const char *at = call_rules[r].calls; (at = strstr(at, names[i])); at += len)
                found = found || ((at == call_rules[r].calls || at[-1] == ' ') &&
                                  (at[len] == ' ' || at[len] == '\0'));
        }
        if (!found)
            fail_msg("no rule names %s", names[i]);
    }
}

/* ---- the programs, step by step ------------------------------------------------------- */

static const struct program {
    const char *name;
    const char *bytes;
    const uint64_t *size;
    bool nested;
} programs[] = {
    {"closed", filter_closed, &filter_closed_size, false},
    {"nested", filter_nested, &filter_nested_size, true},
};

static const struct machine {
    const char *name;
    uint32_t audit, library;
} machines[] = {
#if defined(__x86_64__)
    {"x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64},
    {"i386", AUDIT_ARCH_I386, SCMP_ARCH_X86},
#elif defined(__aarch64__)
    {"aarch64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64},
    {"arm", AUDIT_ARCH_ARM, SCMP_ARCH_ARM},
#else
    {"riscv64", AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64},
#endif
};

/* The few instructions that such a program may have. Anything else fails the test. */
static uint32_t run(const struct program *p, const struct seccomp_data *data)
{
    const struct sock_filter *code = (const struct sock_filter *)(const void *)p->bytes;
    size_t n = *p->size / sizeof *code, at = 0;
    uint32_t a = 0;

    while (at < n) {
        const struct sock_filter *i = &code[at++];
        bool yes = false;

        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            assert_true(i->k % 4 == 0 && i->k + 4 <= sizeof *data);
            memcpy(&a, (const char *)data + i->k, sizeof a);
            continue;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= i->k;
            continue;
        case BPF_JMP | BPF_JA:
            at += i->k;
            continue;
        case BPF_RET | BPF_K:
            return i->k;
        case BPF_JMP | BPF_JEQ | BPF_K:
            yes = a == i->k;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            yes = a >= i->k;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            yes = (a & i->k) != 0;
            break;
        default:
            fail_msg("%s: an instruction of code %x", p->name, i->code);
        }
        at += yes ? i->jt : i->jf;
    }
    fail_msg("%s: the program has no end", p->name);
    return 0;
}

static bool passes(const struct call_test *t, const struct seccomp_data *data)
{
    uint32_t value = (uint32_t)data->args[t->argument] & t->mask;
    bool among = false;

    for (unsigned i = 0; i < t->nvalues; i++)
        among = among || t->values[i] == value;
    return t->question == CALL_HAS ? value != 0 : among == (t->question == CALL_ONE_OF);
}

static bool fits(const struct call_rule *r, const struct seccomp_data *data)
{
    for (unsigned i = 0; i < r->ntests; i++) {
        if (!passes(&r->tests[i], data))
            return false;
    }
    return true;
}

static int number_of(const struct machine *m, const char *name)
{
    for (size_t i = 0; i < call_nnumbers; i++) {
        const struct call_number *known = &call_numbers[i];

        if (strcmp(known->name, name) == 0 &&
            (!known->machine || strcmp(known->machine, m->name) == 0))
            return (int)known->number;
    }
    return seccomp_syscall_resolve_name_arch(m->library, name);
}

static bool names_it(const struct call_rule *r, const struct machine *m, int number)
{
    char names[512];

    snprintf(names, sizeof names, "%s", r->calls);
    for (char *rest, *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        if (number_of(m, name) == number)
            return true;
    }
    return false;
}

/* What the table says of a call, as the kernel is told. `list`: the rules for its number. */
static uint32_t meant(const struct call_rule *const *list, const struct seccomp_data *data)
{
    if (data->nr < 0 || data->nr > CALL_NEWEST)
        return SECCOMP_RET_ERRNO | ENOSYS;
    for (; *list; list++) {
        if (fits(*list, data))
            return SECCOMP_RET_ERRNO | (uint32_t)(*list)->error;
    }
    return SECCOMP_RET_ALLOW;
}

/* Arguments out of what the table compares with, and of what lies beside it. */
static uint64_t argument(uint32_t *seed)
{
    const struct call_rule *r;
    const struct call_test *t;
    uint64_t value;

    do {
        *seed = *seed * 1664525 + 1013904223;
        r = &call_rules[(*seed >> 8) % call_nrules];
    } while (r->ntests == 0);
    t = &r->tests[(*seed >> 16) % r->ntests];
    value = t->nvalues ? t->values[(*seed >> 20) % t->nvalues] : t->mask & -t->mask;
    *seed = *seed * 1664525 + 1013904223;
    switch (*seed >> 28) {
    case 0:
        return value + 1;
    case 1:
        return value - 1;
    case 2:
        return value | 1ULL << 32;
    case 3:
        return value | 1ULL << 63;
    case 4:
        return value | SOCK_CLOEXEC | SOCK_NONBLOCK;
    case 5:
        return value | 1u << (*seed >> 8 & 31);
    case 6:
        return *seed;
    default:
        return value;
    }
}

static void compare(const struct program *p, const struct machine *m, int number)
{
    const struct call_rule *list[8] = {NULL};
    struct seccomp_data data = {.nr = number, .arch = m->audit};
    uint32_t seed = (uint32_t)number;
    size_t n = 0;

    for (const struct call_rule *r = call_rules; r < call_rules + call_nrules; r++) {
        if ((!p->nested || r->nested_too) && names_it(r, m, number)) {
            assert_true(n + 1 < ARRAY_LEN(list));
            list[n++] = r;
        }
    }
    for (int round = 0; round < (n ? 20000 : 4); round++) {
        for (size_t i = 0; i < ARRAY_LEN(data.args); i++)
            data.args[i] = argument(&seed);
        if (run(p, &data) != meant(list, &data))
            fail_msg("%s, %s: call %d of %llx %llx %llx %llx is answered %x instead of %x", p->name,
                     m->name, number, data.args[0], data.args[1], data.args[2], data.args[3],
                     run(p, &data), meant(list, &data));
    }
}

static void test_programs(void **state)
{
    static const int far[] = {0xf0000,    0xf0007,    0x3fffffff, 0x40000000, 0x40000027,
                              0x40000202, 0x7fffffff, -2,         -1}; /* the second row: x32 */

    (void)state;
    for (const struct program *p = programs; p < programs + ARRAY_LEN(programs); p++) {
        assert_int_equal(*p->size % sizeof(struct sock_filter), 0);
        for (const struct machine *m = machines; m < machines + ARRAY_LEN(machines); m++) {
            for (int number = 0; number <= 600; number++) /* 3G.152 */
                compare(p, m, number);
            for (size_t i = 0; i < ARRAY_LEN(far); i++)
                compare(p, m, far[i]);
        }
    }
}

static void test_other_machines(void **state)
{
    static const uint32_t others[] = {AUDIT_ARCH_MIPS, AUDIT_ARCH_PPC64LE, AUDIT_ARCH_S390X, 0,
                                      ~0U};

    (void)state;
    for (const struct program *p = programs; p < programs + ARRAY_LEN(programs); p++) {
        for (size_t i = 0; i < ARRAY_LEN(others); i++) {
            struct seccomp_data data = {.nr = SYS_getpid, .arch = others[i]};

            assert_int_equal(run(p, &data), SECCOMP_RET_ERRNO | ENOSYS);
        }
    }
}

/* ---- the kernel ----------------------------------------------------------------------- */

static int install(void)
{
    struct sock_fprog program = {(unsigned short)(filter_closed_size / sizeof(struct sock_filter)),
                                 (struct sock_filter *)(void *)filter_closed};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

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
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || install() < 0)
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
        cmocka_unit_test(test_rules),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_programs), cmocka_unit_test(test_other_machines),
        cmocka_unit_test(test_native),   cmocka_unit_test(test_compat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
