/* SPDX-License-Identifier: Apache-2.0
 * resolver.h - names to addresses: getaddrinfo(3), each name asked once however many wait for it,
 * and remembered for a moment.
 *
 * Every look-up has a thread of its own, which can be abandoned: a server that never answers holds
 * up nobody else, and does not keep the loop from closing. (libuv's pool gives names two threads
 * of four, and a look-up that has begun there cannot be given up: core/decisions.md.) */
#ifndef FENCE_PROXY_RESOLVER_H
#define FENCE_PROXY_RESOLVER_H

#include <fence/fence.h>
#include <uv.h>

#include "base/addr.h"
#include "base/limits.h"
#include "base/list.h"

struct resolver;

struct answer {
    int status; /* 0, or EAI_* of getaddrinfo(3) */
    size_t count;
    struct addr addrs[LIMIT_ADDRESSES]; /* the first ones, in getaddrinfo's order: RFC 6724 */
};

struct question { /* one who waits; lives in its owner */
    struct list link;
    void (*on_answer)(struct question *question, const struct answer *answer);
};

/* Returns 0 or -errno. It does not keep the loop running: whoever waits has a handle that does. */
int resolver_new(struct resolver **out, uv_loop_t *loop);
void resolver_close(struct resolver *resolver); /* takes NULL; frees itself on the loop */

/* Asks `resolve` instead of getaddrinfo(3); NULL: no more. See fence.h. */
void resolver_replace(struct resolver *resolver, fence_resolve_cb resolve, void *payload);
int resolver_answer(fence_question *question, const char *const *addresses, size_t count);

/* What `name` was resolved to in the last LIMIT_CACHE_MS, or NULL. */
const struct addr *resolver_recall(struct resolver *resolver, size_t *count, const char *name);

/* Asks for `name`: in normal form, not a number, searched in no domain list. on_answer() is called
 * later, from the loop. Returns 0; UV_EAGAIN when LIMIT_LOOKUPS run already; or -errno. */
int resolver_ask(struct resolver *resolver, struct question *question, const char *name);

/* on_answer() will not be called. Harmless after it was, or on a question that was never asked. */
void resolver_forget(struct question *question);

#endif
