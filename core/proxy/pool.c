/* SPDX-License-Identifier: Apache-2.0
 * pool.c - idle connections by origin. Whatever an idle one says, or its end, closes it: an answer
 * that nobody asked for must not become the answer to the next request. */
#include "proxy/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/limits.h"

struct idle {
    struct list in_bucket, by_age;
    struct pool *pool;
    struct peer *peer; /* NULL once it was taken */
    uint64_t until;    /* uv_now()               */
    uint16_t port;
    uint8_t len;
    char name[]; /* `len` bytes, in normal form */
};

static struct idle *idle_of_age(struct list *link)
{
    return CONTAINER_OF(link, struct idle, by_age);
}

/* FNV-1a. The names have been allowed, so that whoever wants collisions harms only himself. */
static struct list *bucket_of(struct pool *pool, const struct host *host, uint16_t port)
{
    uint32_t hash = 2166136261u ^ port;

    for (size_t i = 0; i < host->len; i++)
        hash = (hash ^ (uint8_t)host->text[i]) * 16777619u;
    return &pool->buckets[hash & (POOL_BUCKETS - 1)];
}

static void on_peer_closed(struct peer *peer)
{
    free(peer);
}

static void idle_free(struct idle *idle)
{
    list_remove(&idle->in_bucket);
    list_remove(&idle->by_age);
    idle->pool->count--;
    free(idle);
}

static void idle_close(struct idle *idle)
{
    struct peer *peer = idle->peer;

    idle_free(idle);
    peer_close(peer);
}

static void on_bytes(struct peer *peer, char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    idle_close(peer->owner);
}

static void on_end(struct peer *peer, int status)
{
    (void)status;
    idle_close(peer->owner);
}

static const struct peer_ops idle_ops = {on_bytes, on_end, on_end, NULL};

/* ---- age ---- */

static void on_old(uv_timer_t *timer)
{
    struct pool *pool = CONTAINER_OF(timer, struct pool, timer);
    uint64_t now = uv_now(timer->loop);

    while (!list_empty(&pool->by_age)) {
        struct idle *oldest = idle_of_age(pool->by_age.next);

        if (oldest->until > now) {
            uv_timer_start(timer, on_old, oldest->until - now, 0);
            return;
        }
        idle_close(oldest);
    }
}

void pool_init(struct pool *pool, uv_loop_t *loop)
{
    for (size_t i = 0; i < POOL_BUCKETS; i++)
        list_init(&pool->buckets[i]);
    list_init(&pool->by_age);
    pool->count = 0;
    uv_timer_init(loop, &pool->timer);
    uv_unref((uv_handle_t *)&pool->timer);
}

void pool_clear(struct pool *pool)
{
    while (!list_empty(&pool->by_age))
        idle_close(idle_of_age(pool->by_age.next));
}

void pool_close(struct pool *pool)
{
    pool_clear(pool);
    uv_close((uv_handle_t *)&pool->timer, NULL);
}

/* ---- in and out ---- */

/* Something may have come that the loop has not seen yet: the client's request was ready in the
 * same turn. Bytes would be taken for the answer to it. */
static bool is_silent(const struct peer *peer)
{
    char byte;
    int fd;

    return uv_fileno(&peer->io.handle, &fd) == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

static struct idle *find(struct pool *pool, const struct host *host, uint16_t port)
{
    LIST_EACH(link, bucket_of(pool, host, port))
    {
        struct idle *idle = CONTAINER_OF(link, struct idle, in_bucket);

        if (idle->port == port && idle->len == host->len &&
            memcmp(idle->name, host->text, host->len) == 0)
            return idle;
    }
    return NULL;
}

struct peer *pool_take(struct pool *pool, const struct host *host, uint16_t port)
{
    struct idle *idle = find(pool, host, port);
    struct peer *peer;

    while (idle && !is_silent(idle->peer)) {
        idle_close(idle);
        idle = find(pool, host, port);
    }
    if (!idle)
        return NULL;
    peer = idle->peer;
    idle_free(idle);
    uv_ref(&peer->io.handle);
    return peer;
}

static struct idle *idle_new(struct pool *pool, struct peer *peer, const struct host *host,
                             uint16_t port)
{
    struct idle *idle = malloc(sizeof *idle + host->len);

    if (!idle)
        return NULL;
    *idle = (struct idle){.pool = pool, .peer = peer, .port = port, .len = host->len};
    memcpy(idle->name, host->text, host->len);
    idle->until = uv_now(pool->timer.loop) + LIMIT_POOL_IDLE_MS;
    list_append(bucket_of(pool, host, port)->next, &idle->in_bucket); /* to the front */
    list_append(&pool->by_age, &idle->by_age);
    pool->count++;
    return idle;
}

void pool_put(struct pool *pool, struct peer *peer, const struct host *host, uint16_t port,
              size_t most)
{
    struct idle *idle = NULL;

    peer->on_closed = on_peer_closed;
    if (most > 0 && !peer->read_ended && !peer->writing)
        idle = idle_new(pool, peer, host, port);
    if (!idle) {
        peer_close(peer);
        return;
    }
    peer->owner = idle;
    peer->ops = &idle_ops;
    uv_unref(&peer->io.handle);
    if (pool->count > most)
        idle_close(idle_of_age(pool->by_age.next));
    if (!uv_is_active((uv_handle_t *)&pool->timer))
        uv_timer_start(&pool->timer, on_old, LIMIT_POOL_IDLE_MS, 0);
    peer_read_start(peer);
}
