/* SPDX-License-Identifier: Apache-2.0
 * theirs.c - a head through llhttp, with no lenient flag, byte by byte: so the call in which it
 * says that the head is complete tells where it ends.
 *
 * The target is taken apart here, not by our parser; only the normal form of its host is ours. */
#include <llhttp.h>
#include <stdio.h>

#include "base/host.h"
#include "diff/reading.h"

struct parse {
    struct reading *out;
    bool complete;
    size_t url, fields; /* lengths so far */
    char target[SAMPLE_CAP + 1];
};

static void append(char *text, size_t cap, size_t *len, const char *bytes, size_t count)
{
    if (count > cap - 1 - *len)
        count = cap - 1 - *len;
    memcpy(text + *len, bytes, count);
    *len += count;
    text[*len] = '\0';
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct parse *parse = parser->data;

    append(parse->target, sizeof parse->target, &parse->url, at, len);
    return 0;
}

static int on_field_bytes(llhttp_t *parser, const char *at, size_t len)
{
    struct parse *parse = parser->data;

    append(parse->out->fact[FACT_FIELDS], FACT_CAP, &parse->fields, at, len);
    return 0;
}

static int on_field_named(llhttp_t *parser)
{
    return on_field_bytes(parser, ":", 1);
}

/* The blanks at the end of a value do not belong to it; those before it llhttp leaves out. */
static int on_field_done(llhttp_t *parser)
{
    struct parse *parse = parser->data;
    const char *text = parse->out->fact[FACT_FIELDS];

    while (text[parse->fields - 1] == ' ' || text[parse->fields - 1] == '\t')
        parse->fields--;
    return on_field_bytes(parser, "\n", 1);
}

static int on_complete(llhttp_t *parser)
{
    struct parse *parse = parser->data;
    struct reading *out = parse->out;

    parse->complete = true;
    snprintf(out->fact[FACT_METHOD], FACT_CAP, "%s",
             llhttp_method_name((llhttp_method_t)parser->method));
    snprintf(out->fact[FACT_VERSION], FACT_CAP, "%u", parser->http_minor);
    snprintf(out->fact[FACT_PERSIST], FACT_CAP, "%s",
             llhttp_should_keep_alive(parser) ? "keep" : "close");
    if (parser->flags & F_CHUNKED)
        snprintf(out->fact[FACT_BODY], FACT_CAP, "chunked");
    else if (parser->flags & F_CONTENT_LENGTH)
        snprintf(out->fact[FACT_BODY], FACT_CAP, "length=%llu",
                 (unsigned long long)parser->content_length);
    else
        snprintf(out->fact[FACT_BODY], FACT_CAP, "none");
    return 0;
}

/* absolute-form or authority-form, as RFC 9112 section 3.2 takes them apart; anything else is left
 * as it is, and no head with such a target is accepted by us. */
static void write_target(struct reading *out, struct str target)
{
    bool connect = strcmp(out->fact[FACT_METHOD], "CONNECT") == 0;
    size_t at = connect ? 0 : str_find(target, ':') + 3, end = at;
    struct host host;
    uint16_t port;

    snprintf(out->fact[FACT_TARGET], FACT_CAP, STR_FMT, STR_ARG(target));
    while (end < target.len && target.bytes[end] != '/' && target.bytes[end] != '?')
        end++;
    if (at > target.len ||
        host_parse_authority(&host, &port, str_slice(target, at, end), connect ? 0 : 80))
        return;
    if (end < target.len || connect)
        snprintf(out->fact[FACT_TARGET], FACT_CAP, "%s:%u " STR_FMT, host.text, port,
                 STR_ARG(str_slice(target, end, target.len)));
    else
        snprintf(out->fact[FACT_TARGET], FACT_CAP, "%s:%u %s", host.text, port,
                 strcmp(out->fact[FACT_METHOD], "OPTIONS") == 0 ? "*" : "/");
}

void read_theirs(struct reading *out, struct str bytes)
{
    struct parse parse = {.out = out};
    llhttp_settings_t settings;
    llhttp_t parser;
    llhttp_errno_t err = HPE_OK;
    size_t used = 0;

    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = settings.on_header_value = on_field_bytes;
    settings.on_header_field_complete = on_field_named;
    settings.on_header_value_complete = on_field_done;
    settings.on_headers_complete = on_complete;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &parse;
    out->fact[FACT_FIELDS][0] = '\0';
    while (used < bytes.len && err == HPE_OK && !parse.complete)
        err = llhttp_execute(&parser, bytes.bytes + used++, 1);

    out->accepted = parse.complete && (err == HPE_OK || err == HPE_PAUSED_UPGRADE);
    if (out->accepted) {
        snprintf(out->fact[FACT_USED], FACT_CAP, "%zu", used);
        write_target(out, (struct str){parse.target, parse.url});
    } else {
        snprintf(out->why, sizeof out->why, "%s",
                 err == HPE_OK ? "the head goes on" : llhttp_get_error_reason(&parser));
    }
}

bool theirs_knows_method(struct str method)
{
    static const char *const known[] = {
#define NAME(number, name, text) #text,
        HTTP_METHOD_MAP(NAME)
#undef NAME
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_equal(method, str_of(known[i])))
            return true;
    }
    return false;
}

int theirs_version(void)
{
    return LLHTTP_VERSION_MAJOR;
}
