/* SPDX-License-Identifier: Apache-2.0
 * refusal.h - the HTTP answer to a client that was refused: what, by which rule, and how to allow
 * it. Plain text, escaped, at most LIMIT_HTTP_ERROR bytes. */
#ifndef FENCE_PROXY_REFUSAL_H
#define FENCE_PROXY_REFUSAL_H

#include <fence/fence.h>

#include "base/buf.h"

/* Appends head and body; without the body for an answer to HEAD. Returns 0 or -errno. */
int refusal_write(struct buf *out, const fence_decision *why, int status, bool keep_alive,
                  bool to_head);

#endif
