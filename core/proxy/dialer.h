/* SPDX-License-Identifier: Apache-2.0
 * dialer.h - from a judged name to a connection: resolve, check every address, dial those very
 * addresses. Happy Eyeballs (RFC 8305): families alternate, the next one starts when the one
 * before has failed or after LIMIT_ATTEMPT_DELAY_MS, the first to connect wins. */
#ifndef FENCE_PROXY_DIALER_H
#define FENCE_PROXY_DIALER_H

#include "policy/policy.h"
#include "proxy/peer.h"
#include "proxy/proxy.h"

struct dial;

/* `upstream` is a connected peer that is the owner's from now on, and `early` what it has said
 * already; or it is NULL and `refusal` says why. The dial is gone when this is called. */
typedef void (*dial_cb)(void *owner, struct peer *upstream, struct str early,
                        const fence_decision *refusal);

/* `request` has been allowed by policy_decide(); the host and texts it borrows must stay until the
 * dial is gone. Where an upstream proxy stands before it, that is dialled; it is asked for a
 * tunnel, unless it speaks HTTP and the request is no tunnel: then it is sent the request itself.
 * `on_done` is called later, never from here, and within LIMIT_LOOKUP_MS + LIMIT_DIAL_MS. Returns 0
 * or -errno.
 */
int dial_start(struct dial **out, struct proxy *proxy, const struct policy_request *request,
               void *owner, dial_cb on_done);

/* Gives it up: `on_done` is not called. Takes NULL. */
/* Goes on after on_done() was given a question: a refusal whose verdict is FENCE_ASK. The dial
 * waits then, with its addresses, until this or dial_cancel(). */
void dial_go_on(struct dial *dial);

void dial_cancel(struct dial *dial);

#endif
