/* SPDX-License-Identifier: Apache-2.0
 * listener.c - a listening socket and its sessions. Decides nothing but who is one too many, and
 * whose Unix socket it is. */
#include "proxy/listener.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/host.h"
#include "base/limits.h"
#include "proxy/session.h"
#include "proxy/unix_socket.h"

static void on_connection(uv_stream_t *stream, int status);

/* ---- end ---- */

static void handle_closed(struct listener *l)
{
    if (--l->handles == 0)
        free(l);
}

static void on_closed(uv_handle_t *handle)
{
    handle_closed(CONTAINER_OF(handle, struct listener, io.handle));
}

/* ---- clients ---- */

static int io_init(union peer_io *io, struct listener *l)
{
    return l->is_unix ? uv_pipe_init(l->proxy->loop, &io->pipe, 0)
                      : uv_tcp_init(l->proxy->loop, &io->tcp);
}

static void on_shed(uv_handle_t *handle)
{
    struct listener *l = CONTAINER_OF(handle, struct listener, shed.handle);

    l->shedding = false;
    if (l->waiting && !uv_is_closing(&l->io.handle)) {
        l->waiting = false;
        on_connection(&l->io.stream, 0);
    }
    handle_closed(l);
}

/* libuv offers no other client until this one is taken. */
static void shed_client(struct listener *l)
{
    l->waiting = l->shedding;
    if (l->shedding || io_init(&l->shed, l) < 0)
        return;
    uv_accept(&l->io.stream, &l->shed.stream);
    l->shedding = true;
    l->handles++;
    uv_close(&l->shed.handle, on_shed);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *l = CONTAINER_OF(stream, struct listener, io.stream);
    struct proxy *proxy = l->proxy;

    if (status < 0) { /* EMFILE and its kind; libuv sheds the connection itself */
        events_notice(&proxy->events, "a client could not be accepted: %s", uv_strerror(status));
        return;
    }
    if (l->leads == LISTENER_IN) { /* as many as there are sockets: the others wait for theirs */
        if (lender_ready(l->lender, &l->wait) && session_accept(l, false) < 0)
            shed_client(l);
        return;
    }
    if (proxy_clients(proxy) >= proxy->max_sessions) /* the limit may have been raised meanwhile */
        proxy->max_sessions = proxy_affordable_sessions(proxy);
    if (session_accept(l, proxy_clients(proxy) >= proxy->max_sessions) < 0)
        shed_client(l);
}

/* ---- beginning ---- */

static int listener_new(struct listener **out, struct proxy *proxy, fence_protocol protocol,
                        bool is_unix)
{
    struct listener *l = calloc(1, sizeof *l);
    int rc;

    if (!l)
        return -ENOMEM;
    l->proxy = proxy;
    l->protocol = protocol;
    l->is_unix = is_unix;
    l->handles = 1;
    list_init(&l->wait.link);
    rc = io_init(&l->io, l);
    if (rc < 0) {
        free(l);
        return rc;
    }
    list_append(&proxy->listeners, &l->link);
    *out = l;
    return 0;
}

static int listener_bind(struct listener *l, const struct addr *addr, uint16_t port)
{
    struct sockaddr_storage at;
    int len = sizeof at, rc;

    addr_to_sockaddr(&at, addr, port);
    rc = uv_tcp_bind(&l->io.tcp, (struct sockaddr *)&at, 0);
    if (rc == 0)
        rc = uv_listen(&l->io.stream, LIMIT_BACKLOG, on_connection);
    if (rc == 0)
        rc = uv_tcp_getsockname(&l->io.tcp, (struct sockaddr *)&at, &len);
    l->on_host = rc == 0 && addr_from_sockaddr(&l->addr, &l->port, (struct sockaddr *)&at);
    return rc;
}

/* As host_parse_authority(), but port 0 is the kernel's choice. */
static const char *parse_address(struct host *host, uint16_t *port, struct str text)
{
    const char *why = NULL;

    if (str_has_suffix(text, STR(":0"))) {
        *port = 0;
        why = host_parse(host, str_slice(text, 0, text.len - 2));
    } else {
        why = host_parse_authority(host, port, text, 0);
    }
    if (!why && !host->is_addr)
        why = "write an IP address and a port, such as 127.0.0.1:3128, or unix:/path";
    return why;
}

static int open_tcp(struct listener **out, struct proxy *proxy, fence_protocol protocol,
                    const char *address, const char **cure)
{
    struct listener *l;
    struct host host;
    uint16_t port;
    int rc;

    *cure = parse_address(&host, &port, str_of(address));
    if (*cure)
        return -EINVAL;
    rc = listener_new(&l, proxy, protocol, false);
    if (rc < 0)
        return rc;
    rc = listener_bind(l, &host.addr, port);
    if (rc < 0) {
        listener_close(l);
        if (rc == UV_EADDRINUSE)
            *cure = "choose another port, or 0 for a free one";
        return rc;
    }
    *out = l;
    return 0;
}

static int open_unix(struct listener **out, struct proxy *proxy, fence_protocol protocol,
                     const char *path, const char **cure)
{
    struct listener *l;
    int rc = listener_new(&l, proxy, protocol, true);

    if (rc < 0)
        return rc;
    rc = unix_socket_bind(&l->io.pipe, path, cure);
    if (rc == 0)
        rc = uv_listen(&l->io.stream, LIMIT_BACKLOG, on_connection);
    if (rc < 0) {
        listener_close(l);
        return rc;
    }
    *out = l;
    return 0;
}

int listener_open(struct listener **out, struct proxy *proxy, fence_protocol protocol,
                  const char *address, fence_error *err)
{
    struct str prefix = STR("unix:");
    const char *cure = NULL;
    char shown[128];
    int rc;

    if (str_has_prefix(str_of(address), prefix))
        rc = open_unix(out, proxy, protocol, address + prefix.len, &cure);
    else
        rc = open_tcp(out, proxy, protocol, address, &cure);
    if (rc == 0)
        return 0;
    str_escape(shown, sizeof shown, str_of(address));
    if (rc == -EINVAL && cure)
        return fail(err, rc, "cannot listen on '%s': %s", shown, cure);
    return fail(err, rc, "cannot listen on '%s': %s%s%s", shown, uv_strerror(rc), cure ? ": " : "",
                cure ? cure : "");
}

static void on_turn(struct lender_wait *wait)
{
    on_connection(&CONTAINER_OF(wait, struct listener, wait)->io.stream, 0);
}

int listener_open_port(struct listener **out, struct proxy *proxy, const struct addr *addr,
                       uint16_t port, struct lender *lender)
{
    struct sockaddr_storage at;
    struct listener *l;
    int rc = listener_new(&l, proxy, FENCE_PROTOCOL_AUTO, false);

    if (rc < 0)
        return rc;
    l->leads = LISTENER_IN;
    l->port = port;
    l->lender = lender;
    l->wait.on_turn = on_turn;
    addr_to_sockaddr(&at, addr, port);
    rc = uv_tcp_bind(&l->io.tcp, (struct sockaddr *)&at,
                     addr->family == 6 ? UV_TCP_IPV6ONLY : 0); /* IPv4 has its own socket */
    if (rc == 0)
        rc = uv_listen(&l->io.stream, LIMIT_BACKLOG, on_connection);
    if (rc < 0)
        listener_close(l);
    else
        *out = l;
    return rc;
}

int listener_adopt_local(struct listener **out, struct proxy *proxy, uint16_t port, int fd,
                         fence_error *err)
{
    int rc = listener_adopt(out, proxy, FENCE_PROTOCOL_AUTO, fd, err);

    if (rc < 0)
        return rc;
    (*out)->leads = LISTENER_OUT;
    (*out)->port = port;
    return 0;
}

int listener_adopt_capture(struct listener **out, struct proxy *proxy,
                           struct listener_capture *capture, int fd, fence_error *err)
{
    int rc = listener_adopt(out, proxy, FENCE_PROTOCOL_AUTO, fd, err);

    if (rc < 0)
        return rc;
    (*out)->leads = LISTENER_CAPTURE;
    (*out)->capture = capture;
    return 0;
}

int listener_adopt(struct listener **out, struct proxy *proxy, fence_protocol protocol, int fd,
                   fence_error *err)
{
    struct listener *l;
    auto_fd int owned = fd;
    int rc = listener_new(&l, proxy, protocol, false);

    if (rc < 0)
        return fail(err, rc, "cannot serve the sandbox: %s", uv_strerror(rc));
    l->adopted = true;
    rc = uv_tcp_open(&l->io.tcp, owned);
    if (rc == 0) {
        owned = -1; /* the handle's from here on */
        rc = uv_listen(&l->io.stream, LIMIT_BACKLOG, on_connection);
    }
    if (rc < 0) {
        listener_close(l);
        return fail(err, rc, "cannot serve the sandbox: %s", uv_strerror(rc));
    }
    *out = l;
    return 0;
}

void listener_close(struct listener *l)
{
    if (!l)
        return;
    list_remove(&l->link);
    list_remove(&l->wait.link);
    for (struct list *link = l->proxy->sessions.next; link != &l->proxy->sessions;) {
        struct session *s = CONTAINER_OF(link, struct session, link);
        bool told_all = s->state == SESSION_TUNNEL && !session_owes(s);

        link = link->next;
        if (s->listener != l)
            continue;
        s->listener = NULL;
        if (told_all) /* a reset would take back what the kernel has not delivered yet */
            session_close(s);
        else
            session_abort(s);
    }
    uv_close(&l->io.handle, on_closed);
}
