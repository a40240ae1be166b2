/* SPDX-License-Identifier: Apache-2.0
 * refusal.c - one place for the words a refused client sees. */
#include "proxy/refusal.h"

#include "base/limits.h"
#include "proto/reason.h"

/* The first line is the ancestor's: scripts look for it. */
static void write_body(struct buf *body, const fence_decision *why, int status)
{
    if (status == 403)
        buf_append_text(body, "Connection blocked by network allowlist\n\n");
    buf_printf(body, "fence: %s", why->message[0] ? why->message : reason_phrase(status));
    if (why->rule[0])
        buf_printf(body, " (%s)", why->rule);
    if (why->cure[0])
        buf_printf(body, "\nallow it: %s", why->cure);
    buf_append_text(body, "\n");
}

int refusal_write(struct buf *out, const fence_decision *why, int status, bool keep_alive,
                  bool to_head)
{
    auto_buf struct buf body = BUF_INIT(LIMIT_HTTP_ERROR);

    write_body(&body, why, status);
    buf_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n", status,
               reason_phrase(status));
    buf_printf(out, "Content-Length: %zu\r\nX-Content-Type-Options: nosniff\r\n", body.len);
    if (why->reason != FENCE_REASON_NONE) {
        buf_append_text(out, "Proxy-Status: ");
        reason_proxy_status(out, why->reason, str_of(why->message));
        buf_append_text(out, "\r\n");
    }
    if (status == 407)
        buf_append_text(out, "Proxy-Authenticate: Basic realm=\"fence\"\r\n");
    if (status == 503)
        buf_append_text(out, "Retry-After: 1\r\n");
    buf_append_text(out, keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
    if (!to_head)
        buf_append_str(out, buf_str(&body));
    return body.error ? body.error : out->error;
}
