/* SPDX-License-Identifier: Apache-2.0
 * events.h - numbered events to the observer. The only way anything is said by the library. */
#ifndef FENCE_PROXY_EVENTS_H
#define FENCE_PROXY_EVENTS_H

#include <fence/fence.h>

#include "base/base.h"

struct events {
    fence_observer observer; /* on_event may be NULL */
    uint64_t seq;
};

/* The wall clock, in microseconds since 1970. */
int64_t events_now_us(void);

/* Is somebody told of this kind? Spares the work of saying it. */
static inline bool events_wanted(const struct events *events, fence_event_kind kind)
{
    return events->observer.on_event &&
           (events->observer.kinds == 0 || events->observer.kinds >> kind & 1);
}

/* Fills in the number and the time. */
void events_emit(struct events *events, fence_event *event);

/* A line of text; what others chose in it has been escaped. */
FENCE_PRINTF(2, 3) void events_alert(struct events *events, const char *fmt, ...);
FENCE_PRINTF(2, 3) void events_summary(struct events *events, const char *fmt, ...);
FENCE_PRINTF(2, 3) void events_notice(struct events *events, const char *fmt, ...);
FENCE_PRINTF(2, 3) void events_debug(struct events *events, const char *fmt, ...);

/* A sandbox may not connect to a Unix socket. */
void events_unix(struct events *events, const char *text);

/* A sandbox executes a command, or may not. */
void events_exec(struct events *events, const char *text, bool denied);

/* A line of a policy: "debug", or more than that. `payload` is a struct events. */
void events_policy_line(void *payload, const char *level, const char *line);

#endif
