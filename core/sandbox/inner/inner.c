/* SPDX-License-Identifier: Apache-2.0
 * inner.c - the helper that starts inside the sandbox, as its process 1: its child makes the
 * listening sockets there, proves that nothing else leads out, hands the sockets to the host, and
 * becomes the command.
 *
 * Static, without a capability, of a few pages: so without stdio and malloc. It
 * decides nothing: what it finds it reports, and it starts the command only when the host says so.
 * If the host is gone, it ends.
 *
 *   fence-inner CONTROL[,TERMINAL] COMMAND [ARG...]
 *
 *   CONTROL    the number of the socketpair's descriptor
 *   TERMINAL   of a terminal that is to be the command's own */
#include "sandbox/inner/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/capture_make.h"
#include "sandbox/inner/execute.h"

#ifndef MSG_PROBE
#define MSG_PROBE 0x10 /* linux/socket.h; not in every C library */
#endif

#define BACKLOG       511 /* the host listens again with its own; never less than that */
#define EXIT_NO_FENCE 125

#define LANDLOCK_RESTRICT_SELF 446 /* the same in every table; older headers have none */

union control { /* room and alignment for descriptors, cmsg(3) */
    struct cmsghdr header;
    char bytes[CMSG_SPACE(INNER_MOST * sizeof(int))];
};
_Static_assert(INNER_LISTENERS + CAPTURE_SOCKETS <= INNER_MOST, "they go in one message");
_Static_assert(INNER_GO_FDS <= INNER_MOST, "what the host sends has to fit as well");

static int send_with_fds(int control, const void *bytes, size_t len, const int *fds, size_t nfds)
{
    struct iovec part = {(void *)bytes, len};
    union control room = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct cmsghdr *header;

    if (nfds > 0) {
        message.msg_control = room.bytes;
        message.msg_controllen = CMSG_SPACE(nfds * sizeof *fds);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(nfds * sizeof *fds);
        memcpy(CMSG_DATA(header), fds, nfds * sizeof *fds);
    }
    return sendmsg(control, &message, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

/* Returns 0 with the descriptors that came along (-1: none), or -1 when the host is gone or said
 * something else. */
static int receive_go(int control, struct inner_go *go, int fds[INNER_GO_FDS])
{
    struct iovec part = {go, sizeof *go};
    union control room;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    struct cmsghdr *header;

    memset(fds, -1, INNER_GO_FDS * sizeof *fds);
    if (recvmsg(control, &message, 0) != sizeof *go || go->version != INNER_VERSION)
        return -1;
    header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len <= CMSG_LEN(INNER_GO_FDS * sizeof *fds))
        memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    return 0;
}

/* Does the kernel know a way to the outside? MSG_PROBE asks the routing table and sends nothing; a
 * connect(2) would be the host's answer, and not the kernel's. An address family that is not there
 * is no way either. */
static int way_out(const struct sockaddr *to, socklen_t len)
{
    int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int found;

    if (fd < 0)
        return 0;
    found = sendto(fd, "", 0, MSG_PROBE | MSG_NOSIGNAL, to, len) == 0;
    close(fd);
    return found;
}

static int way_out_ipv4(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};

    to.sin_addr.s_addr = htonl(0xcb00710b); /* 203.0.113.11: documentation, RFC 5737 */
    return way_out((struct sockaddr *)&to, sizeof to);
}

static int way_out_ipv6(void)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(53)};

    to.sin6_addr.s6_addr[0] = 0x20; /* 2001:db8::b: documentation, RFC 3849 */
    to.sin6_addr.s6_addr[1] = 0x01;
    to.sin6_addr.s6_addr[2] = 0x0d;
    to.sin6_addr.s6_addr[3] = 0xb8;
    to.sin6_addr.s6_addr[15] = 0x0b;
    return way_out((struct sockaddr *)&to, sizeof to);
}

/* The kernel looks at the mount before it looks at the folder's permissions, so that EROFS is the
 * answer whoever asks: open(2), O_TMPFILE. */
static int root_is_read_only(void)
{
    int fd = open("/", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EROFS;
}

/* XDG_RUNTIME_DIR is a folder of the sandbox's own; bubblewrap 0.4 makes it 0755, and programs look
 * for 0700. Where it cannot be had, nothing depends on it. */
static void close_runtime_dir(void)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");

    if (dir)
        chmod(dir, 0700);
}

static enum inner_step open_listener(int *out, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*out < 0)
        return INNER_SOCKET;
    if (bind(*out, (struct sockaddr *)&at, sizeof at) < 0)
        return INNER_BIND;
    return listen(*out, BACKLOG) < 0 ? INNER_LISTEN : INNER_READY;
}

/* Makes sockets that have no address and hands them out: whoever binds or connects one stays in
 * here with it. A machine without IPv6 has none of that family. */
static enum inner_step make_sockets(int control, int family, uint32_t count)
{
    struct inner_report report = {INNER_VERSION, INNER_SOCKETS, 0, 0};
    int fds[INNER_MOST];
    uint32_t made = 0;
    int sent;

    for (; made < count && made < INNER_MOST; made++) {
        fds[made] = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fds[made] < 0 && family == AF_INET6 && made == 0 && errno == EAFNOSUPPORT)
            break;
        if (fds[made] < 0)
            return INNER_SOCKET;
    }
    sent = send_with_fds(control, &report, sizeof report, fds, made);
    for (uint32_t i = 0; sent == 0 && i < made; i++)
        close(fds[i]);
    return sent == 0 ? INNER_READY : INNER_SOCKET;
}

static enum inner_step prepare(int listeners[INNER_LISTENERS], const struct inner_order *order)
{
    for (int i = 0; i < INNER_LISTENERS; i++) {
        enum inner_step step = open_listener(&listeners[i], order->ports[i]);

        if (step != INNER_READY)
            return step;
    }
    errno = 0;
    if (way_out_ipv4())
        return INNER_NETWORK_IPV4;
    if (way_out_ipv6())
        return INNER_NETWORK_IPV6;
    if (order->root_read_only && !root_is_read_only())
        return INNER_ROOT_WRITABLE;
    return INNER_READY;
}

/* With a limit of exactly one byte the kernel feeds no core to the host's program for them either
 * (core_pattern with a pipe, core(5)), which would run outside on what the command has written.
 * Where the limit is 0 for good it cannot be had, and that program is told the 0. */
static void refuse_cores(void)
{
    static const struct rlimit one = {1, 1};

    setrlimit(RLIMIT_CORE, &one);
}

/* The second wall around files: everything from here on is behind it, and no_new_privs is set. No
 * rule of it allows a block device, and nobody in here has the capability to make one: EACCES is
 * Landlock's answer, which comes first, and EPERM that of a kernel without it. Nothing is made. */
static enum inner_step enter_wall(const struct inner_go *go, int ruleset)
{
    if (syscall(LANDLOCK_RESTRICT_SELF, ruleset, go->wall_flags) < 0)
        return INNER_LANDLOCK;
    if (mknod("/tmp/.fence-proof", S_IFBLK | 0600, 0) == 0 || errno != EACCES)
        return INNER_LANDLOCK_OPEN;
    return INNER_EXECUTE;
}

/* Not bubblewrap's own environment, which is empty: inner.h says how the file is laid out. */
static enum inner_step take_environment(int fd)
{
    struct stat st;
    char *base;
    uintptr_t *entry;

    if (fstat(fd, &st) < 0)
        return INNER_ENVIRONMENT;
    base = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (base == MAP_FAILED)
        return INNER_ENVIRONMENT;
    environ = (char **)(void *)base;
    for (entry = (uintptr_t *)(void *)base; *entry != 0; entry++)
        *entry += (uintptr_t)base;
    return INNER_EXECUTE;
}

/* As bubblewrap is started by fence: what arrives before the command starts is held back until
 * then; the host may send signals as soon as we have reported. */
static void hold_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

/* The host has handlers and ignores signals of its own. The command starts as if it had been
 * started from the shell. */
static void restore_signals(uint64_t ignored)
{
    for (int signum = 1; signum <= 64; signum++)
        signal(signum, ignored >> (signum - 1) & 1 ? SIG_IGN : SIG_DFL);
}

/* Nothing but 0, 1 and 2 reaches the command. CONTROL closes when it starts: that tells the host.
 */
static int close_the_rest(int control)
{
    if (fcntl(control, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    if (control > 3 && syscall(SYS_close_range, 3, control - 1, 0) < 0)
        return -1;
    return (int)syscall(SYS_close_range, control + 1, ~0U, 0);
}

/* The descriptor's number, up to a comma; anything else is none, and fails in recv(2). */
static int number(const char *digits)
{
    int value = 0;

    for (; *digits && *digits != ','; digits++) {
        if (*digits < '0' || *digits > '9' || value > 99999999)
            return -1;
        value = value * 10 + (*digits - '0');
    }
    return value;
}

/* -1: it gets none. */
static int terminal_of(const char *word)
{
    const char *comma = strchr(word, ',');

    return comma ? number(comma + 1) : -1;
}

/* Process 1 leads the session: so the command is a job with somebody behind it, and Ctrl-Z stops
 * it. The kernel lets only a session's leader take a terminal. */
static int lead_session(int terminal)
{
    return setsid() < 0 ? -1 : ioctl(terminal, TIOCSCTTY, 0);
}

/* Every signal is blocked, or the kernel would stop us for it. */
static int come_to_the_front(int terminal)
{
    return setpgid(0, 0) < 0 ? -1 : tcsetpgrp(terminal, getpid());
}

static int report_failure(char **argv, enum inner_step step)
{
    struct inner_report report = {INNER_VERSION, step, errno, 0};

    send_with_fds(number(argv[1]), &report, sizeof report, NULL, 0);
    return EXIT_NO_FENCE;
}

/* Up to the command's execve(2); returns the status that stands for what went wrong. */
static int run(char **argv)
{
    int control = number(argv[1]), terminal = terminal_of(argv[1]);
    struct inner_order order;
    struct inner_report report = {INNER_VERSION, INNER_HERE, 0, 0};
    struct inner_go go;
    int out[INNER_LISTENERS + CAPTURE_SOCKETS], fds[INNER_GO_FDS];
    size_t nout = 0, ncaptures = 0;
    sigset_t none;

    if (recv(control, &order, sizeof order, 0) != sizeof order || order.version != INNER_VERSION)
        return EXIT_NO_FENCE;
    if (terminal >= 0 && come_to_the_front(terminal) < 0)
        return report_failure(argv, INNER_TERMINAL);
    if (terminal < 0 && order.new_session && setsid() < 0)
        return report_failure(argv, INNER_TERMINAL);
    if (send_with_fds(control, &report, sizeof report, NULL, 0) < 0)
        return EXIT_NO_FENCE;
    report.step = INNER_READY;
    if (order.sockets > 0)
        report.step = make_sockets(control, AF_INET, order.sockets);
    if (order.sockets > 0 && report.step == INNER_READY)
        report.step = make_sockets(control, AF_INET6, order.sockets);
    if (report.step == INNER_READY)
        report.step = prepare(out, &order);
    report.error = errno;
    if (report.step == INNER_READY)
        nout = INNER_LISTENERS;
    if (report.step == INNER_READY && order.capture)
        report.capture = capture_make_sockets(out + nout, &ncaptures);
    if (send_with_fds(control, &report, sizeof report, out, nout + ncaptures) < 0)
        return EXIT_NO_FENCE;
    restore_signals(order.ignored_signals); /* while the host looks at what we have sent */
    if (receive_go(control, &go, fds) < 0 || dup2(fds[0], STDERR_FILENO) < 0)
        return EXIT_NO_FENCE;
    report.step = take_environment(fds[1]);
    if (report.step == INNER_EXECUTE && go.walled)
        report.step = enter_wall(&go, fds[2]);
    if (report.step == INNER_EXECUTE &&
        close_the_rest(control) == 0) { /* it fails, aloud, on kernels before 5.9 */
        close_runtime_dir();
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execute(argv + 2);
    }
    report.error = errno;
    send_with_fds(control, &report, sizeof report, NULL, 0);
    return report.step != INNER_EXECUTE ? EXIT_NO_FENCE : report.error == ENOENT ? 127 : 126;
}

/* Nothing but `kept` is left open, if it is not -1. */
static void close_all_but(int kept)
{
    if (kept > 0)
        syscall(SYS_close_range, 0, kept - 1, 0);
    syscall(SYS_close_range, kept + 1, ~0U, 0);
}

/* Never waits: whoever does not read it has no use for it. */
static void tell_stop(int control)
{
    static const struct inner_report report = {INNER_VERSION, INNER_STOPPED, 0, 0};

    send(control, &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Process 1 of the sandbox: takes the status of whoever has lost its parent, and ends with the
 * command, upon which the kernel ends all others. It has nothing open, but `control` where the
 * command's stops are told of; -1: they are not. */
static int stay(pid_t command, int control)
{
    int status;
    pid_t ended;

    prctl(PR_SET_NAME, "fence-init");
    close_all_but(control);
    for (;;) {
        ended = waitpid(-1, &status, control >= 0 ? WUNTRACED : 0);
        if (ended == command && WIFSTOPPED(status))
            tell_stop(control);
        else if (ended == command)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        else if (ended < 0 && errno != EINTR)
            return EXIT_NO_FENCE;
    }
}

/* Process 1 cannot be just any command: signals do not end it, and orphans become its children. The
 * child borrows our memory until it has become the command, and we sleep. */
int main(int argc, char **argv)
{
    pid_t command;
    int status, terminal;

    if (argc < 3)
        return EXIT_NO_FENCE;
    hold_signals();
    refuse_cores(); /* of process 1, too, which the command could write to without a second wall */
    terminal = terminal_of(argv[1]);
    if (terminal >= 0 && lead_session(terminal) < 0)
        _exit(report_failure(argv, INNER_TERMINAL));
    command = getpid() == 1 ? vfork() : 0; /* NOLINT: there is nothing else for us to do */
    if (command == 0)
        status = run(argv);
    else if (command > 0)
        status = stay(command, terminal >= 0 ? number(argv[1]) : -1);
    else
        status = report_failure(argv, INNER_FORK);
    _exit(status);
}
