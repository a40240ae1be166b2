/* SPDX-License-Identifier: Apache-2.0
 * dialer.c - one dial: a question, the rules for each address, and attempts that race.
 *
 * What the rules let pass is exactly what is dialled: no name goes to connect(2), and nothing is
 * resolved twice. */
#include "proxy/dialer.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "filter/rules.h"
#include "proxy/addr_place.h"
#include "proxy/hop.h"
#include "proxy/resolver.h"

struct attempt {      /* one address being tried; freed by on_connected(), which always comes */
    struct list link; /* of dial.attempts */
    uv_connect_t req;
    struct peer *peer;
    struct dial *dial; /* NULL once it is over */
};

struct dial {
    struct proxy *proxy;
    struct fence_config *config; /* which `via` belongs to */
    uint64_t rules_seq;          /* of the proxy when it began */
    void *owner;
    dial_cb on_done;
    struct rules_request request; /* what is asked for; the host is the owner's */
    struct policy_request shown;  /* the same for policies                      */
    const struct upstream *via;   /* what it is asked of, if not of the host; or NULL */
    struct hop hop;               /* its peer is NULL until it is connected */
    struct question question;
    uv_timer_t timer;  /* the look-up's deadline, the next attempt, or a refusal to deliver */
    uint64_t deadline; /* uv_now() by which an attempt must have connected               */
    struct addr addrs[LIMIT_ATTEMPTS]; /* judged, and in the order of dialling */
    size_t count, next;
    struct list attempts;
    int last_error;
    fence_decision refusal;
};

static void on_timer_closed(uv_handle_t *handle)
{
    struct dial *dial = CONTAINER_OF(handle, struct dial, timer);

    hop_deinit(&dial->hop);
    fence_config_unref(dial->config);
    free(dial);
}

static void on_peer_closed(struct peer *peer)
{
    free(peer);
}

static void on_timer(uv_timer_t *timer);
static void dial_advance(struct dial *dial);

static void end_attempts(struct dial *dial)
{
    LIST_EACH(link, &dial->attempts)
    {
        struct attempt *attempt = CONTAINER_OF(link, struct attempt, link);

        list_remove(&attempt->link);
        attempt->dial = NULL;
        peer_close(attempt->peer);
    }
}

/* After this, nothing calls back: the memory goes when the loop has closed the timer. */
static void dial_release(struct dial *dial)
{
    resolver_forget(&dial->question);
    end_attempts(dial);
    if (dial->hop.peer)
        peer_close(take(&dial->hop.peer));
    uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}

void dial_cancel(struct dial *dial)
{
    if (dial)
        dial_release(dial);
}

static void dial_succeed(struct dial *dial, struct peer *peer)
{
    dial->hop.peer = NULL; /* the owner's now */
    dial_release(dial);
    dial->on_done(dial->owner, peer, buf_str(&dial->hop.in), NULL);
}

static void dial_fail(struct dial *dial)
{
    dial_release(dial);
    dial->on_done(dial->owner, NULL, STR(""), &dial->refusal);
}

static void refuse(struct dial *dial, fence_reason reason, const char *what)
{
    fence_decision *r = &dial->refusal;
    char authority[HOST_AUTHORITY];

    memset(r, 0, sizeof *r);
    r->verdict = FENCE_DENY;
    r->reason = reason;
    if (dial->via) /* whatever failed, it was about this one */
        host_format_authority(authority, &dial->via->host, dial->via->port, 0);
    else
        host_format_authority(authority, dial->request.host, dial->request.port, 0);
    if (snprintf(r->message, sizeof r->message, "%s: %s", authority, what) < 0)
        r->message[0] = '\0';
}

static fence_reason reason_of(int error)
{
    switch (error) {
    case UV_ECONNREFUSED:
        return FENCE_REASON_CONNECTION_REFUSED;
    case UV_ETIMEDOUT:
        return FENCE_REASON_CONNECTION_TIMEOUT;
    case UV_ENETUNREACH:
    case UV_EHOSTUNREACH:
        return FENCE_REASON_IP_UNROUTABLE;
    case UV_EMFILE:
    case UV_ENFILE:
        return FENCE_REASON_LIMIT_REACHED;
    case UV_ENOMEM:
        return FENCE_REASON_INTERNAL_ERROR;
    default:
        return FENCE_REASON_CONNECTION_LOST;
    }
}

/* ---- the way through an upstream proxy ---- */

static void on_hop(struct hop *hop, fence_reason reason, const char *message)
{
    struct dial *dial = CONTAINER_OF(hop, struct dial, hop);

    if (reason == FENCE_REASON_NONE) {
        dial_succeed(dial, hop->peer);
        return;
    }
    refuse(dial, reason, message);
    uv_timer_start(&dial->timer, on_timer, 0, 0); /* never from within a call of the owner's */
}

static void on_peer_connected(struct dial *dial, struct peer *peer)
{
    bool ask = dial->via && (dial->request.tunnel || dial->via->kind == UPSTREAM_SOCKS5);
    uint64_t now = uv_now(dial->proxy->loop);

    if (!ask) {
        dial_succeed(dial, peer);
        return;
    }
    end_attempts(dial);
    dial->next = dial->count; /* no other one is tried: this one has answered */
    uv_timer_start(&dial->timer, on_timer, dial->deadline > now ? dial->deadline - now : 0, 0);
    dial->hop.upstream = dial->via;
    dial->hop.host = dial->request.host;
    dial->hop.port = dial->request.port;
    dial->hop.on_done = on_hop;
    hop_begin(&dial->hop, peer);
}

/* ---- attempts ---- */

static void on_connected(uv_connect_t *req, int status)
{
    struct attempt *attempt = CONTAINER_OF(req, struct attempt, req);
    struct dial *dial = attempt->dial;
    struct peer *peer = attempt->peer;

    list_remove(&attempt->link);
    free(attempt);
    if (!dial)
        return; /* it is over, and the peer is closing */
    if (status == 0) {
        on_peer_connected(dial, peer);
        return;
    }
    peer_close(peer);
    dial->last_error = status;
    dial_advance(dial);
}

/* Returns 0 when the attempt is under way. */
static int attempt_start(struct dial *dial, const struct addr *addr)
{
    auto_free struct attempt *attempt = calloc(1, sizeof *attempt);
    auto_free struct peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_storage to;
    int rc;

    if (!attempt || !peer)
        return -ENOMEM;
    rc = peer_init(peer, dial->proxy->loop, &dial->proxy->buffer, UV_TCP);
    if (rc < 0)
        return rc;
    peer->on_closed = on_peer_closed;
    addr_to_sockaddr(&to, addr, dial->via ? dial->via->port : dial->request.port);
    rc = uv_tcp_connect(&attempt->req, &peer->io.tcp, (struct sockaddr *)&to, on_connected);
    if (rc < 0) {
        peer_close(take(&peer));
        return rc;
    }
    uv_tcp_nodelay(&peer->io.tcp, 1);
    attempt->dial = dial;
    attempt->peer = take(&peer);
    list_append(&dial->attempts, &attempt->link);
    (void)take(&attempt);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct dial *dial = CONTAINER_OF(timer, struct dial, timer);

    if (dial->refusal.verdict == FENCE_DENY) {
        dial_fail(dial);
    } else if (dial->refusal.verdict == FENCE_ASK) {
        dial->on_done(dial->owner, NULL, STR(""), &dial->refusal);
    } else if (!list_empty(&dial->question.link)) {
        refuse(dial, FENCE_REASON_DNS_TIMEOUT, "the name server did not answer in time");
        dial_fail(dial);
    } else if (uv_now(dial->proxy->loop) >= dial->deadline) {
        refuse(dial, FENCE_REASON_CONNECTION_TIMEOUT, "no connection in time");
        dial_fail(dial);
    } else {
        dial_advance(dial);
    }
}

/* Starts the next attempt; fails when none is left and none is under way. */
static void dial_advance(struct dial *dial)
{
    uint64_t now = uv_now(dial->proxy->loop);
    uint64_t wait = dial->deadline > now ? dial->deadline - now : 0;

    while (dial->next < dial->count) {
        int rc = attempt_start(dial, &dial->addrs[dial->next++]);

        if (rc == 0)
            break;
        dial->last_error = rc;
    }
    if (list_empty(&dial->attempts)) {
        refuse(dial, reason_of(dial->last_error), uv_strerror(dial->last_error));
        uv_timer_start(&dial->timer, on_timer, 0, 0);
        return;
    }
    if (dial->next < dial->count && wait > LIMIT_ATTEMPT_DELAY_MS)
        wait = LIMIT_ATTEMPT_DELAY_MS;
    uv_timer_start(&dial->timer, on_timer, wait, 0);
}

/* ---- addresses ---- */

/* The user named the upstream proxy, wherever it is; only this very proxy it cannot be. */
static void judge_upstream(struct dial *dial, const struct addr *addrs, size_t count)
{
    for (size_t i = 0; i < count && dial->count < LIMIT_ATTEMPTS; i++) {
        if (!proxy_is_own_listener(dial->proxy, &addrs[i], dial->via->port))
            dial->addrs[dial->count++] = addrs[i];
    }
    if (dial->count == 0)
        refuse(dial, FENCE_REASON_IP_PROHIBITED, "the upstream proxy is this proxy itself");
    addr_interleave(dial->addrs, dial->count);
}

/* Takes what refuse() has said; the dial goes on. */
static fence_decision take_refusal(struct dial *dial)
{
    fence_decision taken = dial->refusal;

    dial->refusal = (fence_decision){0};
    return taken;
}

/* By the rules. Where no descriptor is left to ask with whether it is this machine's, that is the
 * reason, and not the address. */
static fence_decision judge_addr(struct dial *dial, const struct addr *addr)
{
    fence_decision decision;
    int place = addr_place(addr);

    if (place < 0) {
        refuse(dial, reason_of(place), uv_strerror(place));
        return take_refusal(dial);
    }
    rules_decide_addr(&decision, dial->proxy->config, &dial->request, addr, (enum rules_addr)place);
    if (decision.verdict == FENCE_ALLOW &&
        proxy_is_own_listener(dial->proxy, addr, dial->request.port)) {
        refuse(dial, FENCE_REASON_IP_PROHIBITED, "that is this proxy itself");
        snprintf(dial->refusal.rule, sizeof dial->refusal.rule, "built-in");
        return take_refusal(dial);
    }
    return decision;
}

/* Keeps what may be dialled; the first refusal stands when nothing is left. */
static void judge(struct dial *dial, const struct addr *addrs, size_t count)
{
    fence_decision first = {0};

    for (size_t i = 0; i < count && dial->count < LIMIT_ATTEMPTS; i++) {
        fence_decision decision = judge_addr(dial, &addrs[i]);

        if (decision.verdict == FENCE_ALLOW)
            dial->addrs[dial->count++] = addrs[i];
        else if (first.verdict != FENCE_DENY)
            first = decision;
    }
    if (dial->count == 0)
        dial->refusal = first;
    addr_interleave(dial->addrs, dial->count);
}

/* Policies see what would be dialled. */
static void show_policies(struct dial *dial)
{
    fence_policy *policy;

    dial->shown.addresses = dial->addrs;
    dial->shown.naddresses = dial->count;
    policy = fence_policy_ref(dial->proxy->policy); /* what it logs may replace it */
    policy_resolved(policy, &dial->shown, &dial->refusal);
    fence_policy_unref(policy);
    if (dial->refusal.verdict == FENCE_DENY) {
        dial->refusal.reason = FENCE_REASON_IP_PROHIBITED;
        dial->count = 0;
    }
}

void dial_go_on(struct dial *dial)
{
    dial->refusal = (fence_decision){0};
    dial->deadline = uv_now(dial->proxy->loop) + LIMIT_DIAL_MS;
    dial_advance(dial);
}

static void dial_addrs(struct dial *dial, const struct addr *addrs, size_t count)
{
    if (dial->rules_seq != dial->proxy->rules_seq)
        return; /* the owner is about to judge again, and gives this dial up */
    if (dial->via)
        judge_upstream(dial, addrs, count);
    else
        judge(dial, addrs, count);
    if (!dial->via && dial->count > 0 && policy_wants_addresses(dial->proxy->policy))
        show_policies(dial);
    if (dial->count == 0 || dial->refusal.verdict == FENCE_ASK)
        uv_timer_start(&dial->timer, on_timer, 0, 0);
    else
        dial_go_on(dial);
}

static void on_answer(struct question *question, const struct answer *answer)
{
    struct dial *dial = CONTAINER_OF(question, struct dial, question);

    if (answer->status == 0) {
        dial_addrs(dial, answer->addrs, answer->count);
        return;
    }
    refuse(dial, FENCE_REASON_DNS_ERROR, gai_strerror(answer->status));
    dial_fail(dial);
}

/* An address is judged even if another proxy is to dial it; a name's addresses are its own affair.
 */
static bool judge_literal(struct dial *dial)
{
    const struct host *host = dial->request.host;
    int place;

    if (!dial->via || !host->is_addr)
        return true;
    place = addr_place(&host->addr);
    if (place < 0) {
        refuse(dial, reason_of(place), uv_strerror(place));
        return false;
    }
    rules_decide_addr(&dial->refusal, dial->proxy->config, &dial->request, &host->addr,
                      (enum rules_addr)place);
    if (dial->refusal.verdict == FENCE_DENY)
        return false;
    dial->refusal = (fence_decision){0};
    return true;
}

int dial_start(struct dial **out, struct proxy *proxy, const struct policy_request *request,
               void *owner, dial_cb on_done)
{
    const struct rules_request *judged = request->judged;
    const struct upstream *via =
        judged->local ? NULL : config_upstream(proxy->config, judged->host, judged->port);
    const struct host *target = via ? &via->host : judged->host;
    const struct addr *known =
        target->is_addr ? &target->addr : config_pinned(proxy->config, target);
    struct dial *dial = calloc(1, sizeof *dial);
    size_t count = 1;
    int rc;

    if (!dial)
        return -ENOMEM;
    dial->proxy = proxy;
    dial->config = fence_config_ref(proxy->config);
    dial->rules_seq = proxy->rules_seq;
    dial->owner = owner;
    dial->on_done = on_done;
    dial->request = *judged;
    dial->shown = *request;
    dial->shown.judged = &dial->request;
    dial->via = via;
    list_init(&dial->attempts);
    list_init(&dial->question.link);
    dial->question.on_answer = on_answer;
    uv_timer_init(proxy->loop, &dial->timer);
    *out = dial;
    if (!judge_literal(dial)) {
        uv_timer_start(&dial->timer, on_timer, 0, 0);
        return 0;
    }
    if (!known)
        known = resolver_recall(proxy->resolver, &count, target->text);
    if (known) {
        dial_addrs(dial, known, count);
        return 0;
    }
    rc = resolver_ask(proxy->resolver, &dial->question, target->text);
    if (rc < 0) {
        if (rc == -ENOMEM)
            refuse(dial, FENCE_REASON_INTERNAL_ERROR, "out of memory");
        else
            refuse(dial, FENCE_REASON_LIMIT_REACHED, "too many names are being looked up at once");
        uv_timer_start(&dial->timer, on_timer, 0, 0);
        return 0;
    }
    uv_timer_start(&dial->timer, on_timer, LIMIT_LOOKUP_MS, 0);
    return 0;
}
