/* SPDX-License-Identifier: Apache-2.0
 * dns_service.c - questions by UDP, and what both ways of asking share. Sends nothing but answers,
 * each to whoever has asked; has no resolver, and no socket but those that it was given.
 *
 * LIMIT_DNS_DATAGRAMS datagrams of a socket are read before the loop turns to others, so that a
 * flood takes its part of it and no more. */
#include "proxy/dns_service.h"

#include "base/error.h"
#include "filter/rules.h"
#include "proxy/datagram.h"
#include "proxy/dns_answer.h"
#include "proxy/dns_clients.h"

#define RESOLV_CONF "/etc/resolv.conf"

struct udp {
    uv_poll_t handle;
    int fd;
    struct dns_service *service;
};

struct dns_service {
    struct proxy *proxy;
    struct listener_capture *capture;
    struct host denied;           /* the last one that was reported */
    struct search_domains search; /* of this machine, once anybody has asked */
    bool asked;
    struct udp udp[2];
    unsigned nudp; /* handles, which come first */
    unsigned handles;
    struct dns_clients *clients;
    char question[LIMIT_DNS_MESSAGE]; /* what is longer is cut: its question is in front */
};

/* Nobody will connect, and be refused. A program asks for a name twice and more: once is enough,
 * and for the first one of a run, as in session_capture.c, an alert. */
static void report(struct dns_service *service, const struct host *name)
{
    struct rules_request judged = {.host = name, .tunnel = true};
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision decision;
    fence_event event = {.decision = &decision, .request = &request, .status = 403};
    struct events *events = &service->proxy->events;

    service->denied = *name;
    request.kind = FENCE_CAPTURE;
    request.method = "RESOLVE";
    request.host = name->text;
    rules_decide_request(&decision, service->proxy->config, &judged);
    service->proxy->denied++;
    event.kind = FENCE_EVENT_DECISION;
    events_emit(events, &event);
    event.kind = FENCE_EVENT_RESPONSE;
    events_emit(events, &event);
    if (service->capture->told || !strchr(name->text, '.')) /* programs look up this machine */
        return;
    service->capture->told = true;
    events_alert(events, "a program looked a name up: %s%s%s; others are reported with -m",
                 decision.message, decision.cure[0] ? "; allow it: " : "", decision.cure);
}

size_t dns_service_answer(struct dns_service *service, char out[DNS_ANSWER], const void *message,
                          size_t len)
{
    struct dns_rules rules = {.config = service->proxy->config,
                              .policies = service->proxy->policy != NULL,
                              .search = &service->search};
    struct host denied;
    size_t answer_len;

    if (!service->asked)
        search_domains_load(&service->search, RESOLV_CONF);
    service->asked = true;
    answer_len = dns_answer(out, message, len, service->capture->names, &rules, &denied);
    if (denied.len > 0 && !str_equal(host_str(&denied), host_str(&service->denied)))
        report(service, &denied);
    return answer_len;
}

/* ---- UDP ---- */

static struct udp *udp_of(void *handle)
{
    return CONTAINER_OF(handle, struct udp, handle);
}

/* An answer that does not fit into the socket's buffer is lost, as datagrams are: who has asked
 * will ask again, and a queue would be memory for a flood. */
static bool answer_one(struct udp *udp)
{
    struct dns_service *service = udp->service;
    struct datagram_asker asker;
    char answer[DNS_ANSWER];
    ssize_t len = datagram_receive(&asker, udp->fd, service->question, sizeof service->question);
    size_t answer_len;

    if (len < 0)
        return false;
    answer_len = dns_service_answer(service, answer, service->question, (size_t)len);
    if (answer_len > 0)
        datagram_answer(udp->fd, &asker, answer, answer_len);
    return true;
}

static void on_datagrams(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    for (int i = 0; i < LIMIT_DNS_DATAGRAMS && answer_one(udp_of(handle)); i++)
        ;
}

static void on_udp_closed(uv_handle_t *handle)
{
    struct udp *udp = udp_of(handle);
    struct dns_service *service = udp->service;

    close_fd(&udp->fd);
    if (--service->handles == 0)
        free(service);
}

static int open_udp(struct dns_service *service, int fd)
{
    struct udp *udp = &service->udp[service->nudp];
    auto_fd int owned = fd;
    int rc = uv_poll_init(service->proxy->loop, &udp->handle, owned);

    if (rc < 0)
        return rc;
    udp->service = service;
    udp->fd = take_fd(&owned);
    service->nudp++;
    service->handles++;
    return uv_poll_start(&udp->handle, UV_READABLE, on_datagrams);
}

/* ---- beginning and end ---- */

/* Takes the descriptors. */
static int open_all(struct dns_service *service, const int udp[2])
{
    int rc = 0;

    for (size_t i = 0; i < 2; i++) {
        int fd = udp[i];

        if (fd >= 0 && rc == 0)
            rc = open_udp(service, fd);
        else
            close_fd(&fd);
    }
    return rc;
}

int dns_service_open(struct dns_service **out, struct proxy *proxy,
                     struct listener_capture *capture, const int udp[2], fence_error *err)
{
    struct dns_service *service = calloc(1, sizeof *service);
    int rc;

    if (!service) {
        for (size_t i = 0; i < 2; i++) {
            int fd = udp[i];

            close_fd(&fd);
        }
        return fail(err, -ENOMEM, "out of memory");
    }
    service->proxy = proxy;
    service->capture = capture;
    rc = open_all(service, udp);
    if (rc < 0) {
        dns_service_close(service);
        return fail(err, rc, "cannot answer the sandbox's names: %s", uv_strerror(rc));
    }
    *out = service;
    return 0;
}

int dns_service_listen(struct dns_service *service, const int tcp[2], fence_error *err)
{
    int rc = dns_clients_open(&service->clients, service, service->proxy, tcp);

    return rc < 0 ? fail(err, rc, "cannot answer the sandbox's names by TCP: %s", uv_strerror(rc))
                  : 0;
}

void dns_service_close(struct dns_service *service)
{
    if (!service)
        return;
    dns_clients_close(take(&service->clients));
    for (size_t i = 0; i < service->nudp; i++)
        uv_close((uv_handle_t *)&service->udp[i].handle, on_udp_closed);
    if (service->handles == 0)
        free(service);
}
