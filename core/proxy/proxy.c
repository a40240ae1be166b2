/* SPDX-License-Identifier: Apache-2.0
 * proxy.c - set-up and end of what the sessions of a loop share. */
#include "proxy/proxy.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "proxy/listener.h"
#include "proxy/login.h"
#include "proxy/own_addr.h"
#include "proxy/resolver.h"
#include "proxy/session.h"

#define DESCRIPTORS_KEPT 48 /* for the loop, listeners, sandboxes and what the host program has */

unsigned proxy_affordable_sessions(const struct proxy *proxy)
{
    unsigned wanted = proxy->wanted_sessions;
    struct rlimit limit;
    rlim_t sessions = wanted, kept = DESCRIPTORS_KEPT + proxy->kept_descriptors;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        sessions = limit.rlim_cur > kept ? (limit.rlim_cur - kept) / 11 * 4 : 0;
        if (sessions < 4)
            sessions = 4;
    }
    return sessions < wanted ? (unsigned)sessions : wanted;
}

int proxy_init(struct proxy *proxy, uv_loop_t *loop, struct fence_config *config,
               const fence_observer *observer)
{
    int rc;

    *proxy = (struct proxy){.loop = loop, .wanted_sessions = LIMIT_SESSIONS};
    proxy->max_sessions = proxy_affordable_sessions(proxy);
    if (observer)
        proxy->events.observer = *observer;
    asks_init(&proxy->asks, &proxy->events.observer);
    list_init(&proxy->listeners);
    list_init(&proxy->sessions);
    proxy->buffer.size = LIMIT_RELAY_BUFFER;
    proxy->buffer.bytes = malloc(proxy->buffer.size);
    if (!proxy->buffer.bytes)
        return -ENOMEM;
    rc = resolver_new(&proxy->resolver, loop);
    if (rc < 0) {
        free(take(&proxy->buffer.bytes));
        splice_close(&proxy->buffer.pipe);
        return rc;
    }
    pool_init(&proxy->pool, loop);
    uv_timer_init(loop, &proxy->rules_timer);
    proxy->config = fence_config_ref(config);
    return 0;
}

void proxy_close(struct proxy *proxy)
{
    LIST_EACH(link, &proxy->listeners)
    listener_close(CONTAINER_OF(link, struct listener, link));
    while (!list_empty(&proxy->sessions)) { /* ending one may end others */
        struct session *s = CONTAINER_OF(proxy->sessions.next, struct session, link);

        list_remove(&s->link);
        session_abort(s);
    }
    pool_close(&proxy->pool);
    uv_close((uv_handle_t *)&proxy->rules_timer, NULL);
    resolver_close(take(&proxy->resolver));
}

void proxy_deinit(struct proxy *proxy)
{
    asks_deinit(&proxy->asks);
    login_free(take(&proxy->login));
    free(take(&proxy->buffer.bytes));
    splice_close(&proxy->buffer.pipe);
    proxy->policy = fence_policy_unref(proxy->policy);
    proxy->config = fence_config_unref(proxy->config);
}

/* ---- other rules ---- */

static void on_rules_timer(uv_timer_t *timer)
{
    struct proxy *proxy = CONTAINER_OF(timer, struct proxy, rules_timer);

    LIST_EACH(link, &proxy->sessions)
    session_rules_changed(CONTAINER_OF(link, struct session, link));
}

void proxy_replace_rules(struct proxy *proxy, struct fence_config *config, fence_policy *policy)
{
    struct fence_config *old_config = proxy->config;
    fence_policy *old_policy = proxy->policy;

    proxy->config = fence_config_ref(config);
    proxy->policy = policy ? fence_policy_ref(policy) : NULL;
    proxy->rules_seq++;
    pool_clear(&proxy->pool); /* the old rules chose those addresses, and the way to them */
    fence_config_unref(old_config);
    fence_policy_unref(old_policy);
    if (!list_empty(&proxy->sessions))
        uv_timer_start(&proxy->rules_timer, on_rules_timer, 0, 0);
}

bool proxy_is_own_listener(const struct proxy *proxy, const struct addr *addr, uint16_t port)
{
    LIST_EACH(link, (struct list *)&proxy->listeners)
    {
        const struct listener *l = CONTAINER_OF(link, struct listener, link);

        if (!l->on_host || l->port != port)
            continue;
        if (addr_equal(&l->addr, addr))
            return true;
        if (addr_classify(&l->addr) == ADDR_UNSPECIFIED && own_addr(addr))
            return true;
    }
    return false;
}
