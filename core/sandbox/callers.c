/* SPDX-License-Identifier: Apache-2.0
 * callers.c - see callers.h. A ring. */
#include "sandbox/callers.h"

#include "base/base.h"

size_t callers_begin(struct callers *callers, const struct caller_end *to, int tid)
{
    callers->list[callers->next % LIMIT_CALLERS] = (struct caller){.to = *to, .tid = tid};
    return callers->next++;
}

void callers_made(struct callers *callers, size_t number, const struct caller_end *from)
{
    if (callers->next - number <= LIMIT_CALLERS)
        callers->list[number % LIMIT_CALLERS].from = *from;
}

static bool is_end(const struct caller_end *a, const struct caller_end *b)
{
    return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static const struct caller *made_from(const struct callers *callers, const struct caller_end *from)
{
    size_t count = callers->next < LIMIT_CALLERS ? callers->next : LIMIT_CALLERS;

    for (size_t i = 1; i <= count; i++) {
        const struct caller *caller = &callers->list[(callers->next - i) % LIMIT_CALLERS];

        if (caller->from.addr.family != 0 && is_end(&caller->from, from))
            return caller;
    }
    return NULL;
}

static const struct caller *about_to(const struct callers *callers, const struct caller_end *to)
{
    size_t count = callers->next < LIMIT_CALLERS ? callers->next : LIMIT_CALLERS;

    for (size_t i = 1; i <= count; i++) {
        const struct caller *caller = &callers->list[(callers->next - i) % LIMIT_CALLERS];

        if (caller->from.addr.family == 0 && is_end(&caller->to, to))
            return caller;
    }
    return NULL;
}

int callers_find(const struct callers *callers, const struct caller_end *from,
                 const struct caller_end *to)
{
    const struct caller *caller = made_from(callers, from);

    if (!caller)
        caller = about_to(callers, to);
    return caller ? caller->tid : 0;
}

bool callers_target(struct caller_end *out, const struct callers *callers,
                    const struct caller_end *from)
{
    const struct caller *caller = made_from(callers, from);

    if (caller)
        *out = caller->to;
    return caller != NULL;
}
