/* SPDX-License-Identifier: Apache-2.0
 * cursor.h - bounds-checked reads from a slice: at the end, every read is '\0' and moves nothing.
 */
#ifndef FENCE_BASE_CURSOR_H
#define FENCE_BASE_CURSOR_H

#include "base/str.h"

struct cursor {
    struct str text;
    size_t at;
};

static inline bool cursor_end(const struct cursor *c)
{
    return c->at >= c->text.len;
}

static inline char cursor_peek(const struct cursor *c)
{
    return cursor_end(c) ? '\0' : c->text.bytes[c->at];
}

static inline char cursor_next(struct cursor *c)
{
    return cursor_end(c) ? '\0' : c->text.bytes[c->at++];
}

/* Eats `want` when it stands there. */
static inline bool cursor_eat(struct cursor *c, char want)
{
    if (cursor_end(c) || c->text.bytes[c->at] != want)
        return false;
    c->at++;
    return true;
}

/* Everything up to the first `stop` (not eaten) or the end. */
static inline struct str cursor_until(struct cursor *c, char stop)
{
    struct str rest = str_slice(c->text, c->at, c->text.len);
    size_t len = str_find(rest, stop);

    c->at += len;
    return str_slice(rest, 0, len);
}

static inline struct str cursor_rest(const struct cursor *c)
{
    return str_slice(c->text, c->at, c->text.len);
}

#endif
