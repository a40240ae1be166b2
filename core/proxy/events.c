/* SPDX-License-Identifier: Apache-2.0
 * events.c - hands events on; keeps none. */
#include "proxy/events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 4096 /* a sandbox command line under -d; longer ones are cut */

int64_t events_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void events_emit(struct events *events, fence_event *event)
{
    if (!events_wanted(events, event->kind))
        return;
    event->seq = ++events->seq;
    event->time_us = events_now_us();
    events->observer.on_event(event, events->observer.payload);
}

FENCE_PRINTF(3, 0)
static void emit_text(struct events *events, fence_event_kind kind, const char *fmt, va_list args)
{
    fence_event event = {.kind = kind};
    char text[TEXT_MAX];

    if (!events_wanted(events, kind))
        return;
    vsnprintf(text, sizeof text, fmt, args);
    event.text = text;
    events_emit(events, &event);
}

void events_alert(struct events *events, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    emit_text(events, FENCE_EVENT_ALERT, fmt, args);
    va_end(args);
}

void events_summary(struct events *events, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    emit_text(events, FENCE_EVENT_SUMMARY, fmt, args);
    va_end(args);
}

void events_notice(struct events *events, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    emit_text(events, FENCE_EVENT_NOTICE, fmt, args);
    va_end(args);
}

void events_debug(struct events *events, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    emit_text(events, FENCE_EVENT_DEBUG, fmt, args);
    va_end(args);
}

void events_unix(struct events *events, const char *text)
{
    fence_event event = {.kind = FENCE_EVENT_UNIX, .text = text};

    events_emit(events, &event);
}

void events_exec(struct events *events, const char *text, bool denied)
{
    fence_event event = {.kind = FENCE_EVENT_EXEC, .text = text, .status = denied ? 403 : 200};

    events_emit(events, &event);
}

void events_policy_line(void *payload, const char *level, const char *line)
{
    struct events *events = payload;

    if (strcmp(level, "debug") == 0)
        events_debug(events, "policy %s", line);
    else
        events_notice(events, "%s: policy %s", level, line);
}
