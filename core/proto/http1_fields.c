/* SPDX-License-Identifier: Apache-2.0
 * http1_fields.c - field lines, RFC 9110 section 5 and RFC 9112 section 5, in one pass.
 *
 * No obs-fold, no white space around a name, no list where one value belongs. It does not trust
 * that http1_scan_head() has seen the bytes: every line is checked again on the way. */
#include "proto/http1_fields.h"

/* clang-format off */
#define T HTTP1_TOKEN
#define U HTTP1_TARGET
const uint8_t http1_class[256] = {
    ['!'] = T | U, ['"'] = U,             ['#'] = T,     ['$' ... '\''] = T | U,
    ['('] = U,     [')'] = U,             ['*'] = T | U, ['+'] = T | U,
    [','] = U,     ['-'] = T | U,         ['.'] = T | U, ['/'] = U,
    ['0' ... '9'] = T | U,                [':' ... '@'] = U,
    ['A' ... 'Z'] = T | U, ['['] = U,     [']'] = U,
    ['^' ... 'z'] = T | U, ['{'] = U,     ['|'] = T | U, ['}'] = U, ['~'] = T | U,
};
#undef T
#undef U
/* clang-format on */

/* `lower` is in lower case and of the same length. On a token, setting bit 5 maps letters to lower
 * case and nothing else to a letter or a '-'. */
static bool name_is(struct str name, const char *lower)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((name.bytes[i] | 0x20) != lower[i])
            return false;
    }
    return true;
}

enum http1_name http1_name_of(struct str name)
{
    switch (name.len) {
    case 2:
        return name_is(name, "te") ? HTTP1_NAME_HOP_BY_HOP : HTTP1_NAME_OTHER;
    case 4:
        return name_is(name, "host") ? HTTP1_NAME_HOST : HTTP1_NAME_OTHER;
    case 5: /* reserved, because Connection: close would name it; RFC 9112, section 12.1 */
        return name_is(name, "close") ? HTTP1_NAME_HOP_BY_HOP : HTTP1_NAME_OTHER;
    case 6:
        return name_is(name, "expect") ? HTTP1_NAME_EXPECT : HTTP1_NAME_OTHER;
    case 7:
        if (name_is(name, "upgrade"))
            return HTTP1_NAME_UPGRADE;
        return name_is(name, "trailer") ? HTTP1_NAME_TRAILER : HTTP1_NAME_OTHER;
    case 10:
        if (name_is(name, "connection"))
            return HTTP1_NAME_CONNECTION;
        return name_is(name, "keep-alive") ? HTTP1_NAME_HOP_BY_HOP : HTTP1_NAME_OTHER;
    case 14:
        return name_is(name, "content-length") ? HTTP1_NAME_CONTENT_LENGTH : HTTP1_NAME_OTHER;
    case 16:
        return name_is(name, "proxy-connection") ? HTTP1_NAME_PROXY_CONNECTION : HTTP1_NAME_OTHER;
    case 17:
        return name_is(name, "transfer-encoding") ? HTTP1_NAME_TRANSFER_ENCODING : HTTP1_NAME_OTHER;
    case 18:
        return name_is(name, "proxy-authenticate") ? HTTP1_NAME_HOP_BY_HOP : HTTP1_NAME_OTHER;
    case 19:
        return name_is(name, "proxy-authorization") ? HTTP1_NAME_HOP_BY_HOP : HTTP1_NAME_OTHER;
    case 25:
        return name_is(name, "proxy-authentication-info") ? HTTP1_NAME_HOP_BY_HOP
                                                          : HTTP1_NAME_OTHER;
    default:
        return HTTP1_NAME_OTHER;
    }
}

bool http1_list_next(struct str *rest, struct str *element)
{
    while (rest->len > 0) {
        size_t comma = str_find(*rest, ',');

        *element = str_trim(str_slice(*rest, 0, comma));
        *rest = str_slice(*rest, comma < rest->len ? comma + 1 : comma, rest->len);
        if (element->len > 0)
            return true;
    }
    return false;
}

/* ---- Connection ---- */

static bool note_connection(struct http1_facts *facts, struct str value, struct http1_refusal *why)
{
    struct str option;

    while (http1_list_next(&value, &option)) {
        if (http1_class_run(option, 0, HTTP1_TOKEN) != option.len)
            return http1_refuse(why, 400, "a Connection field is not a list of names");
        facts->close |= str_equal_nocase(option, STR("close"));
        facts->keep_alive |= str_equal_nocase(option, STR("keep-alive"));
        facts->upgrade_named |= str_equal_nocase(option, STR("upgrade"));
    }
    return true;
}

/* No standard; old clients say to a proxy what they mean. A list as Connection is, but it names
 * nothing, so it may hold anything. */
static void note_proxy_connection(struct http1_facts *facts, struct str value)
{
    struct str option;

    while (http1_list_next(&value, &option))
        facts->close |= str_equal_nocase(option, STR("close"));
}

/* Names that differ in length or first letter mostly differ here. */
static uint64_t kind_of(struct str name)
{
    return UINT64_C(1) << ((name.len * 7 + (uint8_t)ascii_lower(name.bytes[0])) & 63);
}

static bool is_connection(const struct http1_field *field)
{
    return http1_name_of(field->name) == HTTP1_NAME_CONNECTION;
}

struct http1_named http1_named_by(const struct http1_field *fields, size_t nfields)
{
    struct http1_named named = {fields, nfields, 0};

    for (size_t i = 0; i < nfields; i++) {
        struct str rest = fields[i].value, option;

        while (is_connection(&fields[i]) && http1_list_next(&rest, &option))
            named.mask |= kind_of(option);
    }
    return named;
}

bool http1_is_named(const struct http1_named *named, struct str name)
{
    if (!(named->mask & kind_of(name)))
        return false;
    for (size_t i = 0; i < named->nfields; i++) {
        struct str rest = named->fields[i].value, option;

        while (is_connection(&named->fields[i]) && http1_list_next(&rest, &option)) {
            if (str_equal_nocase(option, name))
                return true;
        }
    }
    return false;
}

/* ---- lines ---- */

static bool note(struct http1_facts *facts, const struct http1_field *field,
                 struct http1_refusal *why)
{
    switch (http1_name_of(field->name)) {
    case HTTP1_NAME_HOST:
        facts->host = field->value;
        facts->hosts++;
        return true;
    case HTTP1_NAME_CONTENT_LENGTH:
        facts->length = field->value;
        facts->lengths++;
        return true;
    case HTTP1_NAME_TRANSFER_ENCODING:
        facts->coding = field->value;
        facts->codings++;
        return true;
    case HTTP1_NAME_UPGRADE:
        facts->upgrade = field->value;
        facts->upgrades++;
        return true;
    case HTTP1_NAME_EXPECT:
        facts->expect = field->value;
        facts->expects++;
        return true;
    case HTTP1_NAME_CONNECTION:
        return note_connection(facts, field->value, why);
    case HTTP1_NAME_PROXY_CONNECTION:
        note_proxy_connection(facts, field->value);
        return true;
    case HTTP1_NAME_TRAILER:
    case HTTP1_NAME_HOP_BY_HOP:
    case HTTP1_NAME_OTHER:
        return true;
    }
    return true;
}

static bool refuse_name(struct http1_refusal *why, char c)
{
    if (c == ' ' || c == '\t')
        return http1_refuse(why, 400, "white space stands between a field's name and its colon");
    return http1_refuse(why, 400, "a field's name is not a token");
}

/* One line without its CRLF; `*at` moves to that. */
static bool read_line(struct http1_field *field, struct str head, size_t *at,
                      struct http1_refusal *why)
{
    size_t colon = *at + http1_class_run(head, *at, HTTP1_TOKEN), end;

    if (colon == head.len || head.bytes[colon] != ':')
        return refuse_name(why, colon == head.len ? '\0' : head.bytes[colon]);
    if (colon == *at)
        return http1_refuse(why, 400, "a field has no name");
    end = colon + 1;
    end += http1_plain_run(head.bytes + end, head.len - end);
    while (end < head.len && head.bytes[end] == '\t') {
        end++;
        end += http1_plain_run(head.bytes + end, head.len - end);
    }
    field->name = str_slice(head, *at, colon);
    field->value = str_trim(str_slice(head, colon + 1, end));
    *at = end;
    return true;
}

bool http1_parse_field(struct http1_field *out, struct str line)
{
    struct http1_refusal why;
    size_t at = 0;

    return read_line(out, line, &at, &why) && at == line.len;
}

static bool eat_crlf(struct str head, size_t *at)
{
    if (head.len - *at < 2 || head.bytes[*at] != '\r' || head.bytes[*at + 1] != '\n')
        return false;
    *at += 2;
    return true;
}

bool http1_fields_read(struct http1_field fields[LIMIT_HTTP_FIELDS], size_t *nfields,
                       struct http1_facts *facts, struct str head, size_t at,
                       struct http1_refusal *why)
{
    size_t n = 0;

    while (!eat_crlf(head, &at)) {
        if (at < head.len && (head.bytes[at] == ' ' || head.bytes[at] == '\t'))
            return http1_refuse(why, 400, "a line of the head begins with white space");
        if (n == LIMIT_HTTP_FIELDS)
            return http1_refuse(why, 431, "the head has too many fields");
        if (!read_line(&fields[n], head, &at, why) || !note(facts, &fields[n], why))
            return false;
        if (!eat_crlf(head, &at))
            return http1_refuse(why, 400, "a field's value holds a control character");
        n++;
    }
    *nfields = n;
    return at == head.len || http1_refuse(why, 400, "bytes stand after the head");
}

/* ---- framing ---- */

bool http1_fields_framing(enum http1_framing *framing, uint64_t *content_length,
                          const struct http1_facts *facts, unsigned minor,
                          struct http1_refusal *why)
{
    *framing = HTTP1_NO_BODY;
    *content_length = 0;
    if (facts->codings > 0) {
        if (facts->lengths > 0)
            return http1_refuse(why, 400,
                                "Content-Length and Transfer-Encoding exclude each other");
        if (minor == 0)
            return http1_refuse(why, 400, "HTTP/1.0 has no Transfer-Encoding");
        if (facts->codings > 1 || !str_equal_nocase(facts->coding, STR("chunked")))
            return http1_refuse(why, 400, "the only Transfer-Encoding taken is 'chunked', once");
        *framing = HTTP1_CHUNKED;
    } else if (facts->lengths > 0) {
        if (facts->lengths > 1)
            return http1_refuse(why, 400, "Content-Length stands there more than once");
        if (!str_to_u64(content_length, facts->length, INT64_MAX))
            return http1_refuse(why, 400, "Content-Length is not a plain decimal number");
        *framing = HTTP1_LENGTH;
    }
    return true;
}
