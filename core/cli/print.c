/* SPDX-License-Identifier: Apache-2.0
 * print.c - events as lines, in the ancestor's shapes: people have scripts that read them. */
#include "cli/print.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask_tty.h"

#define URL_SHOWN 60 /* the ancestor's */

/* ---- a reader that has stopped reading must not stop the proxy ---- */

/* What poll(2) calls writable takes a whole line if it is a pipe or a socket, but a terminal may
 * take a few bytes and block for the rest. O_NONBLOCK would hold for everybody who shares standard
 * error, the command in the sandbox among them: a terminal is opened once more, for us alone. */
static void choose_output(struct printer *printer)
{
    char path[256];

    printer->is_open = true;
    printer->fd = STDERR_FILENO;
    if (ttyname_r(STDERR_FILENO, path, sizeof path) == 0)
        printer->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (printer->fd < 0)
        printer->fd = STDERR_FILENO; /* another user's terminal */
}

static bool writable(const struct printer *printer)
{
    struct pollfd fd = {printer->fd, POLLOUT, 0};

    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

/* False when there is no room for more. An error is as good as written: nobody is left to tell. */
static bool write_rest(struct printer *printer)
{
    ssize_t rc;

    if (printer->nrest == 0)
        return true;
    rc = write(printer->fd, printer->rest, printer->nrest);
    if (rc < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (rc < 0)
        rc = (ssize_t)printer->nrest;
    printer->nrest -= (size_t)rc;
    memmove(printer->rest, printer->rest + rc, printer->nrest);
    return printer->nrest == 0;
}

/* A terminal that passes on each byte as it is needs to be told of the line's begin, too. */
static bool wants_return(int fd)
{
    struct termios mode;

    return tcgetattr(fd, &mode) == 0 && !(mode.c_oflag & OPOST);
}

/* `len` is vsnprintf()'s, of a buffer that has room for a line and its end. */
static size_t end_line(char *line, int len, int fd)
{
    size_t n = len < PRINT_LINE_MAX - 2 ? (size_t)len : PRINT_LINE_MAX - 3;

    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    if (wants_return(fd))
        line[n++] = '\r';
    line[n++] = '\n';
    return n;
}

/* Whole or not at all, though a terminal may get the rest of it later. False: not at all. */
__attribute__((format(printf, 2, 0))) static bool offer_line(struct printer *printer,
                                                             const char *fmt, va_list args)
{
    int len;

    if (!writable(printer) || !write_rest(printer))
        return false;
    len = vsnprintf(printer->rest, sizeof printer->rest - 1, fmt, args);
    if (len < 0)
        return true;
    printer->nrest = end_line(printer->rest, len, printer->fd);
    write_rest(printer);
    return true;
}

__attribute__((format(printf, 2, 3))) static bool try_line(struct printer *printer, const char *fmt,
                                                           ...)
{
    va_list args;
    bool taken;

    va_start(args, fmt);
    taken = offer_line(printer, fmt, args);
    va_end(args);
    return taken;
}

/* False while there are lines missing that nobody has been told of. */
static bool tell_dropped(struct printer *printer)
{
    if (printer->dropped > 0 &&
        try_line(printer, "[fence] %lu lines were dropped: nobody read them", printer->dropped))
        printer->dropped = 0;
    return printer->dropped == 0;
}

__attribute__((format(printf, 2, 3))) static void print_line(struct printer *printer,
                                                             const char *fmt, ...)
{
    va_list args;

    if (!printer->is_open)
        choose_output(printer);
    va_start(args, fmt);
    if (!tell_dropped(printer) || !offer_line(printer, fmt, args))
        printer->dropped++;
    va_end(args);
}

void print_ask(fence_ask *ask, const fence_request *request, const char *question, void *payload)
{
    struct printer *printer = payload;

    ask_tty_put(printer->tty, ask, request, question);
}

fence_observer print_observer(struct printer *printer)
{
    bool observes = printer->debug || printer->monitor;
    /* in a terminal somebody reads it; where standard error goes elsewhere, whoever asks */
    unsigned summary = isatty(STDERR_FILENO) ? 1U << FENCE_EVENT_SUMMARY : 0;

    return (fence_observer){.on_event = print_event,
                            .kinds = observes ? 0 : 1U << FENCE_EVENT_ALERT | summary,
                            .payload = printer,
                            .on_ask = printer->tty ? print_ask : NULL};
}

void print_kept(struct printer *printer, const char *what)
{
    if (what[0] && (printer->debug || printer->monitor || isatty(STDERR_FILENO)))
        print_line(printer, "[fence] --clean-tty kept from the terminal: %s", what);
}

void print_end(struct printer *printer)
{
    struct pollfd fd = {printer->fd, POLLOUT, 0};

    for (int tries = 0; tries < 20 && printer->is_open; tries++) {
        if (tell_dropped(printer) && write_rest(printer))
            break;
        poll(&fd, 1, PRINT_END_MS / 20);
    }
    if (printer->is_open && printer->fd != STDERR_FILENO)
        close(printer->fd);
    printer->is_open = false;
}

static void print_words(const char *name, const char *fmt, va_list args)
{
    char line[PRINT_LINE_MAX];
    ssize_t rc;
    int head = snprintf(line, sizeof line, "%s", name), len;

    len = vsnprintf(line + head, sizeof line - (size_t)head - 1, fmt, args);
    if (len < 0)
        return;
    rc = write(STDERR_FILENO, line, end_line(line, head + len, STDERR_FILENO));
    (void)rc;
}

void print_error(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print_words("fence: ", fmt, args);
    va_end(args);
}

void print_plain(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print_words("", fmt, args);
    va_end(args);
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

/* Of those whose clients get no answer in HTTP; NULL of others. */
static const char *tunnel_name(fence_request_kind kind)
{
    switch (kind) {
    case FENCE_SOCKS5:
        return "socks";
    case FENCE_LOCAL:
        return "local";
    case FENCE_CAPTURE:
        return "capture";
    case FENCE_CONNECT:
    case FENCE_HTTP:
    case FENCE_EXEC:
        break;
    }
    return NULL;
}

/* Who has asked, where that is known. */
static void format_program(char out[120], const fence_event *event)
{
    out[0] = '\0';
    if (event->program)
        snprintf(out, 120, " (%s)", event->program);
}

/* What answers with no status of HTTP's. What was refused is blocked; the rest failed. */
static void print_tunnel(const fence_event *event, struct printer *printer, const char *when)
{
    bool refused = event->decision->verdict == FENCE_DENY;
    char host[300], program[120];

    char port[8] = "";

    format_host(host, event->request->host);
    format_program(program, event);
    if (event->request->port != 0) /* of a name that was looked up there is none */
        snprintf(port, sizeof port, ":%u", event->request->port);
    print_line(printer, "[fence:%s] %s %s %s %s%s %s%s", tunnel_name(event->request->kind), when,
               icon(event), event->request->port != 0 ? "CONNECT" : "RESOLVE", host, port,
               !refused               ? "ALLOWED"
               : event->status == 403 ? "BLOCKED"
                                      : "FAILED",
               program);
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
    char when[16], took[48], url[URL_SHOWN + 4] = "-", program[120];
    bool refused = event->decision->verdict == FENCE_DENY;

    if (event->text || (!printer->debug && !(printer->monitor && refused)))
        return;
    format_time(when, event->time_us);
    format_duration(took, event->duration_us);
    if (event->request && tunnel_name(event->request->kind)) {
        print_tunnel(event, printer, when);
        return;
    }
    if (event->request)
        format_url(url, event->request);
    format_program(program, event);
    print_line(printer, "[fence:http] %s %s %-7s %d %s %s (%s)%s", when, icon(event),
               event->request ? event->request->method : "-", event->status,
               event->request ? event->request->host : "-", url, took, program);
}

/* The words of a policy are news; those of the lists repeat the line. */
static bool says_more(const fence_decision *d)
{
    return strncmp(d->rule, "policy:", 7) == 0 && d->message[0] != '\0';
}

static void print_decision(const fence_event *event, struct printer *printer)
{
    const fence_decision *d = event->decision;
    char when[16], host[300];

    if (event->text && (printer->debug || printer->monitor)) {
        format_time(when, event->time_us);
        print_line(printer, "[fence:policy] %s %s", when, event->text);
    }
    if (event->text || !printer->debug || !event->request)
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

static void print_unix(const fence_event *event, struct printer *printer)
{
    char when[16];

    if (!printer->debug && !printer->monitor)
        return;
    format_time(when, event->time_us);
    print_line(printer, "[fence:unix] %s ✗ %s", when, event->text);
}

static void print_exec(const fence_event *event, struct printer *printer)
{
    char when[16];

    if (!printer->debug && !(printer->monitor && event->status == 403))
        return;
    format_time(when, event->time_us);
    print_line(printer, "[fence:exec] %s %s", when, event->text);
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
    case FENCE_EVENT_ALERT:
    case FENCE_EVENT_SUMMARY:
        print_line(printer, "[fence] %s", event->text);
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
    case FENCE_EVENT_UNIX:
        print_unix(event, printer);
        return;
    case FENCE_EVENT_EXEC:
        print_exec(event, printer);
        return;
    case FENCE_EVENT_CLOSE:
        return;
    }
}
