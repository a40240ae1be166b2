/* SPDX-License-Identifier: Apache-2.0
 * ask.h - questions of policies to a person: fence.ask(). The same question is asked once, however
 * many sessions wait for its answer, and an answer may be remembered. */
#ifndef FENCE_PROXY_ASK_H
#define FENCE_PROXY_ASK_H

#include <fence/fence.h>

#include "base/base.h"
#include "base/list.h"

struct asks {
    const fence_observer *observer; /* borrowed */
    struct list pending;            /* of fence_ask */
    struct list remembered;         /* the oldest first */
    size_t npending, nremembered;
};

struct fence_ask {
    struct list link; /* of asks.pending */
    struct asks *asks;
    struct list waiting; /* of askers */
    char rule[sizeof((fence_decision *)0)->rule];
    char question[sizeof((fence_decision *)0)->message];
};

struct asker { /* who waits; in its owner */
    struct list link;
    struct fence_ask *ask; /* NULL: for none */

    /* Once, and the asker waits no more; `ask` is borrowed. May be called from asks_ask(). */
    void (*on_answered)(struct asker *asker, const struct fence_ask *ask, fence_verdict verdict);
};

enum ask_outcome { ASK_WAITS, ASK_NOBODY, ASK_TOO_MANY };

void asks_init(struct asks *asks, const fence_observer *observer);
void asks_deinit(struct asks *asks); /* forgets all, and calls nobody */

/* Asks what the decision says, for the policy that its rule names. With ASK_WAITS the answer comes,
 * or has come, through asker->on_answered. */
enum ask_outcome asks_ask(struct asks *asks, struct asker *asker, const fence_request *request,
                          const fence_decision *question);

void asker_init(struct asker *asker);
void asker_leave(struct asker *asker); /* harmless when it does not wait */

/* What fence_ask_awaited() tells. */
bool ask_awaited(const struct fence_ask *ask);

/* What fence_ask_answer() does. Consumes `ask`. */
void ask_answer(struct fence_ask *ask, fence_verdict verdict, unsigned remember_seconds);

#endif
