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

int callers_find(const struct callers *callers, const struct caller_end *from,
                 const struct caller_end *to)
{
    size_t count = callers->next < LIMIT_CALLERS ? callers->next : LIMIT_CALLERS;
    int likely = 0;

    for (size_t i = 1; i <= count; i++) {
        const struct caller *caller = &callers->list[(callers->next - i) % LIMIT_CALLERS];

        if (is_end(&caller->from, from))
            return caller->tid;
        if (likely == 0 && caller->from.addr.family == 0 && is_end(&caller->to, to))
            likely = caller->tid;
    }
    return likely;
}
