/* SPDX-License-Identifier: Apache-2.0
 * http1_fields.h - what request, response and body share: byte classes, field lines, the rules of
 * framing, and what a Connection field names. Private to core/proto. */
#ifndef FENCE_PROTO_HTTP1_FIELDS_H
#define FENCE_PROTO_HTTP1_FIELDS_H

#include "proto/http1.h"

/* ---- bytes ---- */

enum {
    HTTP1_TOKEN = 1, /* RFC 9110, section 5.6.2: names and methods                       */
    HTTP1_TARGET = 2 /* visible ASCII without '#' and '\\', which a target may not hold  */
};

extern const uint8_t http1_class[256];

static inline bool http1_is(char c, uint8_t class)
{
    return (http1_class[(uint8_t)c] & class) != 0;
}

/* What may stand in a line, HTAB aside: no control character. */
static inline bool http1_is_plain(char c)
{
    return (uint8_t)c >= 0x20 && c != 0x7f;
}

/* How many plain bytes `bytes` begins with: eight at a time, by the usual carry trick. */
static inline size_t http1_plain_run(const char *bytes, size_t len)
{
    const uint64_t ones = UINT64_MAX / 0xff;
    size_t i = 0;

    for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word, del;

        memcpy(&word, bytes + i, sizeof word);
        del = word ^ ones * 0x7f;
        if ((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & ones * 0x80)
            break;
    }
    while (i < len && http1_is_plain(bytes[i]))
        i++;
    return i;
}

/* How many bytes of `class` the text has from `at` on. */
static inline size_t http1_class_run(struct str text, size_t at, uint8_t class)
{
    size_t i = at;

    while (i < text.len && http1_is(text.bytes[i], class))
        i++;
    return i - at;
}

/* Sets `why` and returns false. */
static inline bool http1_refuse(struct http1_refusal *why, int status, const char *text)
{
    why->status = status;
    why->text = text;
    return false;
}

/* ---- names ---- */

/* The fields that a proxy must know. */
enum http1_name {
    HTTP1_NAME_OTHER,
    HTTP1_NAME_HOST,
    HTTP1_NAME_CONTENT_LENGTH,
    HTTP1_NAME_TRANSFER_ENCODING,
    HTTP1_NAME_CONNECTION,
    HTTP1_NAME_PROXY_CONNECTION,
    HTTP1_NAME_UPGRADE,
    HTTP1_NAME_EXPECT,
    HTTP1_NAME_TRAILER,
    HTTP1_NAME_HOP_BY_HOP /* known for nothing but that it goes no further */
};

/* `name` must be a token. */
enum http1_name http1_name_of(struct str name);

static inline bool http1_is_max_forwards(struct str name)
{
    return str_equal_nocase(name, STR("Max-Forwards"));
}

/* The next element of a comma-separated list, trimmed; empty ones are skipped. False at the end. */
bool http1_list_next(struct str *rest, struct str *element);

/* ---- fields ---- */

struct http1_facts { /* what the fields say together; zero to begin */
    struct str host, length, coding, upgrade, expect;   /* the last one of each */
    uint8_t hosts, lengths, codings, upgrades, expects; /* how many there are   */
    bool close, keep_alive, upgrade_named;              /* named by Connection  */
};

/* Reads the field lines from `at` on, the empty line included; that must be the end of the head. */
bool http1_fields_read(struct http1_field fields[LIMIT_HTTP_FIELDS], size_t *nfields,
                       struct http1_facts *facts, struct str head, size_t at,
                       struct http1_refusal *why);

/* RFC 9112, section 6, without its tolerance. HTTP1_NO_BODY when no field frames the message. */
bool http1_fields_framing(enum http1_framing *framing, uint64_t *content_length,
                          const struct http1_facts *facts, unsigned minor,
                          struct http1_refusal *why);

/* What the Connection fields name, for many questions: made once, asked for each field. */
struct http1_named {
    const struct http1_field *fields;
    size_t nfields;
    uint64_t mask; /* one bit for each kind of name that is there at all */
};

struct http1_named http1_named_by(const struct http1_field *fields, size_t nfields);
bool http1_is_named(const struct http1_named *named, struct str name);

#endif
