/* SPDX-License-Identifier: Apache-2.0
 * peer.c - reads, writes and ends of one stream. Knows nothing of what the bytes mean. */
#include "proxy/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/limits.h"

struct unsent { /* freed by on_written(), which always comes */
    uv_write_t req;
    char bytes[];
};

int peer_init(struct peer *peer, uv_loop_t *loop, struct peer_buffer *buffer, uv_handle_type type)
{
    memset(peer, 0, sizeof *peer);
    peer->buffer = buffer;
    peer->read_max = buffer->size;
    return type == UV_NAMED_PIPE ? uv_pipe_init(loop, &peer->io.pipe, 0)
                                 : uv_tcp_init(loop, &peer->io.tcp);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct peer *peer = CONTAINER_OF(handle, struct peer, io.handle);

    (void)suggested;
    *out = uv_buf_init(NULL, 0);
    if (peer->bulk && peer->ops->on_bulk)
        return; /* nothing is read, and on_read() hears of it */
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
    if (uv_fileno(&peer->io.handle, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
        return uv_translate_sys_error(error);
    return 0;
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct peer *peer = CONTAINER_OF(stream, struct peer, io.stream);

    if (len == 0)
        return; /* EAGAIN */
    if (len == UV_ENOBUFS) {
        peer->ops->on_bulk(peer);
        return;
    }
    if (len > 0) {
        peer->received += (uint64_t)len;
        peer->bulk = len >= LIMIT_BULK;
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
    rc = uv_read_start(&peer->io.stream, on_alloc, on_read);
    peer->reading = rc == 0;
    if (rc < 0) { /* only a handle that is not connected: our own mistake, but never a hang */
        peer->read_ended = true;
        peer->ops->on_end(peer, rc);
    }
}

void peer_read_stop(struct peer *peer)
{
    if (peer->reading)
        uv_read_stop(&peer->io.stream);
    peer->reading = false;
}

/* Not uv_shutdown(): everything has been written, and the request would be 80 bytes more for each
 * of thousands of idle tunnels. */
static void send_end(struct peer *peer)
{
    int fd;

    if (uv_fileno(&peer->io.handle, &fd) == 0)
        shutdown(fd, SHUT_WR); /* not connected any more: nothing is left to be said */
    peer->shut = true;
}

static void on_written(uv_write_t *req, int status)
{
    struct peer *peer = CONTAINER_OF(req->handle, struct peer, io.stream);

    free(take(&peer->unsent));
    peer->writing = false;
    if (peer->closing)
        return;
    if (peer->write_ended && status == 0)
        send_end(peer);
    peer->ops->on_drained(peer, status);
}

/* Keeps what is left, and writes it when the socket takes it. */
static int write_later(struct peer *peer, const char *bytes, size_t len)
{
    struct unsent *unsent = malloc(sizeof *unsent + len);
    uv_buf_t buf;
    int rc;

    if (!unsent)
        return -ENOMEM;
    memcpy(unsent->bytes, bytes, len);
    buf = uv_buf_init(unsent->bytes, (unsigned)len);
    rc = uv_write(&unsent->req, &peer->io.stream, &buf, 1, on_written);
    if (rc < 0) {
        free(unsent);
        return rc;
    }
    peer->unsent = unsent;
    peer->writing = true;
    return 1;
}

int peer_write(struct peer *peer, const char *bytes, size_t len)
{
    uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)len);
    int rc;

    if (peer->writing)
        return UV_EBUSY;
    rc = uv_try_write(&peer->io.stream, &buf, 1);
    if (rc < 0 && rc != UV_EAGAIN)
        return rc;
    if (rc > 0) {
        bytes += rc;
        len -= (size_t)rc;
    }
    return len == 0 ? 0 : write_later(peer, bytes, len);
}

int peer_splice(struct peer *from, struct peer *to)
{
    struct splice_pipe *pipe = &from->buffer->pipe;
    char *bytes = from->buffer->bytes;
    int from_fd, to_fd;
    ssize_t len;
    size_t left;

    from->bulk = false;
    if (uv_fileno(&from->io.handle, &from_fd) < 0 || uv_fileno(&to->io.handle, &to_fd) < 0)
        return 0;
    len = splice_relay(pipe, from_fd, to_fd, from->buffer->size, &left);
    if (len < 0)
        return (int)len;
    from->bulk = len >= LIMIT_BULK;
    from->received += (uint64_t)len;
    if (left == 0)
        return 0;
    return splice_read_left(pipe, bytes, left) ? peer_write(to, bytes, left) : -EIO;
}

void peer_shutdown(struct peer *peer)
{
    if (peer->write_ended || peer->closing)
        return;
    peer->write_ended = true;
    if (!peer->writing)
        send_end(peer);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct peer *peer = CONTAINER_OF(handle, struct peer, io.handle);

    peer->on_closed(peer);
}

void peer_close(struct peer *peer)
{
    if (peer->closing)
        return;
    peer->closing = true;
    uv_close(&peer->io.handle, on_handle_closed);
}

void peer_reset(struct peer *peer)
{
    struct linger now = {1, 0}; /* socket(7): close then sends RST and drops what is unsent */
    int fd;

    if (!peer->closing && uv_fileno(&peer->io.handle, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close(peer);
}
