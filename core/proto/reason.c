/* SPDX-License-Identifier: Apache-2.0
 * reason.c - the faces of a reason, read from the one table in fence.h. */
#include "proto/reason.h"

struct face {
    const char *token;
    int status;
    uint8_t reply;
};

/* What is out of range is a fault of ours, and says so. */
static struct face face_of(fence_reason reason)
{
    static const struct face faces[] = {
#define XX(name, token, http, socks) [FENCE_REASON_##name] = {token, http, socks},
        FENCE_REASON_MAP(XX)
#undef XX
    };

    return faces[(size_t)reason < ARRAY_LEN(faces) ? reason : FENCE_REASON_INTERNAL_ERROR];
}

const char *reason_token(fence_reason reason)
{
    return face_of(reason).token;
}

int reason_http_status(fence_reason reason)
{
    return face_of(reason).status;
}

uint8_t reason_socks_reply(fence_reason reason)
{
    return face_of(reason).reply;
}

static void append_sf_string(struct buf *out, struct str s)
{
    buf_append(out, "\"", 1);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.bytes[i];

        if (c == '"' || c == '\\')
            buf_append(out, "\\", 1);
        buf_append(out, c >= 0x20 && c < 0x7f ? &c : "?", 1);
    }
    buf_append(out, "\"", 1);
}

int reason_proxy_status(struct buf *out, fence_reason reason, struct str details)
{
    buf_append_text(out, "fence");
    if (reason != FENCE_REASON_NONE) {
        buf_append_text(out, "; error=");
        buf_append_text(out, reason_token(reason));
    }
    if (details.len > 0) {
        buf_append_text(out, "; details=");
        append_sf_string(out, details);
    }
    return out->error;
}

/* What this proxy sends of its own accord. */
/* clang-format off */
#define PHRASE_MAP(XX)                          \
    XX(100, "Continue")                         \
    XX(200, "OK")                               \
    XX(400, "Bad Request")                      \
    XX(403, "Forbidden")                        \
    XX(404, "Not Found")                        \
    XX(405, "Method Not Allowed")               \
    XX(407, "Proxy Authentication Required")    \
    XX(408, "Request Timeout")                  \
    XX(411, "Length Required")                  \
    XX(413, "Content Too Large")                \
    XX(414, "URI Too Long")                     \
    XX(417, "Expectation Failed")               \
    XX(421, "Misdirected Request")              \
    XX(426, "Upgrade Required")                 \
    XX(429, "Too Many Requests")                \
    XX(431, "Request Header Fields Too Large")  \
    XX(500, "Internal Server Error")            \
    XX(501, "Not Implemented")                  \
    XX(502, "Bad Gateway")                      \
    XX(503, "Service Unavailable")              \
    XX(504, "Gateway Timeout")                  \
    XX(505, "HTTP Version Not Supported")
/* clang-format on */

const char *reason_phrase(int status)
{
    static const struct {
        int status;
        const char *text;
    } phrases[] = {
#define XX(code, text) {code, text},
        PHRASE_MAP(XX)
#undef XX
    };

    for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
        if (phrases[i].status == status)
            return phrases[i].text;
    }
    return "Error";
}
