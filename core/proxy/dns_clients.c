/* SPDX-License-Identifier: Apache-2.0
 * dns_clients.c - see dns_clients.h. Two bytes of length before each message, as many messages as a
 * client likes, whole or in parts (RFC 7766, sections 6.2.1 and 8).
 *
 * All memory is reserved from the start. Whoever asks nothing for a while, does not read, or sends
 * what is no question is closed; one too many closes the one that has been silent for longest,
 * which RFC 7766, section 6.2.3, lets a server do. All of them together have LIMIT_DNS_TURN
 * questions answered before the loop turns to others. */
#include "proxy/dns_clients.h"

#include <errno.h>

#include "base/limits.h"
#include "base/list.h"

#define PREFIX  2          /* bytes of a length */
#define ANSWERS (8 * 1024) /* that are written at once */

struct client {
    struct peer peer;
    struct dns_clients *all;
    struct list link;   /* of `unused` or `by_age`; of none while it is being closed */
    struct list paused; /* of `paused`: has more questions than this turn has answers  */
    uint64_t until;     /* uv_now() */
    size_t filled;
    char bytes[PREFIX + LIMIT_DNS_MESSAGE];
};

struct dns_listener {
    uv_tcp_t handle;
    struct dns_clients *all;
    bool waiting; /* with somebody whom libuv has accepted, for a client to be unused */
};

struct dns_clients {
    struct dns_service *service;
    struct proxy *proxy;
    struct dns_listener listeners[2];
    unsigned nlisteners;
    unsigned handles;
    bool closing;
    uv_timer_t timer;
    uv_idle_t turn;
    unsigned left;                      /* answers of this turn                     */
    struct list unused, by_age, paused; /* by_age: whoever was silent longest first */
    size_t made; /* of `list`; what has not been used yet is no memory either */
    struct client list[LIMIT_DNS_CLIENTS];
};

static void gone(struct dns_clients *all)
{
    if (--all->handles == 0)
        free(all);
}

/* ---- ends ---- */

static void client_close(struct client *client)
{
    list_remove(&client->link);
    list_remove(&client->paused);
    peer_close(&client->peer);
}

/* By a reset: an orderly end would stand behind what the client does not read, in the kernel. */
static void client_drop(struct client *client)
{
    list_remove(&client->link);
    list_remove(&client->paused);
    peer_reset(&client->peer);
}

static void accept_waiting(struct dns_clients *all);

static void on_client_closed(struct peer *peer)
{
    struct client *client = peer->owner;

    list_append(&client->all->unused, &client->link);
    if (!client->all->closing)
        accept_waiting(client->all);
    gone(client->all);
}

static void on_old(uv_timer_t *timer)
{
    struct dns_clients *all = CONTAINER_OF(timer, struct dns_clients, timer);
    uint64_t now = uv_now(timer->loop);

    while (!list_empty(&all->by_age)) {
        struct client *oldest = CONTAINER_OF(all->by_age.next, struct client, link);

        if (oldest->until > now) {
            uv_timer_start(timer, on_old, oldest->until - now, 0);
            return;
        }
        client_drop(oldest);
    }
}

/* Has just asked, or come. */
static void touch(struct client *client)
{
    struct dns_clients *all = client->all;

    client->until = uv_now(all->timer.loop) + LIMIT_DNS_IDLE_MS;
    list_remove(&client->link);
    list_append(&all->by_age, &client->link);
    if (!uv_is_active((uv_handle_t *)&all->timer))
        uv_timer_start(&all->timer, on_old, LIMIT_DNS_IDLE_MS, 0);
}

/* ---- questions ---- */

static size_t message_len(const struct client *client, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)client->bytes + at;

    return (size_t)bytes[0] << 8 | bytes[1];
}

/* The next message, if it is whole, and `*at` behind it. */
static bool take_message(struct str *out, const struct client *client, size_t *at)
{
    size_t room = client->filled - *at, len;

    if (room < PREFIX)
        return false;
    len = message_len(client, *at);
    if (room - PREFIX < len)
        return false;
    *out = (struct str){client->bytes + *at + PREFIX, len};
    *at += PREFIX + len;
    return true;
}

static void on_turn(uv_idle_t *turn);

/* False: what is left has to wait for the next turn. */
static bool may_answer(struct dns_clients *all)
{
    uv_idle_start(&all->turn, on_turn);
    if (all->left == 0)
        return false;
    all->left--;
    return true;
}

/* Puts answers of the messages from `*at` on into `out`, as many as there is room for. Returns
 * their length, or -EPROTO. */
static ssize_t collect(char out[ANSWERS], struct client *client, size_t *at)
{
    struct str message;
    size_t len = 0, answer;

    while (len + PREFIX + DNS_ANSWER <= ANSWERS && take_message(&message, client, at)) {
        if (!may_answer(client->all)) {
            *at -= PREFIX + message.len;
            list_remove(&client->paused);
            list_append(&client->all->paused, &client->paused);
            break;
        }
        answer = dns_service_answer(client->all->service, out + len + PREFIX, message.bytes,
                                    message.len);
        if (answer == 0)
            return -EPROTO;
        out[len] = (char)(answer >> 8);
        out[len + 1] = (char)answer;
        len += PREFIX + answer;
    }
    return (ssize_t)len;
}

/* Returns 0 when all messages that are whole have been answered, or wait for the next turn; else as
 * peer_write(). */
static int answer_all(struct client *client)
{
    char out[ANSWERS];
    size_t at = 0;
    ssize_t len;
    int rc = 0;

    do {
        len = collect(out, client, &at);
        if (len > 0) {
            touch(client);
            rc = peer_write(&client->peer, out, (size_t)len);
        }
    } while (len > 0 && rc == 0 && list_empty(&client->paused));
    client->filled -= at;
    memmove(client->bytes, client->bytes + at, client->filled);
    if (client->filled >= PREFIX && message_len(client, 0) > LIMIT_DNS_MESSAGE)
        return -EMSGSIZE;
    return len < 0 ? (int)len : rc;
}

/* Answers, and then reads on; or not yet. */
static void serve(struct client *client)
{
    int rc = answer_all(client);

    if (rc < 0) {
        client_drop(client);
    } else if (rc > 0 || !list_empty(&client->paused)) {
        peer_read_stop(&client->peer);
    } else if (client->peer.read_ended) {
        client_close(client);
    } else {
        client->peer.read_max = sizeof client->bytes - client->filled;
        peer_read_start(&client->peer);
    }
}

static void on_turn(uv_idle_t *turn)
{
    struct dns_clients *all = CONTAINER_OF(turn, struct dns_clients, turn);

    all->left = LIMIT_DNS_TURN;
    uv_idle_stop(turn); /* an answer starts it again */
    while (!list_empty(&all->paused) && all->left > 0) {
        struct client *client = CONTAINER_OF(all->paused.next, struct client, paused);

        list_remove(&client->paused);
        if (!client->peer.writing) /* else on_drained() */
            serve(client);
    }
}

static void on_bytes(struct peer *peer, char *bytes, size_t len)
{
    struct client *client = peer->owner;

    memcpy(client->bytes + client->filled, bytes, len); /* read_max */
    client->filled += len;
    serve(client);
}

/* What it asked before it ended is answered (RFC 7766, section 6.2.4). */
static void on_end(struct peer *peer, int status)
{
    struct client *client = peer->owner;

    if (status < 0 || (!peer->writing && list_empty(&client->paused)))
        client_close(client);
}

static void on_drained(struct peer *peer, int status)
{
    struct client *client = peer->owner;

    if (status < 0)
        client_drop(client);
    else if (list_empty(&client->paused))
        serve(client);
}

static const struct peer_ops client_ops = {on_bytes, on_end, on_drained, NULL};

/* ---- coming ---- */

static bool has_unused(struct dns_clients *all)
{
    struct client *next = &all->list[all->made];

    if (list_empty(&all->unused) && all->made < LIMIT_DNS_CLIENTS) {
        next->all = all;
        list_init(&next->paused);
        list_append(&all->unused, &next->link);
        all->made++;
    }
    return !list_empty(&all->unused);
}

/* There is an unused one. */
static void accept_client(struct dns_listener *l)
{
    struct dns_clients *all = l->all;
    struct client *client = CONTAINER_OF(all->unused.next, struct client, link);

    if (peer_init(&client->peer, all->proxy->loop, &all->proxy->buffer, UV_TCP) < 0)
        return; /* never, for a TCP handle without a socket */
    client->peer.owner = client;
    client->peer.ops = &client_ops;
    client->peer.on_closed = on_client_closed;
    client->filled = 0;
    l->waiting = false;
    all->handles++;
    touch(client);
    if (uv_accept((uv_stream_t *)&l->handle, &client->peer.io.stream) < 0)
        client_close(client);
    else
        serve(client);
}

static void accept_waiting(struct dns_clients *all)
{
    for (size_t i = 0; i < all->nlisteners && has_unused(all); i++) {
        if (all->listeners[i].waiting)
            accept_client(&all->listeners[i]);
    }
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct dns_listener *l = CONTAINER_OF(stream, struct dns_listener, handle);
    struct dns_clients *all = l->all;

    if (status < 0)
        return; /* EMFILE and its kind: libuv has turned it away */
    l->waiting = true;
    if (has_unused(all))
        accept_client(l);
    else if (!list_empty(&all->by_age))
        client_drop(CONTAINER_OF(all->by_age.next, struct client, link));
}

/* ---- beginning and end ---- */

static void on_listener_closed(uv_handle_t *handle)
{
    gone(CONTAINER_OF(handle, struct dns_listener, handle)->all);
}

static void on_timer_closed(uv_handle_t *handle)
{
    gone(CONTAINER_OF(handle, struct dns_clients, timer));
}

static void on_turn_closed(uv_handle_t *handle)
{
    gone(CONTAINER_OF(handle, struct dns_clients, turn));
}

static int open_listener(struct dns_clients *all, int fd)
{
    struct dns_listener *l = &all->listeners[all->nlisteners];
    auto_fd int owned = fd;
    int rc = uv_tcp_init(all->proxy->loop, &l->handle);

    if (rc < 0)
        return rc;
    l->all = all;
    all->nlisteners++;
    all->handles++;
    rc = uv_tcp_open(&l->handle, owned);
    if (rc < 0)
        return rc;
    (void)take_fd(&owned); /* the handle's from here on */
    return uv_listen((uv_stream_t *)&l->handle, LIMIT_BACKLOG, on_connection);
}

static struct dns_clients *new_clients(struct dns_service *service, struct proxy *proxy)
{
    struct dns_clients *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    all->service = service;
    all->proxy = proxy;
    all->left = LIMIT_DNS_TURN;
    list_init(&all->unused);
    list_init(&all->by_age);
    list_init(&all->paused);
    uv_timer_init(proxy->loop, &all->timer);
    uv_idle_init(proxy->loop, &all->turn);
    all->handles = 2;
    return all;
}

int dns_clients_open(struct dns_clients **out, struct dns_service *service, struct proxy *proxy,
                     const int listeners[2])
{
    struct dns_clients *all = new_clients(service, proxy);
    int rc = all ? 0 : UV_ENOMEM;

    for (size_t i = 0; i < 2; i++) {
        int fd = listeners[i];

        if (fd >= 0 && rc == 0)
            rc = open_listener(all, fd);
        else
            close_fd(&fd);
    }
    if (rc < 0)
        dns_clients_close(all);
    else
        *out = all;
    return rc;
}

void dns_clients_close(struct dns_clients *all)
{
    if (!all)
        return;
    all->closing = true;
    while (!list_empty(&all->by_age))
        client_drop(CONTAINER_OF(all->by_age.next, struct client, link));
    for (size_t i = 0; i < all->nlisteners; i++)
        uv_close((uv_handle_t *)&all->listeners[i].handle, on_listener_closed);
    uv_close((uv_handle_t *)&all->timer, on_timer_closed);
    uv_close((uv_handle_t *)&all->turn, on_turn_closed);
}
