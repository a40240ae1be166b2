/* SPDX-License-Identifier: Apache-2.0
 * http1_sniff.c - see http1_sniff.h. A method, a target as servers get it, and "HTTP/1.": other
 * protocols of text (Redis, FTP, IMAP) do not get that far, and wait for no more than a line. */
#include "proto/http1_sniff.h"

#include "base/limits.h"
#include "proto/http1_fields.h"

static bool is_method(char c)
{
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* How far the text goes along with `wanted`: MORE when it ends before that does. */
static enum http1_sniff follows(struct str text, struct str wanted)
{
    size_t len = text.len < wanted.len ? text.len : wanted.len;

    if (!str_equal_nocase(str_slice(text, 0, len), str_slice(wanted, 0, len)))
        return HTTP1_SNIFF_OTHER;
    return len == wanted.len ? HTTP1_SNIFF_REQUEST : HTTP1_SNIFF_MORE;
}

/* origin-form, "*" or absolute-form. The authority-form of CONNECT is for proxies. */
static enum http1_sniff target_begins(struct str target)
{
    if (target.len == 0)
        return HTTP1_SNIFF_MORE;
    if (target.bytes[0] == '/' || target.bytes[0] == '*')
        return HTTP1_SNIFF_REQUEST;
    return follows(target, STR("http://"));
}

enum http1_sniff http1_sniff(struct str first)
{
    enum http1_sniff found;
    struct str rest;
    size_t at = 0;

    while (at < first.len && is_method(first.bytes[at]))
        at++;
    if (at > LIMIT_HTTP_METHOD || (at == 0 && first.len > 0))
        return HTTP1_SNIFF_OTHER;
    if (at == first.len)
        return HTTP1_SNIFF_MORE;
    if (first.bytes[at] != ' ')
        return HTTP1_SNIFF_OTHER;

    rest = str_slice(first, at + 1, first.len);
    found = target_begins(rest);
    if (found != HTTP1_SNIFF_REQUEST)
        return found;
    at = http1_class_run(rest, 0, HTTP1_TARGET);
    if (at == rest.len)
        return first.len < LIMIT_HTTP_HEAD ? HTTP1_SNIFF_MORE : HTTP1_SNIFF_REQUEST;
    if (rest.bytes[at] != ' ')
        return HTTP1_SNIFF_OTHER;
    return follows(str_slice(rest, at + 1, rest.len), STR("HTTP/1."));
}
