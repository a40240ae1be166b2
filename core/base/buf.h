/* SPDX-License-Identifier: Apache-2.0
 * buf.h - owned bytes with a hard cap. Failure is sticky: append as much as you like, ask once. */
#ifndef FENCE_BASE_BUF_H
#define FENCE_BASE_BUF_H

#include "base/base.h"
#include "base/str.h"

struct buf {
    char *bytes; /* NULL while empty; not terminated */
    size_t len;
    size_t cap;
    size_t max; /* never grows past this            */
    int error;  /* 0, -ENOMEM or -ENOSPC; sticky    */
};

#define BUF_INIT(limit) ((struct buf){NULL, 0, 0, (limit), 0})

void buf_deinit(struct buf *b); /* takes NULL; `b` is empty and usable again afterwards */

/* Makes room for `len` more bytes and returns where they go, or NULL with b->error set. The bytes
 * count once buf_commit() has been told how many were written. */
char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);

/* Each returns 0 or b->error. */
int buf_append(struct buf *b, const void *bytes, size_t len);
int buf_append_str(struct buf *b, struct str s);
int buf_append_text(struct buf *b, const char *text);
FENCE_PRINTF(2, 3) int buf_printf(struct buf *b, const char *fmt, ...);

/* Drops the first `len` bytes. */
void buf_consume(struct buf *b, size_t len);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->bytes ? b->bytes : "", b->len};
}

static inline void buf_cleanup(struct buf *b)
{
    buf_deinit(b);
}
#define auto_buf __attribute__((cleanup(buf_cleanup)))

#endif
