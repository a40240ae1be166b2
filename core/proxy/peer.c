/* SPDX-License-Identifier: Apache-2.0
 * peer.c - reads, writes and ends of one TCP stream. Knows nothing of what the bytes mean. */
#include "proxy/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int peer_init(struct peer *peer, uv_loop_t *loop, const struct peer_buffer *buffer)
{
    memset(peer, 0, sizeof *peer);
    peer->buffer = buffer;
    peer->read_max = buffer->size;
    return uv_tcp_init(loop, &peer->tcp);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct peer *peer = CONTAINER_OF(handle, struct peer, tcp);

    (void)suggested;
    out->base = peer->buffer->bytes;
    out->len = peer->read_max < peer->buffer->size ? peer->read_max : peer->buffer->size;
}

/* How a stream ended: 0, or the error. libuv takes a hang-up right behind some bytes for an end of
 * file, even if it was a reset; the socket still knows, and a cut answer must not look whole. */
static int ending(const struct peer *peer, ssize_t len)
{
    int error = 0, fd;
    socklen_t size = sizeof error;

    if (len != UV_EOF)
        return (int)len;
    if (uv_fileno((const uv_handle_t *)&peer->tcp, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
        return uv_translate_sys_error(error);
    return 0;
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct peer *peer = CONTAINER_OF(stream, struct peer, tcp);

    if (len == 0)
        return; /* EAGAIN */
    if (len > 0) {
        peer->received += (uint64_t)len;
        peer->ops->on_bytes(peer, buf->base, (size_t)len);
        return;
    }
    peer_read_stop(peer);
    peer->read_ended = true;
    peer->ops->on_end(peer, ending(peer, len));
}

void peer_read_start(struct peer *peer)
{
    int rc;

    if (peer->reading || peer->read_ended || peer->closing)
        return;
    rc = uv_read_start((uv_stream_t *)&peer->tcp, on_alloc, on_read);
    peer->reading = rc == 0;
    if (rc < 0) { /* only a handle that is not connected: our own mistake, but never a hang */
        peer->read_ended = true;
        peer->ops->on_end(peer, rc);
    }
}

void peer_read_stop(struct peer *peer)
{
    if (peer->reading)
        uv_read_stop((uv_stream_t *)&peer->tcp);
    peer->reading = false;
}

static void on_written(uv_write_t *req, int status)
{
    struct peer *peer = CONTAINER_OF(req, struct peer, write_req);

    free(peer->unsent);
    peer->unsent = NULL;
    peer->writing = false;
    if (!peer->closing)
        peer->ops->on_drained(peer, status);
}

int peer_write(struct peer *peer, const char *bytes, size_t len)
{
    uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)len);
    int rc;

    if (peer->writing)
        return UV_EBUSY;
    rc = uv_try_write((uv_stream_t *)&peer->tcp, &buf, 1);
    if (rc < 0 && rc != UV_EAGAIN)
        return rc;
    if (rc > 0) {
        bytes += rc;
        len -= (size_t)rc;
    }
    if (len == 0)
        return 0;
    peer->unsent = malloc(len);
    if (!peer->unsent)
        return -ENOMEM;
    memcpy(peer->unsent, bytes, len);
    buf = uv_buf_init(peer->unsent, (unsigned)len);
    rc = uv_write(&peer->write_req, (uv_stream_t *)&peer->tcp, &buf, 1, on_written);
    if (rc < 0) {
        free(take(&peer->unsent));
        return rc;
    }
    peer->writing = true;
    return 1;
}

static void on_shut(uv_shutdown_t *req, int status)
{
    struct peer *peer = CONTAINER_OF(req, struct peer, shutdown_req);

    if (peer->closing)
        return;
    peer->shut = true;
    peer->ops->on_drained(peer, status == UV_ENOTCONN ? 0 : status);
}

void peer_shutdown(struct peer *peer)
{
    int rc;

    if (peer->write_ended || peer->closing)
        return;
    peer->write_ended = true;
    rc = uv_shutdown(&peer->shutdown_req, (uv_stream_t *)&peer->tcp, on_shut);
    if (rc < 0)
        peer->shut = true; /* not connected any more: nothing is left to be said */
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct peer *peer = CONTAINER_OF(handle, struct peer, tcp);

    free(take(&peer->unsent));
    peer->on_closed(peer);
}

void peer_close(struct peer *peer)
{
    if (peer->closing)
        return;
    peer->closing = true;
    uv_close((uv_handle_t *)&peer->tcp, on_handle_closed);
}

void peer_reset(struct peer *peer)
{
    struct linger now = {1, 0}; /* socket(7): close then sends RST and drops what is unsent */
    int fd;

    if (!peer->closing && uv_fileno((uv_handle_t *)&peer->tcp, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close(peer);
}
