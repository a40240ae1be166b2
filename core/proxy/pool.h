/* SPDX-License-Identifier: Apache-2.0
 * pool.h - connections to origins that wait for another plain HTTP request: RFC 9112, section 9.3.
 *
 * One is given out for the very name and port that it was dialled for, and for nothing else;
 * whoever asks has been judged anew. It waits for LIMIT_POOL_IDLE_MS, and keeps no loop running. */
#ifndef FENCE_PROXY_POOL_H
#define FENCE_PROXY_POOL_H

#include "base/host.h"
#include "base/list.h"
#include "proxy/peer.h"

#define POOL_BUCKETS 64 /* a power of two; under a handful of connections in each */

struct pool {
    struct list buckets[POOL_BUCKETS]; /* of idle connections, the latest first */
    struct list by_age;                /* the same ones, the oldest first       */
    size_t count;
    uv_timer_t timer; /* until the oldest has waited long enough */
};

void pool_init(struct pool *pool, uv_loop_t *loop);
void pool_clear(struct pool *pool); /* closes all that wait */
void pool_close(struct pool *pool); /* run the loop after this */

/* A connected peer that is the caller's from now on, with nobody's callbacks, or NULL. */
struct peer *pool_take(struct pool *pool, const struct host *host, uint16_t port);

/* Takes a connected peer that neither writes nor has anything to say, and keeps it or closes it. No
 * more than `most` are kept. */
void pool_put(struct pool *pool, struct peer *peer, const struct host *host, uint16_t port,
              size_t most);

#endif
