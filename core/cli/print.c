/* SPDX-License-Identifier: Apache-2.0
 * print.c - events as lines, in the ancestor's shapes: people have scripts that read them. */
#include "cli/print.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 4096 /* PIPE_BUF: a pipe that is ready takes such a line whole */
#define URL_SHOWN    60   /* the ancestor's */

/* A reader that has stopped reading must not stop the proxy: what does not fit is counted. */
static bool writable(void)
{
    struct pollfd fd = {STDERR_FILENO, POLLOUT, 0};

    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

static void write_line(char *line, size_t len)
{
    ssize_t rc;

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[len++] = '\n';
    rc = write(STDERR_FILENO, line, len);
    (void)rc; /* there is nobody left to tell */
}

__attribute__((format(printf, 2, 3))) static void print_line(struct printer *printer,
                                                             const char *fmt, ...)
{
    char line[LINE_MAX_LEN];
    va_list args;
    int len;

    if (!writable()) {
        printer->dropped++;
        return;
    }
    if (printer->dropped > 0) {
        len = snprintf(line, sizeof line, "[fence] %lu lines were dropped: nobody read them",
                       printer->dropped);
        printer->dropped = 0;
        write_line(line, (size_t)len);
    }
    va_start(args, fmt);
    len = vsnprintf(line, sizeof line - 1, fmt, args);
    va_end(args);
    if (len > 0)
        write_line(line, (size_t)len < sizeof line - 1 ? (size_t)len : sizeof line - 2);
}

void print_error(const char *fmt, ...)
{
    char line[LINE_MAX_LEN];
    int head = snprintf(line, sizeof line, "fence: "), len;
    va_list args;

    va_start(args, fmt);
    len = vsnprintf(line + head, sizeof line - (size_t)head - 1, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    len += head;
    write_line(line, (size_t)len < sizeof line - 1 ? (size_t)len : sizeof line - 2);
}

/* As Go prints a duration rounded to milliseconds: 0s, 12ms, 1.5s, 2m3.4s, 1h0m0s. */
static void format_duration(char out[48], uint64_t microseconds)
{
    uint64_t ms = (microseconds + 500) / 1000;
    uint64_t minutes = ms / 60000;
    char seconds[24];
    int len;

    if (ms < 1000) {
        snprintf(out, 48, ms == 0 ? "0s" : "%" PRIu64 "ms", ms);
        return;
    }
    len = snprintf(seconds, sizeof seconds, "%" PRIu64 ".%03" PRIu64, ms / 1000 % 60, ms % 1000);
    while (seconds[len - 1] == '0')
        seconds[--len] = '\0';
    if (seconds[len - 1] == '.')
        seconds[--len] = '\0';
    if (minutes >= 60)
        snprintf(out, 48, "%" PRIu64 "h%" PRIu64 "m%ss", minutes / 60, minutes % 60, seconds);
    else if (minutes > 0)
        snprintf(out, 48, "%" PRIu64 "m%ss", minutes, seconds);
    else
        snprintf(out, 48, "%ss", seconds);
}

static void format_time(char out[16], int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;

    if (!localtime_r(&seconds, &local) || strftime(out, 16, "%H:%M:%S", &local) == 0)
        snprintf(out, 16, "--:--:--");
}

/* A name, or IPv6 in brackets. */
static void format_host(char out[300], const char *host)
{
    snprintf(out, 300, strchr(host, ':') ? "[%s]" : "%s", host);
}

static void format_url(char out[URL_SHOWN + 4], const fence_request *request)
{
    char url[1024], host[300];
    int len;

    format_host(host, request->host);
    if (request->kind != FENCE_HTTP)
        len = snprintf(url, sizeof url, "https://%s:%u", host, request->port);
    else if (request->port == 80)
        len = snprintf(url, sizeof url, "http://%s%s", host, request->path ? request->path : "");
    else
        len = snprintf(url, sizeof url, "http://%s:%u%s", host, request->port,
                       request->path ? request->path : "");
    if (len > URL_SHOWN)
        snprintf(out, URL_SHOWN + 4, "%.*s...", URL_SHOWN - 3, url);
    else
        snprintf(out, URL_SHOWN + 4, "%.*s", URL_SHOWN, url);
}

static const char *icon(const fence_event *event)
{
    if (event->decision->verdict != FENCE_DENY)
        return "✓";
    return event->kind == FENCE_EVENT_TLS || event->status == 403 ? "✗" : "!";
}

/* What answers a SOCKS5 client: a reply of one byte. What was refused is blocked; the rest failed.
 */
static void print_socks(const fence_event *event, struct printer *printer, const char *when)
{
    bool refused = event->decision->verdict == FENCE_DENY;
    char host[300];

    format_host(host, event->request->host);
    print_line(printer, "[fence:socks] %s %s CONNECT %s:%u %s", when, icon(event), host,
               event->request->port,
               !refused               ? "ALLOWED"
               : event->status == 403 ? "BLOCKED"
                                      : "FAILED");
}

/* Nothing to say of a tunnel whose TLS asks for what the tunnel was asked for. */
static void print_tls(const fence_event *event, struct printer *printer)
{
    bool refused = event->decision->verdict == FENCE_DENY;
    char when[16], host[300];

    if (!printer->debug && !(printer->monitor && refused))
        return;
    format_time(when, event->time_us);
    format_host(host, event->request->host);
    print_line(printer, "[fence:tls] %s %s %s:%u server name %s%s%s%s", when, icon(event), host,
               event->request->port, event->server_name ? event->server_name : "-",
               event->hello_encrypted ? " (the real one is encrypted)" : "",
               event->decision->message[0] ? ": " : "", event->decision->message);
}

static void print_response(const fence_event *event, struct printer *printer)
{
    char when[16], took[48], url[URL_SHOWN + 4] = "-";
    bool refused = event->decision->verdict == FENCE_DENY;

    if (!printer->debug && !(printer->monitor && refused))
        return;
    format_time(when, event->time_us);
    format_duration(took, event->duration_us);
    if (event->request && event->request->kind == FENCE_SOCKS5) {
        print_socks(event, printer, when);
        return;
    }
    if (event->request)
        format_url(url, event->request);
    print_line(printer, "[fence:http] %s %s %-7s %d %s %s (%s)", when, icon(event),
               event->request ? event->request->method : "-", event->status,
               event->request ? event->request->host : "-", url, took);
}

/* The words of a policy are news; those of the lists repeat the line. */
static bool says_more(const fence_decision *d)
{
    return strncmp(d->rule, "policy:", 7) == 0 && d->message[0] != '\0';
}

static void print_decision(const fence_event *event, struct printer *printer)
{
    const fence_decision *d = event->decision;
    char host[300];

    if (!printer->debug || !event->request)
        return;
    format_host(host, event->request->host);
    if (d->rule[0] == '\0')
        print_line(printer, "[fence:filter] No matching rule, denying: %s:%u", host,
                   event->request->port);
    else
        print_line(printer, "[fence:filter] %s by rule: %s:%u (matched %s)%s%s",
                   d->verdict == FENCE_ALLOW ? "Allowed" : "Denied", host, event->request->port,
                   d->rule, says_more(d) ? ": " : "", says_more(d) ? d->message : "");
}

void print_event(const fence_event *event, void *payload)
{
    struct printer *printer = payload;

    switch (event->kind) {
    case FENCE_EVENT_DECISION:
        print_decision(event, printer);
        return;
    case FENCE_EVENT_RESPONSE:
        print_response(event, printer);
        return;
    case FENCE_EVENT_NOTICE:
        if (printer->debug || printer->monitor)
            print_line(printer, "[fence] %s", event->text);
        return;
    case FENCE_EVENT_DEBUG:
        if (printer->debug)
            print_line(printer, "[fence] %s", event->text);
        return;
    case FENCE_EVENT_TLS:
        print_tls(event, printer);
        return;
    case FENCE_EVENT_CLOSE:
        return;
    }
}
