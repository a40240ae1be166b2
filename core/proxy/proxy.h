/* SPDX-License-Identifier: Apache-2.0
 * proxy.h - the listeners and sessions of one loop, and what they share. */
#ifndef FENCE_PROXY_PROXY_H
#define FENCE_PROXY_PROXY_H

#include <fence/fence.h>
#include <uv.h>

#include "base/list.h"
#include "proxy/ask.h"
#include "proxy/events.h"
#include "proxy/peer.h"
#include "proxy/pool.h"

struct addr;
struct login;
struct resolver;

struct proxy {
    uv_loop_t *loop; /* borrowed */
    struct fence_config *config;
    fence_policy *policy; /* or NULL */
    uint64_t rules_seq;   /* how often the two were replaced */
    uv_timer_t rules_timer;
    struct events events;
    uint64_t allowed, denied; /* decisions */
    struct asks asks;
    struct resolver *resolver;
    struct login *login; /* that clients have to give; or NULL */
    struct peer_buffer buffer;
    struct pool pool;
    struct list listeners;
    struct list sessions;
    unsigned nsessions;
    unsigned nports;           /* of them; their sandboxes bound how many: ports.c */
    unsigned max_sessions;     /* what can be afforded of `wanted_sessions` */
    unsigned wanted_sessions;  /* LIMIT_SESSIONS, unless somebody asked for another number */
    unsigned kept_descriptors; /* for the ports of sandboxes */
    uint64_t last_session;     /* the number of the newest */
    uint64_t last_run;         /* the same of sandboxes    */
};

/* Takes a reference to `config`. Returns 0 or -errno; on failure nothing is left. */
int proxy_init(struct proxy *proxy, uv_loop_t *loop, struct fence_config *config,
               const fence_observer *observer);

/* Ends every listener and session. Run the loop until they are gone, then call proxy_deinit(). */
void proxy_close(struct proxy *proxy);
void proxy_deinit(struct proxy *proxy);

/* From now on these decide: takes a reference to each, `policy` may be NULL. What has been allowed
 * and is not connected yet is judged again, when the loop turns; so that this may be called from
 * within a decision. Tunnels stay, under the new deadlines. */
void proxy_replace_rules(struct proxy *proxy, struct fence_config *config, fence_policy *policy);

/* The sessions that count against the limit. */
static inline unsigned proxy_clients(const struct proxy *proxy)
{
    return proxy->nsessions - proxy->nports;
}

/* How many of the wanted sessions this process can afford: two descriptors each, three while two
 * addresses are tried, a quarter of one in the pool, and never so many that accepting or dialling
 * fails for want of them. */
unsigned proxy_affordable_sessions(const struct proxy *proxy);

/* Would dialling this reach one of our own listeners? */
bool proxy_is_own_listener(const struct proxy *proxy, const struct addr *addr, uint16_t port);

#endif
