/* SPDX-License-Identifier: Apache-2.0
 * attempts.c - tries system calls, each in a child of its own, and prints "NAME: ok" or the error's
 * name. What must come of them is the business of seccomp_spec.lua, which builds this for 64 and
 * for 32 bits. Writes to the current folder, where the file "file" has to be; arguments that could
 * do harm are wrong ones, so that another error comes of them where the call is made. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH(value) ((long)((uint64_t)(value) | UINT64_C(1) << 32)) /* lost on 32 bits */
#define P(...)      ((long)(uintptr_t)(__VA_ARGS__))
#define HERE        AT_FDCWD
#define SETUID      04755
#define NAMESPACE   CLONE_NEWUSER
#define NOWHERE     P("/nonexistent")

static int two[2];

struct attempt {
    const char *name;
    long number;
    long a[5];
};

/* Numbers above 423 are the same everywhere, and headers may be older than they are. */
static const struct attempt attempts[] = {
    {"ptrace", SYS_ptrace, {0}},
    {"process_vm_readv", SYS_process_vm_readv, {0}},
    {"process_vm_writev", SYS_process_vm_writev, {0}},
    {"process_madvise", 440, {-1}},
    {"pidfd_getfd", 438, {-1}},
    {"kcmp", SYS_kcmp, {0}},
    {"unshare a user namespace", SYS_unshare, {NAMESPACE}},
    {"unshare with a high bit", SYS_unshare, {HIGH(NAMESPACE)}},
    {"unshare mounts", SYS_unshare, {CLONE_NEWNS}},
    {"unshare a time namespace", SYS_unshare, {0x80}},
    {"unshare the current folder", SYS_unshare, {CLONE_FS}},
    {"clone into a user namespace", SYS_clone, {NAMESPACE | SIGCHLD}},
    {"clone", SYS_clone, {SIGCHLD}},
    {"clone3", 435, {0}},
    {"setns", SYS_setns, {-1}},
    {"mount", SYS_mount, {0}},
    {"umount2", SYS_umount2, {NOWHERE}},
    {"pivot_root", SYS_pivot_root, {NOWHERE, NOWHERE}},
    {"open_tree", 428, {HERE, NOWHERE}},
    {"move_mount", 429, {HERE, NOWHERE, HERE, NOWHERE}},
    {"fsopen", 430, {P("nonexistent"), 0}},
    {"fsconfig", 431, {-1, 99}},
    {"fsmount", 432, {-1}},
    {"fspick", 433, {HERE, NOWHERE}},
    {"mount_setattr", 442, {-1}},
    {"chroot", SYS_chroot, {NOWHERE}},
    {"TIOCSTI", SYS_ioctl, {-1, TIOCSTI}},
    {"TIOCLINUX", SYS_ioctl, {-1, TIOCLINUX}},
    {"TIOCSETD", SYS_ioctl, {-1, TIOCSETD}},
    {"TIOCSTI with a high bit", SYS_ioctl, {-1, HIGH(TIOCSTI)}},
    {"another ioctl", SYS_ioctl, {-1, TIOCGWINSZ}},
    {"unix stream", SYS_socket, {AF_UNIX, SOCK_STREAM}},
    {"unix seqpacket", SYS_socket, {AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC}},
    {"unix datagram", SYS_socket, {AF_UNIX, SOCK_DGRAM}},
    {"unix datagram with flags", SYS_socket, {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK}},
    {"unix datagram with a high bit", SYS_socket, {HIGH(AF_UNIX), HIGH(SOCK_DGRAM)}},
    {"unix raw", SYS_socket, {AF_UNIX, SOCK_RAW}},
    {"pair of streams", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, P(two)}},
    {"pair of seqpackets", SYS_socketpair, {AF_UNIX, SOCK_SEQPACKET, 0, P(two)}},
    {"pair of datagrams", SYS_socketpair, {AF_UNIX, SOCK_DGRAM, 0, P(two)}},
    {"pair of datagrams, flags", SYS_socketpair, {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, P(two)}},
    {"pair of datagrams, high bit", SYS_socketpair, {AF_UNIX, HIGH(SOCK_DGRAM), 0, P(two)}},
    {"pair of raw ones", SYS_socketpair, {AF_UNIX, SOCK_RAW, 0, P(two)}},
    {"tcp", SYS_socket, {AF_INET, SOCK_STREAM, IPPROTO_TCP}},
    {"udp over ipv6", SYS_socket, {AF_INET6, SOCK_DGRAM, IPPROTO_UDP}},
    {"raw", SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_UDP}},
    {"raw over ipv6", SYS_socket, {AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP}},
    {"SOCK_PACKET", SYS_socket, {AF_INET, 10, 0x300}},
    {"mptcp", SYS_socket, {AF_INET, SOCK_STREAM, 262}},
    {"mptcp with a high bit", SYS_socket, {AF_INET6, SOCK_STREAM, HIGH(262)}},
    {"routes", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
    {"device events", SYS_socket, {AF_NETLINK, SOCK_DGRAM, 15}},
    {"packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
    {"vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}},
    {"fchmod setuid", SYS_fchmod, {-1, SETUID}},
    {"fchmodat setuid", SYS_fchmodat, {HERE, P("file"), SETUID}},
    {"fchmodat setuid, high bit", SYS_fchmodat, {HERE, P("file"), HIGH(SETUID)}},
    {"fchmodat setgid", SYS_fchmodat, {HERE, P("file"), 02755}},
    {"fchmodat sticky", SYS_fchmodat, {HERE, P("file"), 01755}},
    {"openat setuid", SYS_openat, {HERE, P("new"), O_CREAT | O_WRONLY, SETUID}},
    {"openat setuid, no name", SYS_openat, {HERE, P("."), O_TMPFILE | O_WRONLY, SETUID}},
    {"openat with a mode", SYS_openat, {HERE, P("file"), O_RDONLY, SETUID}},
    {"openat a folder with a mode", SYS_openat, {HERE, P("."), O_RDONLY | O_DIRECTORY, SETUID}},
    {"openat setgid", SYS_openat, {HERE, P("new"), O_CREAT | O_WRONLY, 02755}},
    {"openat2", 437, {HERE, P("file"), 0, 0}},
    {"mknodat setuid", SYS_mknodat, {HERE, P("node"), S_IFREG | SETUID}},
    {"mknodat a pipe", SYS_mknodat, {HERE, P("node"), S_IFIFO | 0644}},
    {"mknodat a device", SYS_mknodat, {HERE, P("node"), S_IFCHR | 0644, 0x103}},
    {"mknodat a whiteout", SYS_mknodat, {HERE, P("node"), S_IFCHR | 0644, 0}},
    {"mknodat a disk", SYS_mknodat, {HERE, P("node"), S_IFBLK | 0644, 0x700}},
#ifdef SYS_open
    {"chmod setuid", SYS_chmod, {P("file"), SETUID}},
    {"chmod setgid", SYS_chmod, {P("file"), 02755}},
    {"creat setuid", SYS_creat, {P("new"), SETUID}},
    {"open setuid", SYS_open, {P("new"), O_CREAT | O_WRONLY, SETUID}},
    {"open setuid, no name", SYS_open, {P("."), O_TMPFILE | O_WRONLY, SETUID}},
    {"open with a mode", SYS_open, {P("file"), O_RDONLY, SETUID}},
    {"mknod setuid", SYS_mknod, {P("node"), S_IFREG | SETUID}},
    {"mknod a whiteout", SYS_mknod, {P("node"), S_IFCHR | 0644}},
#endif
    {"name_to_handle_at", SYS_name_to_handle_at, {HERE, P("file"), 0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0}},
    {"fanotify_init", SYS_fanotify_init, {0x200}},
    {"inotify_init1", SYS_inotify_init1, {0}},
    {"quotactl", SYS_quotactl, {-1, NOWHERE}},
    {"quotactl_fd", 443, {-1}},
    {"add_key", SYS_add_key, {0}},
    {"request_key", SYS_request_key, {0}},
    {"keyctl", SYS_keyctl, {-1}},
    {"io_uring_setup", 425, {0}},
    {"io_uring_enter", 426, {-1}},
    {"io_uring_register", 427, {-1}},
    {"userfaultfd", SYS_userfaultfd, {1}},
    {"bpf", SYS_bpf, {-1}},
    {"perf_event_open", SYS_perf_event_open, {0}},
    {"vmsplice", SYS_vmsplice, {-1}},
    {"personality: query", SYS_personality, {-1}},
    {"personality: usual", SYS_personality, {0}},
    {"personality: 32 bits", SYS_personality, {8}},
    {"personality: not shuffled", SYS_personality, {0x40000}},
    {"personality: READ_IMPLIES_EXEC", SYS_personality, {0x400000}},
    {"personality: with a high bit", SYS_personality, {HIGH(0x400000)}},
    {"personality: MMAP_PAGE_ZERO", SYS_personality, {0x100000}},
    {"reboot", SYS_reboot, {0}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, 0xffff}},
    {"init_module", SYS_init_module, {0}},
    {"delete_module", SYS_delete_module, {P("nonexistent")}},
    {"syslog", SYS_syslog, {10}},
    {"acct", SYS_acct, {NOWHERE}},
    {"swapon", SYS_swapon, {NOWHERE}},
    {"swapoff", SYS_swapoff, {NOWHERE}},
    {"sethostname", SYS_sethostname, {0, -1}},
    {"setdomainname", SYS_setdomainname, {0, -1}},
    {"settimeofday", SYS_settimeofday, {8}},
    {"clock_settime", SYS_clock_settime, {99}},
    {"adjtimex", SYS_adjtimex, {0}},
    {"clock_adjtime", SYS_clock_adjtime, {0}},
#ifdef SYS_modify_ldt
    {"modify_ldt", SYS_modify_ldt, {0}},
    {"iopl", SYS_iopl, {0}},
    {"ioperm", SYS_ioperm, {0, 1, 0}},
#endif
#ifdef SYS_socketcall
    {"socketcall: socket", SYS_socketcall, {1, P((const long[]){AF_UNIX, SOCK_DGRAM, 0})}},
    {"socketcall: pair", SYS_socketcall, {8, P((const long[]){AF_UNIX, SOCK_DGRAM, 0, P(two)})}},
    {"socketcall: listen", SYS_socketcall, {4, P((const long[]){-1, 1})}},
#endif
    {"landlock", 444, {0, 0, 1}},
    {"seccomp", SYS_seccomp, {2, 0, P((const char[]){0})}},
    {"futex_waitv", 449, {0}},
    {"memfd_create", SYS_memfd_create, {P("x"), 0}},
    {"a call of no kernel", 4711, {0}},
};

static int outcome(const struct attempt *t)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(syscall(t->number, t->a[0], t->a[1], t->a[2], t->a[3], t->a[4]) < 0 ? errno : 0);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static const char *name_of(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {0, "ok"},
        {EPERM, "EPERM"},
        {ENOSYS, "ENOSYS"},
        {EAFNOSUPPORT, "EAFNOSUPPORT"},
        {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
        {EOPNOTSUPP, "EOPNOTSUPP"},
        {EBADF, "EBADF"},
        {EINVAL, "EINVAL"},
        {EFAULT, "EFAULT"},
        {ENOENT, "ENOENT"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].error == error)
            return names[i].name;
    }
    return "another";
}

int main(void)
{
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        printf("%s: %s\n", attempts[i].name, name_of(outcome(&attempts[i])));
        unlink("new");
        unlink("node");
    }
    return 0;
}
