/* SPDX-License-Identifier: Apache-2.0
 * capture_linux.c - sends the messages of capture/messages.h, and binds the sockets. */
#include "sandbox/capture.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/limits.h"
#include "sandbox/capture/messages.h"
#include "sandbox/cures.h"

#define FIRST_IPV6 CAPTURE_TCP6 /* it and all behind it */

#define OPTIONS 3

static const struct addr loopback4 = {4, {127, 0, 0, 1}}, loopback6 = {6, {[15] = 1}};
static const struct addr any4 = {.family = 4}, any6 = {.family = 6};

/* Transparent: may have an address that is none of the machine's, and answer from there.
 * SO_REUSEADDR is inherited by what a listener accepts, which has the ports that were connected to:
 * without it no server in the sandbox could take one of those for a minute. Nobody can listen in a
 * listener's place by it: socket(7). */
static const struct {
    const char *name;
    int type;
    const struct addr *at; /* NULL: it is not bound */
    uint16_t port;
    struct option {
        int level, name; /* of setsockopt(2), to be switched on; 0: no more */
    } options[OPTIONS];
} wanted[CAPTURE_SOCKETS] = {
    [CAPTURE_ROUTE] = {"rtnetlink", SOCK_RAW, NULL, 0, {{0, 0}}},
    [CAPTURE_NETFILTER] = {"nfnetlink", SOCK_RAW, NULL, 0, {{0, 0}}},
    [CAPTURE_TCP4] =
        {"IPv4", SOCK_STREAM, &loopback4, CAPTURE_PORT, {{IPPROTO_IP, IP_TRANSPARENT}}},
    [CAPTURE_UDP4] =
        {"DNS over UDP", SOCK_DGRAM, &any4, CAPTURE_DNS_PORT, {{IPPROTO_IP, IP_PKTINFO}}},
    [CAPTURE_DNS4] = {"DNS over TCP", SOCK_STREAM, &any4, CAPTURE_DNS_PORT, {{0, 0}}},
    [CAPTURE_TCP6] =
        {"IPv6", SOCK_STREAM, &loopback6, CAPTURE_PORT, {{IPPROTO_IPV6, IPV6_TRANSPARENT}}},
    [CAPTURE_UDP6] = {"DNS over UDP and IPv6",
                      SOCK_DGRAM,
                      &any6,
                      CAPTURE_DNS_PORT,
                      {{IPPROTO_IPV6, IPV6_V6ONLY},
                       {IPPROTO_IPV6, IPV6_RECVPKTINFO},
                       {IPPROTO_IPV6, IPV6_TRANSPARENT}}},
    [CAPTURE_DNS6] = {"DNS over TCP and IPv6",
                      SOCK_STREAM,
                      &any6,
                      CAPTURE_DNS_PORT,
                      {{IPPROTO_IPV6, IPV6_V6ONLY}}},
};

/* ---- are they what they should be? ---- */

/* All are there, or all but those of IPv6. What is of another kind fails where it is used. */
static int check_present(const struct capture *capture, fence_error *err)
{
    bool ipv6 = capture->fds[FIRST_IPV6] >= 0;

    for (int i = 0; i < CAPTURE_SOCKETS; i++) {
        if (i != CAPTURE_NETFILTER && (capture->fds[i] >= 0) != (i < FIRST_IPV6 || ipv6))
            return fail(err, -EPERM, "its %s socket is missing", wanted[i].name);
    }
    return 0;
}

/* Which network namespace it is in, for as long as the machine runs; 0 before Linux 5.14. */
static uint64_t place_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;

    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

/* Root's mistake here would cut off this machine: what changes a network must not be of the one
 * that we are in ourselves. The kernel forbids it to anyone else. */
static int check_place(const struct capture *capture, fence_error *err)
{
    auto_fd int own = -1;
    uint64_t here;

    if (geteuid() != 0)
        return 0;
    own = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (own < 0)
        return fail(err, FENCE_ESANDBOX, "%s", strerror(errno));
    here = place_of(own);
    if (here != 0 && (place_of(capture->fds[CAPTURE_ROUTE]) == here ||
                      place_of(capture->fds[CAPTURE_NETFILTER]) == here))
        return fail(err, FENCE_ESANDBOX, "its network is the one that fence runs in");
    return 0;
}

/* ---- netlink(7) ---- */

struct answer {
    int error; /* errno */
    enum capture_message message;
};

union reply {
    struct nlmsghdr header;
    char bytes[1024]; /* what does not fit of a refused message, nobody reads */
};

/* All messages are told to the kernel, which has answered when sendto(2) returns: first comes what
 * it says of one that failed, or else to the last, which alone asks. Its address is named, as
 * otherwise the rights of the process that made the socket would count as well:
 * netlink_ns_capable(). */
static struct answer transact(int fd, const char *messages, uint64_t size)
{
    static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    union reply reply = {0};
    const struct nlmsgerr *said = NLMSG_DATA(&reply.header);
    ssize_t len =
        sendto(fd, messages, size, MSG_NOSIGNAL, (const struct sockaddr *)&kernel, sizeof kernel);

    if (len == (ssize_t)size)
        len = recv(fd, &reply, sizeof reply, MSG_DONTWAIT);
    if (len < 0)
        return (struct answer){errno, MESSAGE_NONE};
    if (len < (ssize_t)NLMSG_LENGTH(sizeof *said) || reply.header.nlmsg_type != NLMSG_ERROR)
        return (struct answer){EBADMSG, MESSAGE_NONE};
    return (struct answer){-said->error, (enum capture_message)reply.header.nlmsg_seq};
}

static const char *what_is(enum capture_message message)
{
    static const char *const texts[] = {"netlink",
#define XX(name, text) text,
                                        CAPTURE_MESSAGES(XX)
#undef XX
    };

    return message < ARRAY_LEN(texts) ? texts[message] : texts[MESSAGE_NONE];
}

static const char *cure(const struct answer *answer)
{
    bool rules = answer->message >= MESSAGE_BATCH && answer->message <= MESSAGE_COMMIT;

    switch (answer->error) {
    case EPERM:
        return " (a security module, such as AppArmor, forbids it)";
    case EEXIST:
        return " (it has been set up before)";
    case ENETDOWN:
        return " (its loopback interface is not up)";
    case ENOENT:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
        return rules ? " (" CURE_TPROXY ")" : "";
    default:
        return "";
    }
}

static int code_of(int error)
{
    return error == EPERM || error == EACCES ? -EPERM : FENCE_ESANDBOX;
}

static int explain(const struct answer *answer, fence_error *err)
{
    if (answer->error == 0)
        return 0;
    return fail(err, code_of(answer->error), "%s: %s%s", what_is(answer->message),
                strerror(answer->error), cure(answer));
}

/* ---- in their order ---- */

static void drop_ipv6(struct capture *capture)
{
    for (int i = FIRST_IPV6; i < CAPTURE_SOCKETS; i++)
        close_fd(&capture->fds[i]);
}

/* EACCES: IPv6 is switched off in the namespace, by net.ipv6.conf.*.disable_ipv6. */
static int set_links(struct capture *capture, fence_error *err)
{
    bool ipv6 = capture->fds[FIRST_IPV6] >= 0;
    struct answer answer =
        transact(capture->fds[CAPTURE_ROUTE], ipv6 ? capture_links : capture_links4,
                 ipv6 ? capture_links_size : capture_links4_size);

    if (answer.error == EACCES && answer.message >= MESSAGE_ADDRESS6) {
        drop_ipv6(capture);
        return 0;
    }
    return explain(&answer, err);
}

static bool has_option(int fd, int option, int value)
{
    int found;
    socklen_t len = sizeof found;

    return getsockopt(fd, SOL_SOCKET, option, &found, &len) == 0 && found == value;
}

static bool set_options(int fd, const struct option options[OPTIONS])
{
    for (int i = 0; i < OPTIONS && options[i].name != 0; i++) {
        int on = 1;

        if (setsockopt(fd, options[i].level, options[i].name, &on, sizeof on) < 0)
            return false;
    }
    return true;
}

/* Never with SO_REUSEPORT, which would let others bind beside us: socket(7). */
static int bind_one(int i, int fd, fence_error *err)
{
    struct sockaddr_storage at;
    socklen_t len = addr_to_sockaddr(&at, wanted[i].at, wanted[i].port);

    if (!set_options(fd, wanted[i].options) || bind(fd, (struct sockaddr *)&at, len) < 0)
        return fail(err, code_of(errno), "port %u of its %s socket: %s", wanted[i].port,
                    wanted[i].name, strerror(errno));
    if (wanted[i].type == SOCK_DGRAM && !has_option(fd, SO_TYPE, SOCK_DGRAM))
        return fail(err, FENCE_ESANDBOX, "its %s socket is not for datagrams", wanted[i].name);
    return 0;
}

/* Those that are accepted have SO_REUSEADDR from their listener, and take no port from servers
 * inside that have it, too. While nobody listens it would let others bind beside us. */
static int listen_one(int i, int fd, fence_error *err)
{
    static const int on = 1;

    if (listen(fd, LIMIT_BACKLOG) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return fail(err, code_of(errno), "its %s socket: %s", wanted[i].name, strerror(errno));
    return 0;
}

static int bind_all(struct capture *capture, fence_error *err)
{
    int rc = 0;

    for (int i = 0; i < CAPTURE_SOCKETS && rc == 0; i++) {
        if (!wanted[i].at || capture->fds[i] < 0)
            continue;
        rc = bind_one(i, capture->fds[i], err);
        if (rc < 0 && errno == EADDRNOTAVAIL && i >= FIRST_IPV6) { /* as in set_links() */
            drop_ipv6(capture);
            rc = 0;
        }
    }
    return rc;
}

/* The links come last: until names are served the namespace has no way to anywhere. */
int capture_open(struct capture *capture, fence_error *err)
{
    int rc = check_present(capture, err);

    if (rc == 0)
        rc = check_place(capture, err);
    if (rc == 0 && !capture->bound)
        rc = bind_all(capture, err);
    capture->bound = rc == 0;
    if (rc == 0)
        rc = set_links(capture, err);
    if (rc < 0 && rc != -EPERM)
        capture_close(capture);
    if (rc < 0)
        return rc;
    close_fd(&capture->fds[CAPTURE_ROUTE]);
    return 0;
}

int capture_serve(struct capture *capture, fence_error *err)
{
    int rc = 0;

    for (int i = 0; i < CAPTURE_SOCKETS && rc == 0; i++) {
        if (wanted[i].at && wanted[i].type == SOCK_STREAM && capture->fds[i] >= 0)
            rc = listen_one(i, capture->fds[i], err);
    }
    if (rc < 0)
        capture_close(capture);
    return rc;
}

/* inet needs IPv6 in the kernel, and rules about IPv6 harm nobody who has it switched off. */
int capture_lead(int netfilter, bool ipv6, fence_error *err)
{
    struct answer answer;

    if (netfilter < 0)
        return fail(err, FENCE_ESANDBOX, "there is no nfnetlink (" CURE_TPROXY ")");
    answer = transact(netfilter, ipv6 ? capture_rules : capture_rules4,
                      ipv6 ? capture_rules_size : capture_rules4_size);
    return explain(&answer, err);
}

void capture_close(struct capture *capture)
{
    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        close_fd(&capture->fds[i]);
}

bool capture_destination(struct addr *out, uint16_t *port, int fd)
{
    struct sockaddr_storage to = {0};
    socklen_t len = sizeof to;
    struct addr addr;
    uint16_t number;

    if (getsockname(fd, (struct sockaddr *)&to, &len) < 0 ||
        !addr_from_sockaddr(&addr, &number, (struct sockaddr *)&to) || number == 0 ||
        addr_classify(&addr) == ADDR_LOOPBACK)
        return false;
    *out = addr;
    *port = number;
    return true;
}
