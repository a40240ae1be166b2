/* SPDX-License-Identifier: Apache-2.0
 * request_text.c - see request_text.h. What a host is, fence_decide() says. */
#include "cli/request_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Cuts "host:port" or "[::1]:port" at `text` in two; `port` is untouched where it has none. False:
 * that is no port. */
static bool split_port(char *text, unsigned long *port)
{
    char *colon = strrchr(text, ':'), *end;

    if (!colon || strchr(colon, ']') || (strchr(text, ':') != colon && text[0] != '['))
        return true; /* none, or IPv6 without brackets */
    *port = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end != '\0')
        return false;
    *colon = '\0';
    return true;
}

/* fence_decide() takes an IPv6 address without its brackets. */
static char *without_brackets(char *host)
{
    size_t len = strlen(host);

    if (host[0] != '[' || len < 2 || host[len - 1] != ']')
        return host;
    host[len - 1] = '\0';
    return host + 1;
}

static const char *finish(fence_request *out, char *authority, unsigned long port)
{
    if (!split_port(authority, &port) || port > 65535)
        return "the port is a number from 1 to 65535";
    if (port == 0)
        return "say which port: HOST:PORT";
    out->host = without_brackets(authority);
    out->port = (uint16_t)port;
    return NULL;
}

const char *request_text_authority(fence_request *out, char *text)
{
    return finish(out, text, 0);
}

/* The authority moves to where "http://" stood: so there is room for its end, and for the '/' that
 * a client puts before a query. A fragment is not sent. */
static void split_path(fence_request *out, char *url, char *authority)
{
    size_t len = strcspn(authority, "/?#");
    char *path = authority + len;

    memmove(url, authority, len);
    url[len] = '\0';
    path[strcspn(path, "#")] = '\0';
    if (*path == '?')
        *--path = '/';
    out->path = *path ? path : "/";
}

const char *request_text_url(fence_request *out, const char *method, char *url)
{
    if (strncmp(url, "https://", 8) == 0) {
        url += 8;
        url[strcspn(url, "/?#")] = '\0';
        return finish(out, url, 443);
    }
    if (strncmp(url, "http://", 7) != 0)
        return "a URL begins with http:// or https://";
    out->kind = FENCE_HTTP;
    out->method = method;
    split_path(out, url, url + 7);
    return finish(out, url, 80);
}
