/* SPDX-License-Identifier: Apache-2.0
 * calls.c - the rules, each with its reason. What the kernel refuses by itself to a process without
 * capabilities stands here too where it has been the door of an exploit: two locks.
 *
 * EPERM is what programs expect of a call they may not make; ENOSYS tells them that the kernel has
 * no such call, and they take the older one. */
#include "sandbox/filter/calls.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ALL       0xffffffffu
#define QUERY     0xffffffffu /* personality(2): tells, and changes nothing */
#define TYPE      0xfu        /* of a socket, without SOCK_CLOEXEC and SOCK_NONBLOCK */
#define ROUTES    0           /* NETLINK_ROUTE */
#define NETFILTER 12          /* NETLINK_NETFILTER */

#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)
#define TIME_NAMESPACE 0x80u /* CLONE_NEWTIME; of clone(2) these bits are a signal */

#define COUNT(...) (sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define ONE_OF(argument, mask, ...)                                                                \
    {                                                                                              \
        argument, CALL_ONE_OF, mask, COUNT(__VA_ARGS__),                                           \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define NONE_OF(argument, mask, ...)                                                               \
    {                                                                                              \
        argument, CALL_NONE_OF, mask, COUNT(__VA_ARGS__),                                          \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define HAS(argument, bits)                                                                        \
    {                                                                                              \
        argument, CALL_HAS, bits, 0,                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

#define IS_DEVICE(argument) ONE_OF(argument, S_IFMT, S_IFCHR, S_IFBLK)
#define INTERNET            ONE_OF(0, ALL, AF_INET, AF_INET6)

#define ALWAYS        true
#define UNLESS_NESTED false
#define SETUID_REASON "a setuid file in the project would give its owner's rights to all outside"
#define MOUNTS_REASON "the mounts are a wall; none is changed in a sandbox"
#define FAMILY_REASON "only these families end at the network namespace or at a path"
#define DEVICE_REASON                                                                              \
    "a device node is a door to the machine; 0 is none: a whiteout, and what Landlock is proved "  \
    "by"
#define HARDWARE_REASON "speaks to the machine itself"

/* clang-format off */
const struct call_rule call_rules[] = {
    /* ---- other processes ---- */
    {"ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp", EPERM, ALWAYS,
     "process 1 of the sandbox and other commands of the user are not to be read or steered", 0, {{0}}},

    /* ---- namespaces and mounts ---- */
    {"unshare", EPERM, UNLESS_NESTED,
     "a user namespace gives back every capability within it, and most of the kernel to attack",
     1, {HAS(0, NAMESPACES | TIME_NAMESPACE)}},
    {"clone", EPERM, UNLESS_NESTED, "makes namespaces as unshare does", 1, {HAS(0, NAMESPACES)}},
    {"clone3", ENOSYS, UNLESS_NESTED,
     "its flags lie in memory, where they cannot be looked at; everyone falls back to clone", 0, {{0}}},
    {"setns", EPERM, UNLESS_NESTED, "enters a namespace by descriptor", 0, {{0}}},
    {"mount umount umount2 pivot_root", EPERM, UNLESS_NESTED, MOUNTS_REASON, 0, {{0}}},
    {"open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr open_tree_attr", EPERM,
     UNLESS_NESTED, MOUNTS_REASON " (the newer calls for it)", 0, {{0}}},
    {"chroot", EPERM, UNLESS_NESTED,
     "nobody without a capability has it, and a folder of one's own making as / has fooled many", 0, {{0}}},

    /* ---- the terminal ---- */
    {"ioctl", EPERM, ALWAYS, "types commands at the user's terminal, which run there afterwards",
     1, {ONE_OF(1, ALL, TIOCSTI, TIOCLINUX)}},
    {"ioctl", EPERM, ALWAYS,
     "loads line disciplines into the kernel, old drivers that are reached by nothing else",
     1, {ONE_OF(1, ALL, TIOCSETD)}},

    /* ---- sockets ---- */
    {"socket", EAFNOSUPPORT, ALWAYS, FAMILY_REASON "; AF_VSOCK leads to the machine's own host",
     1, {NONE_OF(0, ALL, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK)}},
    {"socket", EPERM, ALWAYS, "a datagram goes to any path there is, without a connection",
     2, {ONE_OF(0, ALL, AF_UNIX), NONE_OF(1, TYPE, SOCK_STREAM, SOCK_SEQPACKET)}},
    {"socket", EPERM, ALWAYS, "raw packets, and SOCK_PACKET, which is AF_PACKET by another name",
     2, {INTERNET, NONE_OF(1, TYPE, SOCK_STREAM, SOCK_DGRAM)}},
    {"socket", EPROTONOSUPPORT, ALWAYS,
     "MPTCP, SCTP, SMC and the like: programs fall back to TCP, and so need no walls of their own",
     2, {INTERNET, NONE_OF(2, ALL, 0, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6)}},
    {"socket", EPROTONOSUPPORT, ALWAYS,
     "getaddrinfo asks for addresses and routes, and inner makes a socket of netfilter for the host, of no use "
     "without a capability; the other protocols of netlink are for a system's own programs",
     2, {ONE_OF(0, ALL, AF_NETLINK), NONE_OF(2, ALL, ROUTES, NETFILTER)}},
    {"socketpair", EOPNOTSUPP, ALWAYS, FAMILY_REASON ", and only AF_UNIX and AF_TIPC have pairs",
     1, {NONE_OF(0, ALL, AF_UNIX)}},
    {"socketpair", EPERM, ALWAYS,
     "one end of a datagram pair sends to any path, or is connected to it",
     1, {NONE_OF(1, TYPE, SOCK_STREAM, SOCK_SEQPACKET)}},
    {"socketcall", EAFNOSUPPORT, ALWAYS, "its family lies in memory; 32-bit programs have socket too",
     1, {ONE_OF(0, ALL, SYS_SOCKET)}},
    {"socketcall", EPERM, ALWAYS, "its type lies in memory; 32-bit programs have socketpair too",
     1, {ONE_OF(0, ALL, SYS_SOCKETPAIR)}},

    /* ---- files ---- */
    {"chmod fchmod", EPERM, ALWAYS, SETUID_REASON, 1, {HAS(1, S_ISUID)}},
    {"fchmodat fchmodat2", EPERM, ALWAYS, SETUID_REASON, 1, {HAS(2, S_ISUID)}},
    {"creat", EPERM, ALWAYS, SETUID_REASON, 1, {HAS(1, S_ISUID)}},
    {"open", EPERM, ALWAYS, SETUID_REASON "; without O_CREAT the mode is anything",
     2, {HAS(1, O_CREAT | (O_TMPFILE & ~O_DIRECTORY)), HAS(2, S_ISUID)}},
    {"openat", EPERM, ALWAYS, SETUID_REASON "; without O_CREAT the mode is anything",
     2, {HAS(2, O_CREAT | (O_TMPFILE & ~O_DIRECTORY)), HAS(3, S_ISUID)}},
    {"openat2", ENOSYS, UNLESS_NESTED,
     "its mode lies in memory, see openat, which everyone falls back to; a fence within needs it", 0, {{0}}},
    {"mknod", EPERM, ALWAYS, SETUID_REASON, 1, {HAS(1, S_ISUID)}},
    {"mknod", EPERM, ALWAYS, DEVICE_REASON, 2, {IS_DEVICE(1), NONE_OF(2, ALL, 0)}},
    {"mknodat", EPERM, ALWAYS, SETUID_REASON, 1, {HAS(2, S_ISUID)}},
    {"mknodat", EPERM, ALWAYS, DEVICE_REASON, 2, {IS_DEVICE(2), NONE_OF(3, ALL, 0)}},
    {"open_by_handle_at name_to_handle_at", EPERM, ALWAYS,
     "opens files by number, past every mount", 0, {{0}}},
    {"fanotify_init", EPERM, ALWAYS, "watches files of all the machine; inotify is there", 0, {{0}}},
    {"quotactl quotactl_fd", EPERM, ALWAYS, "tells and sets what is the file system's owner's", 0, {{0}}},

    /* ---- keys ---- */
    {"add_key request_key keyctl", EPERM, ALWAYS,
     "the user's keys; and for a key that is not there the kernel runs a program outside", 0, {{0}}},

    /* ---- ways past this filter, and parts of the kernel that exploits begin with ---- */
    {"io_uring_setup io_uring_enter io_uring_register", ENOSYS, ALWAYS,
     "its requests pass no filter, socket and openat among them", 0, {{0}}},
    {"userfaultfd", EPERM, ALWAYS, "holds the kernel still in the middle of a copy: races are won by it", 0, {{0}}},
    {"bpf perf_event_open", EPERM, ALWAYS, "programs and probes that run in the kernel", 0, {{0}}},
    {"vmsplice", EPERM, ALWAYS,
     "gives the kernel pages that can be changed afterwards; who uses it has writev", 0, {{0}}},
    {"modify_ldt vm86 vm86old", EPERM, ALWAYS, "segments of 16 bits, a rich source of holes", 0, {{0}}},
    {"personality", EPERM, ALWAYS,
     "READ_IMPLIES_EXEC and its like undo hardening; what setarch and debuggers use remains: the "
     "query, the usual one, 32 bits, and addresses that are not shuffled (their own alone)",
     1, {NONE_OF(0, ALL, QUERY, PER_LINUX, PER_LINUX32, ADDR_NO_RANDOMIZE,
                 PER_LINUX32 | ADDR_NO_RANDOMIZE)}},
    {"lookup_dcookie nfsservctl _sysctl uselib", EPERM, ALWAYS, "left over from older kernels", 0, {{0}}},

    /* ---- the machine ---- */
    {"reboot kexec_load kexec_file_load", EPERM, ALWAYS, "ends or replaces the system", 0, {{0}}},
    {"init_module finit_module delete_module create_module", EPERM, ALWAYS, "changes the kernel", 0, {{0}}},
    {"syslog", EPERM, ALWAYS, "the kernel's log tells of other users, and of its addresses", 0, {{0}}},
    {"acct swapon swapoff vhangup", EPERM, ALWAYS, HARDWARE_REASON, 0, {{0}}},
    {"iopl ioperm", EPERM, ALWAYS, HARDWARE_REASON, 0, {{0}}},
    {"sethostname setdomainname", EPERM, ALWAYS, "the sandbox's name was given to it", 0, {{0}}},
    {"settimeofday stime clock_settime clock_settime64 adjtimex clock_adjtime clock_adjtime64", EPERM,
     ALWAYS, "the clock is everybody's", 0, {{0}}},
};
const size_t call_nrules = sizeof call_rules / sizeof call_rules[0];

const struct call_number call_numbers[] = {
    {"fchmodat2", NULL, 452},
    {"open_tree_attr", NULL, 467},
    {"quotactl_fd", NULL, 443},
    {"process_madvise", NULL, 440},
    {"mount_setattr", NULL, 442},
    {"socket", "i386", 359},
    {"socketpair", "i386", 360},
};
const size_t call_nnumbers = sizeof call_numbers / sizeof call_numbers[0];
/* clang-format on */
