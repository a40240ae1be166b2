/* SPDX-License-Identifier: Apache-2.0
 * capture_run.c - see capture_run.h. */
#include "sandbox/capture_run.h"

#include <errno.h>

#include "base/error.h"
#include "sandbox/capture.h"

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
    struct capture capture;

    for (int i = 0; i < CAPTURE_SOCKETS; i++)
        capture.fds[i] = made >> i & 1 ? take_fd(fds++) : -1;
    return capture;
}

static int serve_names(struct capture_run *run, struct proxy *proxy, struct capture *capture,
                       fence_error *err)
{
    int udp[2] = {take_fd(&capture->fds[CAPTURE_UDP4]), take_fd(&capture->fds[CAPTURE_UDP6])};
    int tcp[2] = {take_fd(&capture->fds[CAPTURE_DNS4]), take_fd(&capture->fds[CAPTURE_DNS6])};

    return dns_service_open(&run->dns, proxy, run->how.names, udp, tcp, err);
}

static int serve_clients(struct capture_run *run, struct proxy *proxy, struct capture *capture,
                         fence_error *err)
{
    static const enum capture_socket which[] = {CAPTURE_TCP4, CAPTURE_TCP6};
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(which) && rc == 0; i++) {
        if (capture->fds[which[i]] >= 0)
            rc = listener_adopt_capture(&run->listeners[i], proxy, &run->how,
                                        take_fd(&capture->fds[which[i]]), err);
    }
    return rc;
}

/* At once where nobody sees the first connection. */
static int lead(struct unix_sockets *sockets, struct capture *capture, fence_error *err)
{
    bool ipv6 = capture->fds[CAPTURE_TCP6] >= 0;

    if (unix_sockets_sees(sockets))
        unix_sockets_lead(sockets, take_fd(&capture->fds[CAPTURE_NETFILTER]), ipv6);
    else
        return capture_lead(capture->fds[CAPTURE_NETFILTER], ipv6, err);
    return 0;
}

int capture_run_open(struct capture_run *run, struct proxy *proxy, struct unix_sockets *sockets,
                     int *fds, uint32_t made, fence_error *err)
{
    struct capture capture = take_sockets(fds, made);
    int rc = 0;

    run->how = (struct listener_capture){.names = inside_names_new(),
                                         .destination = destination_of,
                                         .program = program_of,
                                         .payload = sockets};
    if (!run->how.names)
        rc = fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = capture_open(&capture, err);
    if (rc == 0)
        rc = lead(sockets, &capture, err);
    if (rc == 0)
        rc = serve_names(run, proxy, &capture, err);
    if (rc == 0)
        rc = serve_clients(run, proxy, &capture, err);
    capture_close(&capture);
    if (rc < 0)
        capture_run_close(run);
    return rc;
}

bool capture_run_has(const struct capture_run *run, const struct listener *listener)
{
    return listener == run->listeners[0] || listener == run->listeners[1];
}

void capture_run_close(struct capture_run *run)
{
    for (size_t i = 0; i < ARRAY_LEN(run->listeners); i++)
        listener_close(take(&run->listeners[i]));
    dns_service_close(take(&run->dns));
    inside_names_free(take(&run->how.names));
}
