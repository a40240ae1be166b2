/* SPDX-License-Identifier: Apache-2.0
 * inside.h - a process with a network namespace of its own, without a capability there, that does
 * what it is told to: the command, for test_capture.c. */
#ifndef FENCE_TESTS_INSIDE_H
#define FENCE_TESTS_INSIDE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/capture.h"
#include "sandbox/capture/messages.h"

#define INSIDE_LO_DOWN 1 /* flags of inside_start() */
#define INSIDE_NO_IPV6 2

enum inside_what {
    INSIDE_TCP,    /* connect, and read up to the end                            */
    INSIDE_UDP,    /* say something, and whose the answer is                     */
    INSIDE_SOURCE, /* which address do we have towards it?                       */
    INSIDE_LOCAL,  /* listen there, and connect to it                            */
    INSIDE_BESIDE, /* the first, while a server of ours has that port of all addresses */
    INSIDE_RESOLVE,
    INSIDE_BIND,  /* take the place of a listener                               */
    INSIDE_RULES, /* set up capture here, by oneself: the kernel's answer       */
    INSIDE_NESTED /* the same, with every capability in a namespace further in  */
};

struct inside_order {
    enum inside_what what;
    int type; /* SOCK_STREAM, SOCK_DGRAM */
    uint16_t port;
    char to[INET6_ADDRSTRLEN];
};

struct inside_answer {
    int error; /* errno */
    char text[128];
};

/* ---- what it does ---- */

static inline socklen_t inside_address(struct sockaddr_storage *out, const char *text, int port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return sizeof *v4;
    }
    inet_pton(AF_INET6, text, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    return sizeof *v6;
}

static inline int inside_socket(const struct sockaddr_storage *to, int type)
{
    static const struct timeval patience = {10, 0};
    int fd = socket(to->ss_family, type | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return fd;
}

static inline void inside_print(char *out, size_t size, const struct sockaddr_storage *from)
{
    struct addr addr;
    uint16_t port = 0;
    char text[ADDR_TEXT] = "?";

    if (addr_from_sockaddr(&addr, &port, (const struct sockaddr *)from))
        addr_format(text, &addr);
    snprintf(out, size, "%s %u", text, port);
}

static inline bool inside_tcp(int fd, const struct sockaddr_storage *to, socklen_t len, char *text,
                              size_t size)
{
    ssize_t n = 0;
    size_t have = 0;

    if (connect(fd, (const struct sockaddr *)to, len) < 0)
        return false;
    while (have < size - 1 && (n = read(fd, text + have, size - 1 - have)) > 0)
        have += (size_t)n;
    return n >= 0;
}

/* Connected, so that a refusal is told; and again without, so that the answer's sender is. */
static inline bool inside_udp(int fd, const struct sockaddr_storage *to, socklen_t len, char *text,
                              size_t size)
{
    struct sockaddr_storage from = {0}, none = {.ss_family = AF_UNSPEC};
    socklen_t from_len = sizeof from;
    char bytes[16];

    if (connect(fd, (const struct sockaddr *)to, len) < 0 || send(fd, "dns", 3, 0) != 3 ||
        recv(fd, bytes, sizeof bytes, 0) != 3)
        return false;
    if (connect(fd, (struct sockaddr *)&none, sizeof none) < 0 ||
        sendto(fd, "dns", 3, 0, (const struct sockaddr *)to, len) != 3 ||
        recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len) != 3)
        return false;
    inside_print(text, size, &from);
    return true;
}

static inline bool inside_source(int fd, const struct sockaddr_storage *to, socklen_t len,
                                 char *text, size_t size)
{
    struct sockaddr_storage from = {0};
    socklen_t from_len = sizeof from;

    if (connect(fd, (const struct sockaddr *)to, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&from, &from_len) < 0)
        return false;
    inside_print(text, size, &from);
    *strchr(text, ' ') = '\0'; /* the port is any */
    return true;
}

static inline bool inside_local(int fd, const struct sockaddr_storage *to, socklen_t len,
                                char *text, size_t size)
{
    struct sockaddr_storage at;
    int client = inside_socket(to, SOCK_STREAM), served = -1;
    bool done = bind(fd, (const struct sockaddr *)to, len) == 0 && listen(fd, 1) == 0 &&
                getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
                connect(client, (struct sockaddr *)&at, len) == 0 &&
                (served = accept(fd, NULL, NULL)) >= 0 && write(served, "local", 6) == 6 &&
                read(client, text, size) == 6;

    close(client);
    close(served);
    return done;
}

static inline bool inside_beside(int fd, const struct sockaddr_storage *to, socklen_t len,
                                 char *text, size_t size)
{
    struct sockaddr_storage all;
    int server = inside_socket(to, SOCK_STREAM), port = ntohs(((struct sockaddr_in *)to)->sin_port);
    socklen_t all_len = inside_address(&all, to->ss_family == AF_INET ? "0.0.0.0" : "::", port);
    int on = 1;
    bool done;

    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* as servers do */
    done = bind(server, (struct sockaddr *)&all, all_len) == 0 && listen(server, 1) == 0 &&
           inside_tcp(fd, to, len, text, size);

    close(server);
    return done;
}

/* In every way there is. The last errno counts; none may succeed. */
static inline bool inside_bind(const struct inside_order *order)
{
    static const int options[] = {0, SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE};
    struct sockaddr_storage at;
    socklen_t len = inside_address(&at, order->to, order->port);

    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        int fd = inside_socket(&at, order->type), on = 1;
        bool done;

        if (options[i] == SO_BINDTODEVICE)
            setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
        else if (options[i])
            setsockopt(fd, SOL_SOCKET, options[i], &on, sizeof on);
        done = bind(fd, (struct sockaddr *)&at, len) == 0;
        if (done && order->type == SOCK_STREAM)
            done = listen(fd, 1) == 0;
        close(fd);
        if (done)
            return true;
    }
    return false;
}

/* The kernel's answer to the first message of ours. */
static inline int inside_send(int protocol, const char *messages, size_t size)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } reply;
    const struct nlmsgerr *said = NLMSG_DATA(&reply.header);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    int error = EBADF;

    if (fd >= 0 &&
        sendto(fd, messages, size, 0, (struct sockaddr *)&kernel, sizeof kernel) == (ssize_t)size &&
        recv(fd, &reply, sizeof reply, MSG_DONTWAIT) >= (ssize_t)NLMSG_LENGTH(sizeof *said))
        error = -said->error;
    close(fd);
    return error;
}

static inline bool inside_rules(void)
{
    int rules = inside_send(NETLINK_NETFILTER, capture_rules, capture_rules_size);
    int links = inside_send(NETLINK_ROUTE, capture_links, capture_links_size);

    errno = rules == links ? rules : EBADMSG;
    return rules == 0 || links == 0;
}

static inline bool inside_nested(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (unshare(CLONE_NEWUSER) < 0)
            _exit(ENOSYS);
        _exit(inside_rules() ? 0 : errno);
    }
    waitpid(child, &status, 0);
    errno = WEXITSTATUS(status);
    return errno == 0;
}

static inline bool inside_resolve(const char *to)
{
    struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG,
                             .ai_family = strchr(to, ':') ? AF_INET6 : AF_INET};
    struct addrinfo *found = NULL;
    bool done = getaddrinfo(to, "80", &hints, &found) == 0;

    if (done)
        freeaddrinfo(found);
    return done;
}

static inline struct inside_answer inside_obey(const struct inside_order *order)
{
    struct inside_answer answer = {0};
    struct sockaddr_storage to;
    socklen_t len = inside_address(&to, order->to, order->port);
    int fd = inside_socket(
        &to, order->what == INSIDE_UDP || order->what == INSIDE_SOURCE ? SOCK_DGRAM : SOCK_STREAM);
    bool done = false;

    errno = 0;
    switch (order->what) {
    case INSIDE_TCP:
        done = inside_tcp(fd, &to, len, answer.text, sizeof answer.text);
        break;
    case INSIDE_UDP:
        done = inside_udp(fd, &to, len, answer.text, sizeof answer.text);
        break;
    case INSIDE_SOURCE:
        done = inside_source(fd, &to, len, answer.text, sizeof answer.text);
        break;
    case INSIDE_LOCAL:
        done = inside_local(fd, &to, len, answer.text, sizeof answer.text);
        break;
    case INSIDE_BESIDE:
        done = inside_beside(fd, &to, len, answer.text, sizeof answer.text);
        break;
    case INSIDE_RESOLVE:
        done = inside_resolve(order->to);
        break;
    case INSIDE_BIND:
        done = inside_bind(order);
        break;
    case INSIDE_RULES:
        done = inside_rules();
        break;
    case INSIDE_NESTED:
        done = inside_nested();
        break;
    }
    answer.error = done ? 0 : errno != 0 ? errno : EPROTO; /* never 0 for a failure */
    close(fd);
    return answer;
}

/* ---- its start ---- */

static inline bool inside_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    close(fd);
    return done;
}

static inline bool inside_enter(int flags)
{
    char users[32], groups[32];
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd;
    bool done;

    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
        !inside_write("/proc/self/setgroups", "deny") ||
        !inside_write("/proc/self/uid_map", users) || !inside_write("/proc/self/gid_map", groups))
        return false;
    if ((flags & INSIDE_NO_IPV6) && !inside_write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"))
        return false;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    done = (flags & INSIDE_LO_DOWN) || ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
    close(fd);
    return done;
}

static inline void inside_sockets(int fds[CAPTURE_SOCKETS])
{
    static const int of[CAPTURE_SOCKETS][3] = {
        {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
        {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER},
        {AF_INET, SOCK_STREAM, 0},
        {AF_INET, SOCK_DGRAM, 0},
        {AF_INET, SOCK_STREAM, 0},
        {AF_INET6, SOCK_STREAM, 0},
        {AF_INET6, SOCK_DGRAM, 0},
        {AF_INET6, SOCK_STREAM, 0},
    };

    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        fds[i] = socket(of[i][0], of[i][1] | SOCK_CLOEXEC | SOCK_NONBLOCK, of[i][2]);
}

static inline bool inside_drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &header, none) == 0;
}

/* Descriptors through `control`, two sets of them. */
static inline bool inside_pass(int control)
{
    int fds[2 * CAPTURE_SOCKETS];
    char byte = 'y', room[CMSG_SPACE(sizeof fds)] __attribute__((aligned(8))) = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    bool done;

    inside_sockets(fds);
    inside_sockets(fds + CAPTURE_SOCKETS);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(header), fds, sizeof fds);
    done = sendmsg(control, &message, MSG_NOSIGNAL) == 1;
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    return done;
}

static inline int inside_run(int control, int flags)
{
    struct inside_order order;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!inside_enter(flags) || !inside_drop_capabilities() || !inside_pass(control))
        return 1;
    while (recv(control, &order, sizeof order, 0) == sizeof order) {
        struct inside_answer answer = inside_obey(&order);

        if (send(control, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
            return 1;
    }
    return 0;
}

#endif
