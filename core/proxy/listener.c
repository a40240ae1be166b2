/* SPDX-License-Identifier: Apache-2.0
 * listener.c - a listening socket and its sessions. Decides nothing but who is one too many. */
#include "proxy/listener.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/host.h"
#include "base/limits.h"
#include "proxy/session.h"

static void on_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct listener, tcp));
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *l = CONTAINER_OF(stream, struct listener, tcp);
    struct proxy *proxy = l->proxy;

    if (status < 0) { /* EMFILE and its kind; libuv sheds the connection itself */
        events_notice(&proxy->events, "a client could not be accepted: %s", uv_strerror(status));
        return;
    }
    if (proxy->nsessions >= proxy->max_sessions) /* the limit may have been raised meanwhile */
        proxy->max_sessions = proxy_affordable_sessions();
    session_accept(l, proxy->nsessions >= proxy->max_sessions);
}

static int listener_new(struct listener **out, struct proxy *proxy)
{
    struct listener *l = calloc(1, sizeof *l);
    int rc;

    if (!l)
        return -ENOMEM;
    rc = uv_tcp_init(proxy->loop, &l->tcp);
    if (rc < 0) {
        free(l);
        return rc;
    }
    l->proxy = proxy;
    list_append(&proxy->listeners, &l->link);
    *out = l;
    return 0;
}

static int listener_bind(struct listener *l, const struct addr *addr, uint16_t port)
{
    struct sockaddr_storage at;
    int len = sizeof at, rc;

    addr_to_sockaddr(&at, addr, port);
    rc = uv_tcp_bind(&l->tcp, (struct sockaddr *)&at, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&l->tcp, LIMIT_BACKLOG, on_connection);
    if (rc == 0)
        rc = uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&at, &len);
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
        why = "write an IP address and a port, such as 127.0.0.1:3128";
    return why;
}

int listener_open(struct listener **out, struct proxy *proxy, const char *address, fence_error *err)
{
    struct listener *l;
    struct host host;
    uint16_t port;
    char shown[128];
    const char *why = parse_address(&host, &port, str_of(address));
    int rc;

    str_escape(shown, sizeof shown, str_of(address));
    if (why)
        return fail(err, -EINVAL, "cannot listen on '%s': %s", shown, why);
    rc = listener_new(&l, proxy);
    if (rc < 0)
        return fail(err, rc, "cannot listen on '%s': %s", shown, uv_strerror(rc));
    rc = listener_bind(l, &host.addr, port);
    if (rc < 0) {
        listener_close(l);
        return fail(err, rc, "cannot listen on '%s': %s%s", shown, uv_strerror(rc),
                    rc == UV_EADDRINUSE ? ": choose another port, or 0 for a free one" : "");
    }
    *out = l;
    return 0;
}

int listener_adopt(struct listener **out, struct proxy *proxy, int fd, fence_error *err)
{
    struct listener *l;
    auto_fd int owned = fd;
    int rc = listener_new(&l, proxy);

    if (rc < 0)
        return fail(err, rc, "cannot serve the sandbox: %s", uv_strerror(rc));
    rc = uv_tcp_open(&l->tcp, owned);
    if (rc == 0) {
        owned = -1; /* the handle's from here on */
        rc = uv_listen((uv_stream_t *)&l->tcp, LIMIT_BACKLOG, on_connection);
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
    for (struct list *link = l->proxy->sessions.next; link != &l->proxy->sessions;) {
        struct session *s = CONTAINER_OF(link, struct session, link);

        link = link->next;
        if (s->listener != l)
            continue;
        s->listener = NULL;
        session_abort(s);
    }
    uv_close((uv_handle_t *)&l->tcp, on_closed);
}
