/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_fields.c - field lines: what was read, written out again, reads the same; and what
 * Connection names is found by a plain search too. */
#include <strings.h>

#include "proto/http1_fields.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define ROOM (256 * 1024)

static bool same_facts(const struct http1_facts *a, const struct http1_facts *b)
{
    return str_equal(a->host, b->host) && str_equal(a->length, b->length) &&
           str_equal(a->coding, b->coding) && str_equal(a->upgrade, b->upgrade) &&
           str_equal(a->expect, b->expect) && a->hosts == b->hosts && a->lengths == b->lengths &&
           a->codings == b->codings && a->upgrades == b->upgrades && a->expects == b->expects &&
           a->close == b->close && a->keep_alive == b->keep_alive &&
           a->upgrade_named == b->upgrade_named;
}

static void try_again(const struct http1_field *fields, size_t n, const struct http1_facts *facts)
{
    auto_buf struct buf text = BUF_INIT(ROOM);
    struct http1_field again[LIMIT_HTTP_FIELDS];
    struct http1_facts other = {0};
    struct http1_refusal why;
    size_t count;

    for (size_t i = 0; i < n; i++) {
        buf_append_str(&text, fields[i].name);
        buf_append_text(&text, ":");
        buf_append_str(&text, fields[i].value);
        buf_append_text(&text, "\r\n");
    }
    require(buf_append_text(&text, "\r\n") == 0);
    require(http1_fields_read(again, &count, &other, buf_str(&text), 0, &why));
    require(count == n && same_facts(facts, &other));
    for (size_t i = 0; i < n; i++)
        require(str_equal(fields[i].name, again[i].name) &&
                str_equal(fields[i].value, again[i].value));
}

/* Does a Connection field name it? By hand, with the C library. */
static bool named_plainly(const struct http1_field *fields, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        struct str value = fields[i].value;

        if (fields[i].name.len != 10 || strncasecmp(fields[i].name.bytes, "connection", 10) != 0)
            continue;
        for (size_t at = 0; at + name.len <= value.len; at++) {
            bool begins = at == 0 || memchr(", \t", value.bytes[at - 1], 3);
            size_t end = at + name.len;

            if (begins && strncasecmp(value.bytes + at, name.bytes, name.len) == 0 &&
                (end == value.len || memchr(", \t", value.bytes[end], 3)))
                return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct http1_field fields[LIMIT_HTTP_FIELDS];
    struct http1_facts facts = {0};
    struct http1_refusal why = {0, NULL};
    struct http1_named named;
    enum http1_framing framing;
    uint64_t length;
    size_t n;

    if (len > ROOM / 4)
        return 0;
    if (!http1_fields_read(fields, &n, &facts, (struct str){(const char *)bytes, len}, 0, &why)) {
        require(why.text && (why.status == 400 || why.status == 431));
        return 0;
    }
    try_again(fields, n, &facts);
    named = http1_named_by(fields, n);
    for (size_t i = 0; i < n; i++)
        require(http1_is_named(&named, fields[i].name) == named_plainly(fields, n, fields[i].name));
    if (http1_fields_framing(&framing, &length, &facts, len % 2, &why))
        require(facts.lengths + facts.codings <= 1 && length <= INT64_MAX);
    return 0;
}
