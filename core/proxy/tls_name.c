/* SPDX-License-Identifier: Apache-2.0
 * tls_name.c - a tunnel that begins with TLS says in clear which server it wants (RFC 6066,
 * section 3). Where that is another name than the one that was asked for, the rules are asked
 * again: one address serves many names, and an allowed one must not be the way to a denied one.
 *
 * Nothing is decrypted or changed. A tunnel to an address was allowed as that address, so only a
 * rule that denies the name ends it. What is not TLS passes. */
#include "proxy/session.h"

#include <stdio.h>
#include <string.h>

#include "filter/rules.h"
#include "proto/client_hello.h"

struct hello {
    struct client_hello parser;
    struct buf held; /* what has been read and not passed on */
};

static bool is_checked(const struct session *s)
{
    return s->proxy->config->tls_name_check && s->request->kind != FENCE_HTTP;
}

bool tls_name_wanted(const struct session *s)
{
    return s->request && is_checked(s);
}

struct str tls_name_held(const struct session *s)
{
    return s->hello ? buf_str(&s->hello->held) : STR("");
}

void tls_name_end(struct session *s)
{
    if (s->hello)
        buf_deinit(&s->hello->held);
    free(take(&s->hello));
    session_forget_request(s);
}

/* ---- the judgement ---- */

/* alert(2): fatal, access_denied (RFC 8446, section 6). A TLS client tells its user so. */
void tls_name_refuse(struct session *s)
{
    static const char alert[] = {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x31};

    if (s->client.writing || peer_write(&s->client, alert, sizeof alert) < 0) {
        session_abort(s);
        return;
    }
    tls_name_end(s);
    session_linger(s);
}

static void refuse_malformed(struct session *s, const char *why)
{
    fence_decision decision;

    rules_refuse_malformed(&decision, why);
    session_emit_tls(s, &decision, NULL, false);
    tls_name_refuse(s);
}

/* The same name as was asked for, no name at all, or one that the rules let pass. */
static void judge(fence_decision *out, struct session *s, const struct client_hello *hello)
{
    const struct session_request *r = s->request;
    struct rules_request judged;
    char shown[120];

    *out = (fence_decision){.verdict = FENCE_ALLOW};
    if (!hello->has_name || str_equal(host_str(&hello->host), host_str(&r->host)))
        return;
    judged = session_judged(s);
    judged.host = &hello->host;
    judged.other = true;
    session_decide(s, &judged, NULL, out);
    if (out->verdict == FENCE_ASK) { /* the client waits for its handshake, and not for long */
        out->verdict = FENCE_DENY;
        str_escape(shown, sizeof shown, host_str(&hello->host));
        snprintf(out->message, sizeof out->message,
                 "the tunnel's TLS asks for another server, %s, and nobody is asked about that",
                 shown);
        return;
    }
    if (out->verdict != FENCE_DENY)
        return;
    if (r->host.is_addr && out->rule[0] == '\0') { /* no rule denies it: the address stands */
        *out = (fence_decision){.verdict = FENCE_ALLOW};
        return;
    }
    str_escape(shown, sizeof shown, host_str(&hello->host));
    if (out->rule[0] == '\0')
        snprintf(out->message, sizeof out->message,
                 "the tunnel's TLS asks for another server, %s, which no rule allows", shown);
}

static enum tls_name_verdict decided(struct session *s, const struct client_hello *hello)
{
    fence_decision decision;

    judge(&decision, s, hello);
    session_emit_tls(s, &decision, hello->has_name ? hello->host.text : NULL, hello->encrypted);
    if (decision.verdict == FENCE_DENY) {
        tls_name_refuse(s);
        return TLS_NAME_REFUSED;
    }
    return TLS_NAME_PASS;
}

/* ---- bytes ---- */

static enum tls_name_verdict hold(struct session *s, const char *bytes, size_t len)
{
    if (buf_append(&s->hello->held, bytes, len) == 0)
        return TLS_NAME_HELD;
    session_abort(s);
    return TLS_NAME_REFUSED;
}

static bool begin(struct session *s)
{
    s->hello = calloc(1, sizeof *s->hello);
    if (!s->hello) {
        session_abort(s);
        return false;
    }
    s->hello->held = BUF_INIT(LIMIT_CLIENT_HELLO + LIMIT_RELAY_BUFFER);
    session_deadline(s, LIMIT_HEAD_MS);
    return true;
}

enum tls_name_verdict tls_name_feed(struct session *s, const char *bytes, size_t len)
{
    const char *why = NULL;

    if (!s->hello && !begin(s))
        return TLS_NAME_REFUSED;
    switch (client_hello_feed(&s->hello->parser, bytes, len, &why)) {
    case CLIENT_HELLO_MORE:
        return hold(s, bytes, len);
    case CLIENT_HELLO_DONE:
        return decided(s, &s->hello->parser);
    case CLIENT_HELLO_NOT_TLS:
        return TLS_NAME_PASS;
    case CLIENT_HELLO_MALFORMED:
        refuse_malformed(s, why);
        return TLS_NAME_REFUSED;
    }
    session_abort(s);
    return TLS_NAME_REFUSED;
}
