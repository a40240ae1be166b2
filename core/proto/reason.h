/* SPDX-License-Identifier: Apache-2.0
 * reason.h - a reason's faces: RFC 9209 token, HTTP status, and the Proxy-Status line. */
#ifndef FENCE_PROTO_REASON_H
#define FENCE_PROTO_REASON_H

#include <fence/fence.h>

#include "base/buf.h"

const char *reason_token(fence_reason reason);
int reason_http_status(fence_reason reason);
uint8_t reason_socks_reply(fence_reason reason); /* RFC 1928, section 6 */

/* "fence; error=http_request_denied; details=\"...\"" without the field name. RFC 9209, section 2;
 * the sf-string of RFC 8941 holds printable ASCII only, the rest becomes '?'. */
int reason_proxy_status(struct buf *out, fence_reason reason, struct str details);

/* The name of a status code, "Forbidden"; RFC 9110, section 15. "Error" for one we never send. */
const char *reason_phrase(int status);

#endif
