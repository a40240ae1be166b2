/* SPDX-License-Identifier: Apache-2.0
 * http1_response.c - a response head, RFC 9112 section 4, from a server that may be hostile.
 *
 * What it refuses ends as a 502: a client must never see an answer whose end is in doubt. */
#include "proto/http1_fields.h"

#define STATUS_SWITCHING    101
#define STATUS_NO_CONTENT   204
#define STATUS_NOT_MODIFIED 304

/* "HTTP/1.1 200 OK" and the CRLF. The space before an empty phrase is often left out. */
static bool read_status_line(struct http1_response *out, struct str head, size_t *at,
                             struct http1_refusal *why)
{
    static const char form[] = "HTTP/1.d ddd"; /* d: a digit */
    size_t end = sizeof form - 1, phrase;

    for (size_t i = 0; i < end; i++) {
        if (i == head.len ||
            (form[i] == 'd' ? !ascii_digit(head.bytes[i]) : head.bytes[i] != form[i]))
            return http1_refuse(why, 502, "the answer does not begin with 'HTTP/1.1 200'");
    }
    if (head.bytes[7] > '1')
        return http1_refuse(why, 502, "the answer has an unknown version of HTTP");
    out->minor = (unsigned)(head.bytes[7] - '0');
    out->status = (head.bytes[9] - '0') * 100 + (head.bytes[10] - '0') * 10 + head.bytes[11] - '0';
    if (out->status < 100 || out->status > 599)
        return http1_refuse(why, 502, "the answer's status is not between 100 and 599");

    phrase = end;
    if (end < head.len && head.bytes[end] == ' ') {
        phrase = ++end;
        while (end < head.len && (http1_is_plain(head.bytes[end]) || head.bytes[end] == '\t'))
            end++;
    }
    out->phrase = str_slice(head, phrase, end);
    if (head.len - end < 2 || head.bytes[end] != '\r' || head.bytes[end + 1] != '\n')
        return http1_refuse(why, 502, "the answer's first line does not end as it should");
    *at = end + 2;
    return true;
}

/* RFC 9112, section 6.3. Where a body may never be, a field that announces one is refused: another
 * reader could believe it. After HEAD and in a 304 it tells what would have come, and stays. */
static bool read_framing(struct http1_response *out, const struct http1_facts *facts,
                         struct str method, struct http1_refusal *why)
{
    bool head = str_equal(method, STR("HEAD"));
    bool never = out->status < 200 || out->status == STATUS_NO_CONTENT ||
                 (str_equal(method, STR("CONNECT")) && out->status < 300);

    if (!http1_fields_framing(&out->framing, &out->content_length, facts, out->minor, why))
        return false;
    if (never && (out->framing == HTTP1_CHUNKED || out->content_length > 0))
        return http1_refuse(why, 502, "the answer announces a body where none can be");
    if (never || head || out->status == STATUS_NOT_MODIFIED)
        out->framing = HTTP1_NO_BODY;
    else if (out->framing == HTTP1_NO_BODY)
        out->framing = HTTP1_UNTIL_CLOSE;
    return true;
}

static bool check_switch(const struct http1_response *out, bool upgrade_asked,
                         struct http1_refusal *why)
{
    if (out->status != STATUS_SWITCHING)
        return true;
    if (!upgrade_asked)
        return http1_refuse(why, 502, "the answer switches protocols and nobody asked for that");
    return out->upgrade.len > 0 ||
           http1_refuse(why, 502, "the answer switches protocols and does not say to which");
}

static bool parse(struct http1_response *out, struct str head, struct str method,
                  bool upgrade_asked, struct http1_refusal *why)
{
    struct http1_facts facts = {0};
    size_t at;

    if (!read_status_line(out, head, &at, why) ||
        !http1_fields_read(out->fields, &out->nfields, &facts, head, at, why) ||
        !read_framing(out, &facts, method, why))
        return false;
    out->upgrade =
        out->minor == 1 && facts.upgrade_named && facts.upgrades == 1 ? facts.upgrade : STR("");
    out->keep_alive =
        !facts.close && (out->minor == 1 || facts.keep_alive) && out->framing != HTTP1_UNTIL_CLOSE;
    return check_switch(out, upgrade_asked, why);
}

bool http1_parse_response(struct http1_response *out, struct str head, struct str method,
                          bool upgrade_asked, struct http1_refusal *why)
{
    if (parse(out, head, method, upgrade_asked, why))
        return true;
    why->status = 502; /* whatever it would have been in a request */
    return false;
}
