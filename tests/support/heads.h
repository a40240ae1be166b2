/* SPDX-License-Identifier: Apache-2.0
 * heads.h - what holds for every HTTP/1 head that was accepted, request or response. */
#ifndef FENCE_TESTS_SUPPORT_HEADS_H
#define FENCE_TESTS_SUPPORT_HEADS_H

#include "proto/http1.h"
#include "support/require.h"

/* No byte in it could begin another line. */
static inline void require_in_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        require(s.bytes[i] == '\t' || ((unsigned char)s.bytes[i] >= 0x20 && s.bytes[i] != 0x7f));
}

/* The scan ends where the head does. */
static inline void require_scanned(struct str head)
{
    struct http1_scan scan = {0};
    size_t used;

    if (head.len <= LIMIT_HTTP_HEAD)
        require(http1_scan_head(&scan, head.bytes, head.len, &used) == HTTP1_SCAN_DONE &&
                used == head.len);
}

#endif
