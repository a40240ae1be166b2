/* SPDX-License-Identifier: Apache-2.0
 * session_local.c - a client in a sandbox that wants a service of this machine's loopback
 * (network.allowLocalOutboundPorts). Its first byte is for that service: what it asks for is known
 * from the port it has connected to, and judged as a CONNECT to 127.0.0.1; and, if nothing listens
 * there, to ::1.
 *
 * What TLS it speaks is not looked at: that names "localhost", or whatever the service is called.
 */
#include "proxy/session.h"

#include <string.h>

#include "proto/reason.h"

static void judge(struct session *s, struct str address)
{
    host_parse_bare(&s->request->host, address);
    session_judge_tunnel(s);
}

void session_local_begin(struct session *s)
{
    struct session_request *r = s->request;

    r->kind = FENCE_LOCAL;
    r->port = s->listener->port;
    memcpy(r->method, "CONNECT", sizeof "CONNECT");
    judge(s, STR("127.0.0.1"));
}

void session_local_connected(struct session *s)
{
    static const fence_decision allowed = {.verdict = FENCE_ALLOW};

    session_emit_response(s, &allowed, 200);
    session_forget_request(s);
    tunnel_begin(s, NULL, 0);
}

void session_local_refuse(struct session *s, const fence_decision *why)
{
    if (why->reason == FENCE_REASON_CONNECTION_REFUSED && s->request->host.addr.family == 4) {
        judge(s, STR("::1"));
        return;
    }
    session_emit_response(s, why, reason_http_status(why->reason));
    session_abort(s); /* it has no word for it */
}
