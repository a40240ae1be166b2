/* SPDX-License-Identifier: Apache-2.0
 * session_report.c - what a session tells: events to the observer, ends to policies. */
#include <string.h>

#include "proxy/session.h"

void session_show_request(const struct session *s, fence_request *out)
{
    const struct session_request *r = s->request;

    *out = (fence_request)FENCE_REQUEST_INIT;
    out->kind = r->kind;
    out->host = r->host.text;
    out->port = r->port;
    out->method = r->method;
    out->scheme = r->kind == FENCE_HTTP ? "http" : NULL;
    out->path = r->path;
}

static void emit(struct session *s, fence_event *event)
{
    fence_request request;

    char program[LISTENER_PROGRAM];

    session_show_request(s, &request);
    if (event->decision && event->decision->verdict == FENCE_DENY &&
        session_capture_program(program, s))
        event->program = program;
    event->session = s->id;
    event->request = request.method[0] != '\0' ? &request : NULL;
    events_emit(&s->proxy->events, event);
}

/* on_event may drop the decision, or say it in the words it writes to `line`. */
static void show_policies(struct session *s, const fence_decision *decision,
                          char line[LIMIT_POLICY_LINE])
{
    struct rules_request judged = session_judged(s);
    struct policy_request shown = session_shown(s, &judged);
    fence_policy *policy = fence_policy_ref(s->proxy->policy); /* what it logs may replace it */

    s->request->dropped = !policy_reported(policy, &shown, decision, line);
    s->request->replaced = line[0] != '\0';
    fence_policy_unref(policy);
}

void session_emit_decision(struct session *s, const fence_decision *decision)
{
    fence_event event = {.kind = FENCE_EVENT_DECISION, .decision = decision};
    char line[LIMIT_POLICY_LINE];

    if (decision->verdict == FENCE_ALLOW)
        s->proxy->allowed++;
    else
        s->proxy->denied++;
    s->request->dropped = s->request->replaced = false;
    if (policy_wants_events(s->proxy->policy))
        show_policies(s, decision, line);
    if (s->request->dropped)
        return;
    event.text = s->request->replaced ? line : NULL;
    emit(s, &event);
}

void session_emit_response(struct session *s, const fence_decision *decision, int status)
{
    fence_event event = {.kind = FENCE_EVENT_RESPONSE, .decision = decision, .status = status};

    if (s->request->dropped)
        return;
    event.text = s->request->replaced ? "" : NULL;
    event.duration_us = (uv_hrtime() - s->request->started) / 1000;
    emit(s, &event);
}

void session_emit_tls(struct session *s, const fence_decision *decision, const char *server_name,
                      bool encrypted)
{
    fence_event event = {.kind = FENCE_EVENT_TLS, .decision = decision};

    event.server_name = server_name;
    event.hello_encrypted = encrypted;
    emit(s, &event);
}

/* ---- the end of a request ---- */

uint64_t session_sent(const struct session *s)
{
    return s->client.received - (s->talk ? s->talk->in.len : 0);
}

uint64_t session_received(const struct session *s)
{
    return s->to_client + (s->upstream ? s->upstream->received : 0);
}

void session_finished(struct session *s)
{
    struct session_request *r = s->kept ? s->kept : s->request, *under_way = s->request;
    fence_policy *policy = s->proxy->policy;
    struct rules_request judged;
    struct policy_request shown;

    if (!r || !r->reached)
        return;
    r->reached = false;
    if (!policy_wants_close(policy))
        return;
    s->request = r; /* for the two below */
    judged = session_judged(s);
    shown = session_shown(s, &judged);
    s->request = under_way;
    shown.closed = true;
    shown.bytes_sent = session_sent(s) - r->sent_before;
    shown.bytes_received = session_received(s) - r->received_before;
    shown.duration_us = (uv_hrtime() - r->started) / 1000;
    fence_policy_ref(policy); /* what it logs may replace it */
    policy_closed(policy, &shown);
    fence_policy_unref(policy);
}
