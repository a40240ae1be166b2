/* SPDX-License-Identifier: Apache-2.0
 * buf.c - growing by doubling, up to the cap and never past it. */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define BUF_FIRST 256 /* most buffers hold one head or one line */

void buf_deinit(struct buf *b)
{
    if (!b)
        return;
    free(b->bytes);
    *b = BUF_INIT(b->max);
}

/* There is always one byte more than `cap` says: vsnprintf(3) terminates what it writes. */
static int buf_grow(struct buf *b, size_t cap)
{
    char *bytes = cap < SIZE_MAX ? realloc(b->bytes, cap + 1) : NULL;

    if (!bytes)
        return b->error = -ENOMEM;
    b->bytes = bytes;
    b->cap = cap;
    return 0;
}

char *buf_reserve(struct buf *b, size_t len)
{
    size_t cap = b->cap ? b->cap : BUF_FIRST;

    if (b->error)
        return NULL;
    if (len > b->max - b->len) {
        b->error = -ENOSPC;
        return NULL;
    }
    while (cap < b->max && cap - b->len < len)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    if ((cap > b->cap || !b->bytes) && buf_grow(b, cap) < 0)
        return NULL;
    return b->bytes + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
    b->len += len;
}

int buf_append(struct buf *b, const void *bytes, size_t len)
{
    char *room = buf_reserve(b, len);

    if (!room)
        return b->error;
    if (len > 0)
        memcpy(room, bytes, len);
    b->len += len;
    return 0;
}

int buf_append_str(struct buf *b, struct str s)
{
    return buf_append(b, s.bytes, s.len);
}

int buf_append_text(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    int len;
    char *room;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0 && !b->error)
        b->error = -ENOSPC; /* no length: not even INT_MAX bytes would do */
    room = len < 0 ? NULL : buf_reserve(b, (size_t)len);
    if (room) {
        vsnprintf(room, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return b->error;
}

void buf_consume(struct buf *b, size_t len)
{
    if (len > b->len)
        len = b->len;
    if (len < b->len)
        memmove(b->bytes, b->bytes + len, b->len - len);
    b->len -= len;
}
