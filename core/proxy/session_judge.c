/* SPDX-License-Identifier: Apache-2.0
 * session_judge.c - what decides about a session's request: rules, policies, and whoever is asked.
 */
#include <stdio.h>
#include <string.h>

#include "proxy/session.h"

/* ---- rules and policies ---- */

struct rules_request session_judged(const struct session *s)
{
    const struct session_request *r = s->request;
    bool readable = r->kind == FENCE_HTTP;

    return (struct rules_request){.host = &r->host,
                                  .port = r->port,
                                  .tunnel = !readable,
                                  .local = r->kind == FENCE_LOCAL,
                                  .method = readable ? str_of(r->method) : (struct str){NULL, 0},
                                  .target = readable ? str_of(r->path) : (struct str){NULL, 0}};
}

struct policy_request session_shown(const struct session *s, const struct rules_request *judged)
{
    return (struct policy_request){.session = s->id,
                                   .kind = s->request->kind,
                                   .judged = judged,
                                   .time_us = s->proxy->policy ? events_now_us() : 0,
                                   .headless = true,
                                   .log = events_policy_line,
                                   .log_payload = &s->proxy->events};
}

void session_decide(struct session *s, const struct rules_request *judged,
                    const struct http1_request *head, fence_decision *out)
{
    struct policy_request request = session_shown(s, judged);
    struct fence_config *config = fence_config_ref(s->proxy->config); /* what is told meanwhile */
    fence_policy *policy = s->proxy->policy;                          /* may replace them       */

    if (policy)
        fence_policy_ref(policy);
    s->rules_seq = s->proxy->rules_seq;
    request.headless = false;
    if (head && !head->connect) {
        request.fields = head->fields;
        request.nfields = head->nfields;
    }
    policy_decide(out, config, policy, &request);
    fence_policy_unref(policy);
    fence_config_unref(config);
}

void session_follow(struct session *s, const fence_decision *decision)
{
    if (decision->verdict == FENCE_ASK) {
        session_ask(s, decision);
        return;
    }
    session_emit_decision(s, decision);
    if (decision->verdict != FENCE_ALLOW)
        session_refuse(s, decision, 0);
    else if (s->request->kind == FENCE_CONNECT || s->request->kind == FENCE_HTTP)
        session_http_allowed(s);
    else
        session_dial(s);
}

void session_judge_tunnel(struct session *s)
{
    struct rules_request judged = session_judged(s);
    fence_decision decision;

    session_decide(s, &judged, NULL, &decision);
    session_follow(s, &decision);
}

/* ---- other rules ---- */

void session_judge_again(struct session *s)
{
    asker_leave(&s->talk->asker);
    session_drop_upstream(s);
    s->request->reached = false;
    if (s->request->kind == FENCE_HTTP)
        session_http_judge_again(s);
    else
        session_judge_tunnel(s);
}

bool session_rules_are_new(const struct session *s)
{
    return s->rules_seq != s->proxy->rules_seq;
}

void session_rules_changed(struct session *s)
{
    if (s->state == SESSION_TUNNEL)
        tunnel_rules_changed(s);
    else if ((s->state == SESSION_DIALING || s->state == SESSION_ASKING) &&
             session_rules_are_new(s))
        session_judge_again(s);
}

/* ---- asking ---- */

/* What the answer makes of the question. `how` says who gave it. */
static fence_decision settled(const struct fence_ask *ask, fence_verdict verdict, const char *how)
{
    fence_decision out = {.verdict = verdict};

    out.reason = verdict == FENCE_ALLOW ? FENCE_REASON_NONE : FENCE_REASON_REQUEST_DENIED;
    memcpy(out.rule, ask->rule, sizeof out.rule);
    snprintf(out.message, sizeof out.message, "%s: %.150s", how, ask->question);
    return out;
}

/* With a dial, its addresses were the question: on_resolve. */
static void on_answered(struct asker *asker, const struct fence_ask *ask, fence_verdict verdict)
{
    struct session *s = CONTAINER_OF(asker, struct talk, asker)->session;
    fence_decision decision =
        settled(ask, verdict, verdict == FENCE_ALLOW ? "allowed when asked" : "denied when asked");

    if (session_rules_are_new(s)) {
        session_judge_again(s);
    } else if (verdict == FENCE_ALLOW && s->dial) {
        s->state = SESSION_DIALING;
        session_deadline(s, 0);
        session_emit_decision(s, &decision);
        dial_go_on(s->dial);
    } else {
        session_follow(s, &decision);
    }
}

void session_asked_too_long(struct session *s)
{
    fence_decision decision = settled(s->talk->asker.ask, FENCE_DENY, "nobody answered in time");

    asker_leave(&s->talk->asker);
    session_follow(s, &decision);
}

void session_ask(struct session *s, const fence_decision *question)
{
    fence_decision decision = *question;
    fence_request shown;

    s->state = SESSION_ASKING;
    peer_read_stop(&s->client);
    session_deadline(s, LIMIT_ASK_MS);
    session_show_request(s, &shown);
    s->talk->session = s;
    s->talk->asker.on_answered = on_answered;
    switch (asks_ask(&s->proxy->asks, &s->talk->asker, &shown, question)) {
    case ASK_WAITS:
        return;
    case ASK_NOBODY:
        decision.verdict = FENCE_DENY;
        snprintf(decision.message, sizeof decision.message, "nobody is there to be asked: %.150s",
                 question->message);
        break;
    case ASK_TOO_MANY:
        decision.verdict = FENCE_DENY;
        decision.reason = FENCE_REASON_LIMIT_REACHED;
        snprintf(decision.message, sizeof decision.message, "too many questions wait: %.150s",
                 question->message);
        break;
    }
    session_follow(s, &decision);
}
