/* SPDX-License-Identifier: Apache-2.0
 * capture_run.c - see capture_run.h. */
#include "sandbox/capture_run.h"

#include <errno.h>

#include "base/error.h"
#include "filter/config.h"
#include "sandbox/capture.h"
#include "sandbox/capture_join.h"

_Static_assert(CAPTURE_PORT == CONFIG_CAPTURE_PORT, "no setting may choose the listeners' port");

static bool program_of(char out[LISTENER_PROGRAM], void *payload, const struct addr *from,
                       uint16_t from_port, const struct addr *to, uint16_t to_port)
{
    struct caller_end ends[2] = {{*from, from_port}, {*to, to_port}};

    return unix_sockets_caller(out, payload, &ends[0], &ends[1]);
}

/* A connection that was made to the listener itself is asked for by its source. */
static bool destination_of(struct addr *out, uint16_t *port, void *payload, int fd)
{
    struct caller_end from, to;
    struct sockaddr_storage at;
    socklen_t len = sizeof at;

    if (capture_destination(out, port, fd))
        return true;
    if (getpeername(fd, (struct sockaddr *)&at, &len) < 0 ||
        !addr_from_sockaddr(&from.addr, &from.port, (struct sockaddr *)&at) ||
        !unix_sockets_target(&to, payload, &from))
        return false;
    *out = to.addr;
    *port = to.port;
    return true;
}

static struct capture take_sockets(int *fds, uint32_t made)
{
    struct capture capture = {.bound = false};

    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        capture.fds[i] = made >> i & 1 ? take_fd(fds++) : -1;
    return capture;
}

static int serve_names(struct capture_run *run, fence_error *err)
{
    int *fds = run->capture.fds;
    int udp[2] = {take_fd(&fds[CAPTURE_UDP4]), take_fd(&fds[CAPTURE_UDP6])};

    return dns_service_open(&run->dns, run->proxy, &run->how, udp, err);
}

static int serve_clients(struct capture_run *run, fence_error *err)
{
    static const enum capture_socket which[] = {CAPTURE_TCP4, CAPTURE_TCP6};
    int *fds = run->capture.fds;
    int tcp[2], rc = capture_serve(&run->capture, err);

    for (size_t i = 0; i < ARRAY_LEN(which) && rc == 0; i++) {
        if (fds[which[i]] >= 0)
            rc = listener_adopt_capture(&run->listeners[i], run->proxy, &run->how,
                                        take_fd(&fds[which[i]]), err);
    }
    if (rc < 0)
        return rc;
    tcp[0] = take_fd(&fds[CAPTURE_DNS4]);
    tcp[1] = take_fd(&fds[CAPTURE_DNS6]);
    return dns_service_listen(run->dns, tcp, err);
}

/* Most commands connect to nothing. */
static void before_the_first(void *payload)
{
    struct capture_run *run = payload;
    fence_error why = {0};

    if (serve_clients(run, &why) < 0)
        events_notice(&run->proxy->events, "programs that know of no proxy reach nothing: %s",
                      why.message);
}

/* At once where nobody sees the first connection. */
static int lead(struct capture_run *run, fence_error *err)
{
    int *netfilter = &run->capture.fds[CAPTURE_NETFILTER];
    bool ipv6 = run->capture.fds[CAPTURE_TCP6] >= 0;
    int rc;

    if (unix_sockets_sees(run->sockets)) {
        unix_sockets_lead(run->sockets, take_fd(netfilter), ipv6);
        unix_sockets_before(run->sockets, before_the_first, run);
        return 0;
    }
    rc = serve_clients(run, err);
    return rc < 0 ? rc : capture_lead(*netfilter, ipv6, err);
}

/* Where there will be no rules after all the first connection tells: unix_sockets_tcp_linux.c. */
static void tell(const struct capture_run *run, const fence_error *refused)
{
    const char *when = unix_sockets_sees(run->sockets) ? ", with their first connection" : "";

    if (refused->code == 0)
        events_debug(&run->proxy->events,
                     "sandbox: programs that know of no proxy are captured by the kernel's rules%s",
                     when);
    else
        events_debug(
            &run->proxy->events,
            "sandbox: programs that know of no proxy are captured by the kernel's rules%s; "
            "its network was entered for that: %s",
            when, refused->message);
}

int capture_run_open(struct capture_run *run, struct proxy *proxy, struct unix_sockets *sockets,
                     int *fds, uint32_t made, pid_t pid, fence_error *err)
{
    fence_error refused = {0};
    int rc = 0;

    run->proxy = proxy;
    run->sockets = sockets;
    run->capture = take_sockets(fds, made);
    run->how = (struct listener_capture){.names = inside_names_new(),
                                         .destination = destination_of,
                                         .program = program_of,
                                         .payload = sockets};
    if (!run->how.names)
        rc = fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = capture_join_open(&run->capture, pid, &refused, err);
    if (rc == 0)
        rc = serve_names(run, err);
    if (rc == 0)
        rc = lead(run, err);
    if (rc < 0)
        capture_run_close(run);
    else
        tell(run, &refused);
    return rc;
}

bool capture_run_has(const struct capture_run *run, const struct listener *listener)
{
    return listener == run->listeners[0] || listener == run->listeners[1];
}

void capture_run_close(struct capture_run *run)
{
    if (!run->proxy)
        return;
    if (unix_sockets_sees(run->sockets))
        unix_sockets_before(run->sockets, NULL, NULL);
    capture_close(&run->capture);
    for (size_t i = 0; i < ARRAY_LEN(run->listeners); i++)
        listener_close(take(&run->listeners[i]));
    dns_service_close(take(&run->dns));
    inside_names_free(take(&run->how.names));
}
