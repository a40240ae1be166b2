/* SPDX-License-Identifier: Apache-2.0
 * peer.h - one end of a session: a stream, what still has to be written to it, and how it ends.
 *
 * Writing tries the socket first and copies only what it does not take; until that has gone, the
 * owner reads nothing more from the other end: that is all the back-pressure there is. Reading
 * goes through one buffer that all peers of a loop share, so an idle tunnel holds none. */
#ifndef FENCE_PROXY_PEER_H
#define FENCE_PROXY_PEER_H

#include <uv.h>

#include "base/base.h"
#include "proxy/splice.h"

struct peer;

struct peer_ops { /* the owner's side; each may close the peer */
    void (*on_bytes)(struct peer *peer, char *bytes, size_t len); /* `bytes` may be changed      */
    void (*on_end)(struct peer *peer, int status);     /* 0: end of file; else -errno: it is lost */
    void (*on_drained)(struct peer *peer, int status); /* 0: all written; else -errno: it is lost */

    /* The last read was a large one, and there is more: peer_splice() it. NULL: on_bytes() always.
     */
    void (*on_bulk)(struct peer *peer);
};

struct peer_buffer { /* shared by the peers of a loop */
    char *bytes;
    size_t size;
    struct splice_pipe pipe;
};

union peer_io {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe; /* a Unix socket */
};

struct unsent; /* what the socket did not take at once */

struct peer {
    union peer_io io;
    const struct peer_ops *ops;
    struct peer_buffer *buffer;
    void *owner;
    void (*on_closed)(struct peer *peer); /* last call; frees the peer */

    struct unsent *unsent; /* NULL unless `writing`             */
    size_t read_max;       /* at most so much in one on_bytes()    */
    uint64_t received;     /* bytes read                           */
    bool reading;
    bool writing;
    bool bulk;        /* the last read was a large one */
    bool read_ended;  /* end of file was seen               */
    bool write_ended; /* peer_shutdown() was called         */
    bool shut;        /* and everything has gone, the end of file too */
    bool closing;
};

/* The handle is initialised as one of TCP, or of a Unix socket; open it by uv_accept() or
 * uv_tcp_connect(). Returns 0 or -errno; on failure there is nothing to close. */
int peer_init(struct peer *peer, uv_loop_t *loop, struct peer_buffer *buffer, uv_handle_type type);

void peer_read_start(struct peer *peer); /* harmless when reading, or at the end */
void peer_read_stop(struct peer *peer);

/* Writes all of `bytes`, now or later. 0: all gone; 1: on_drained() will tell, read no more from
 * the other end until then; or -errno, UV_EBUSY while `writing`. */
FENCE_MUST_USE int peer_write(struct peer *peer, const char *bytes, size_t len);

/* For on_bulk(): moves bytes from one peer to the other within the kernel. Where that moves none,
 * they are read in the ordinary way. Returns as peer_write(); -errno if either is lost. */
FENCE_MUST_USE int peer_splice(struct peer *from, struct peer *to);

/* Sends the end of file after everything written before: at once, or before on_drained(). */
void peer_shutdown(struct peer *peer);

/* Closes; on_closed() follows from the loop. Harmless when closing. */
void peer_close(struct peer *peer);

/* The same, but the other side sees a reset, not an orderly end: what it got is not complete. */
void peer_reset(struct peer *peer);

#endif
