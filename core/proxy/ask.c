/* SPDX-License-Identifier: Apache-2.0
 * ask.c - questions that wait, and answers that are kept. */
#include "proxy/ask.h"

#include <string.h>
#include <uv.h>

#include "base/limits.h"

_Static_assert(LIMIT_ASK_MS == FENCE_ASK_MOST_S * 1000, "one is what the other promises");

struct remembered {
    struct list link; /* of asks.remembered */
    uint64_t until;   /* uv_hrtime(); UINT64_MAX: as long as the engine */
    fence_verdict verdict;
    char rule[sizeof((fence_decision *)0)->rule];
    char question[sizeof((fence_decision *)0)->message];
};

void asks_init(struct asks *asks, const fence_observer *observer)
{
    *asks = (struct asks){.observer = observer};
    list_init(&asks->pending);
    list_init(&asks->remembered);
}

void asker_init(struct asker *asker)
{
    list_init(&asker->link);
    asker->ask = NULL;
}

void asker_leave(struct asker *asker)
{
    list_remove(&asker->link);
    asker->ask = NULL;
}

/* ---- answers that are kept ---- */

static void forget(struct asks *asks, struct remembered *entry)
{
    list_remove(&entry->link);
    asks->nremembered--;
    free(entry);
}

static struct remembered *recall(struct asks *asks, const char *rule, const char *question)
{
    uint64_t now = uv_hrtime();

    LIST_EACH(link, &asks->remembered)
    {
        struct remembered *entry = CONTAINER_OF(link, struct remembered, link);

        if (entry->until <= now)
            forget(asks, entry);
        else if (strcmp(entry->question, question) == 0 && strcmp(entry->rule, rule) == 0)
            return entry;
    }
    return NULL;
}

/* Where memory is short, it is asked again. */
static void keep(struct asks *asks, const struct fence_ask *ask, fence_verdict verdict,
                 unsigned seconds)
{
    struct remembered *entry = recall(asks, ask->rule, ask->question);

    if (entry)
        forget(asks, entry);
    if (asks->nremembered >= LIMIT_ASKS_REMEMBERED)
        forget(asks, CONTAINER_OF(asks->remembered.next, struct remembered, link));
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->until =
        seconds == FENCE_ASK_ALWAYS ? UINT64_MAX : uv_hrtime() + seconds * UINT64_C(1000000000);
    entry->verdict = verdict;
    memcpy(entry->rule, ask->rule, sizeof entry->rule);
    memcpy(entry->question, ask->question, sizeof entry->question);
    list_append(&asks->remembered, &entry->link);
    asks->nremembered++;
}

/* ---- questions ---- */

static void ask_free(struct fence_ask *ask)
{
    list_remove(&ask->link);
    ask->asks->npending--;
    free(ask);
}

void asks_deinit(struct asks *asks)
{
    LIST_EACH(link, &asks->pending)
    {
        struct fence_ask *ask = CONTAINER_OF(link, struct fence_ask, link);

        LIST_EACH(waiting, &ask->waiting)
        asker_leave(CONTAINER_OF(waiting, struct asker, link));
        ask_free(ask);
    }
    LIST_EACH(link, &asks->remembered)
    forget(asks, CONTAINER_OF(link, struct remembered, link));
}

static struct fence_ask *find(struct asks *asks, const fence_decision *question)
{
    LIST_EACH(link, &asks->pending)
    {
        struct fence_ask *ask = CONTAINER_OF(link, struct fence_ask, link);

        if (strcmp(ask->question, question->message) == 0 && strcmp(ask->rule, question->rule) == 0)
            return ask;
    }
    return NULL;
}

static struct fence_ask *ask_new(struct asks *asks, const fence_decision *question)
{
    struct fence_ask *ask = calloc(1, sizeof *ask);

    if (!ask)
        return NULL;
    ask->asks = asks;
    list_init(&ask->waiting);
    memcpy(ask->rule, question->rule, sizeof ask->rule);
    memcpy(ask->question, question->message, sizeof ask->question);
    list_append(&asks->pending, &ask->link);
    asks->npending++;
    return ask;
}

static void wait(struct asker *asker, struct fence_ask *ask)
{
    asker->ask = ask;
    list_append(&ask->waiting, &asker->link);
}

/* As if it had been asked and answered. */
static void answer_at_once(struct asker *asker, const struct remembered *entry)
{
    struct fence_ask as_then = {0};

    memcpy(as_then.rule, entry->rule, sizeof as_then.rule);
    memcpy(as_then.question, entry->question, sizeof as_then.question);
    asker->on_answered(asker, &as_then, entry->verdict);
}

enum ask_outcome asks_ask(struct asks *asks, struct asker *asker, const fence_request *request,
                          const fence_decision *question)
{
    const struct remembered *entry = recall(asks, question->rule, question->message);
    struct fence_ask *ask;

    if (entry) {
        answer_at_once(asker, entry);
        return ASK_WAITS;
    }
    if (!asks->observer->on_ask)
        return ASK_NOBODY;
    ask = find(asks, question);
    if (ask) {
        wait(asker, ask);
        return ASK_WAITS;
    }
    if (asks->npending >= LIMIT_ASKS || !(ask = ask_new(asks, question)))
        return ASK_TOO_MANY;
    wait(asker, ask);
    asks->observer->on_ask(ask, request, ask->question, asks->observer->payload);
    return ASK_WAITS;
}

bool ask_awaited(const struct fence_ask *ask)
{
    return !list_empty(&ask->waiting);
}

void ask_answer(struct fence_ask *ask, fence_verdict verdict, unsigned remember_seconds)
{
    struct asks *asks = ask->asks;

    if (verdict != FENCE_ALLOW)
        verdict = FENCE_DENY;
    if (remember_seconds > 0)
        keep(asks, ask, verdict, remember_seconds);
    list_remove(&ask->link); /* nobody joins any more */
    while (!list_empty(&ask->waiting)) {
        struct asker *asker = CONTAINER_OF(ask->waiting.next, struct asker, link);

        asker_leave(asker);
        asker->on_answered(asker, ask, verdict);
    }
    ask_free(ask);
}
