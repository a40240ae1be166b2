/* SPDX-License-Identifier: Apache-2.0
 * dns.c - see dns.h. A question's name has no compression in it (RFC 1035, section 4.1.4 has it in
 * answers), so that a pointer there is an error, and nothing is read twice. */
#include "proto/dns.h"

#include <string.h>

#include "base/base.h"

#define HEADER   12
#define CLASS_IN 1
#define LABEL    63
#define NAME     255 /* of a name as it travels, RFC 1035 section 2.3.4 */

/* Bits of the third and fourth byte. */
#define IS_ANSWER 0x80
#define OPCODE    0x78
#define AUTHORITY 0x04
#define RECURSION 0x01
#define RECURSIVE 0x80

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put16(char *at, unsigned value)
{
    at[0] = (char)(value >> 8);
    at[1] = (char)value;
}

/* ---- reading ---- */

/* The labels with dots between them, and `*at` behind them. Writes nothing that is no text: a label
 * with a dot in it is none. Returns false where it is malformed. */
static bool read_name(char text[NAME + 1], size_t *text_len, const uint8_t *message, size_t len,
                      size_t *at)
{
    size_t n = 0, start = *at;

    while (*at < len && message[*at] != 0) {
        size_t label = message[*at];

        if (label > LABEL || *at + 1 + label >= len || *at + 1 + label - start >= NAME)
            return false;
        if (n > 0)
            text[n++] = '.';
        for (size_t i = 0; i < label; i++) {
            char c = (char)message[*at + 1 + i];

            text[n++] = c == '.' ? ' ' : c; /* which no host name has */
        }
        *at += 1 + label;
    }
    if (*at >= len)
        return false;
    ++*at;
    *text_len = n;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "4.3.2.1.in-addr.arpa": four labels, the last byte of the address first. */
static bool read_reverse4(struct addr *out, struct str labels)
{
    char text[16];
    size_t n = 0;

    for (size_t end = labels.len; end > 0;) {
        size_t begin = end;

        while (begin > 0 && labels.bytes[begin - 1] != '.')
            begin--;
        if (n + (end - begin) + 2 > sizeof text)
            return false;
        if (n > 0)
            text[n++] = '.';
        memcpy(text + n, labels.bytes + begin, end - begin);
        n += end - begin;
        end = begin > 0 ? begin - 1 : 0;
    }
    return addr_parse(out, (struct str){text, n}) && out->family == 4;
}

/* 32 labels of one hexadecimal digit: RFC 3596, section 2.5. */
static bool read_reverse6(struct addr *out, struct str labels)
{
    struct addr addr = {.family = 6};

    if (labels.len != 63)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int digit = hex_digit(labels.bytes[2 * i]);

        if (digit < 0 || (i < 31 && labels.bytes[2 * i + 1] != '.'))
            return false;
        addr.bytes[15 - i / 2] |= (uint8_t)(digit << (i % 2 ? 4 : 0));
    }
    *out = addr;
    return true;
}

static bool ends_with(struct str name, struct str tail)
{
    return name.len > tail.len &&
           str_equal_nocase(str_slice(name, name.len - tail.len, name.len), tail);
}

static bool read_reverse(struct addr *out, struct str name)
{
    struct str ipv4 = STR(".in-addr.arpa"), ipv6 = STR(".ip6.arpa");

    if (ends_with(name, ipv4))
        return read_reverse4(out, str_slice(name, 0, name.len - ipv4.len));
    return ends_with(name, ipv6) && read_reverse6(out, str_slice(name, 0, name.len - ipv6.len));
}

enum dns_read dns_read(struct dns_query *out, const void *bytes, size_t len)
{
    const uint8_t *message = bytes;
    char text[NAME + 1];
    struct str name = {text, 0};
    size_t at = HEADER;

    *out = (struct dns_query){.question_end = HEADER};
    if (len < HEADER || message[2] & IS_ANSWER)
        return DNS_NO_ANSWER;
    if ((message[2] & OPCODE) != 0)
        return DNS_OTHER_KIND;
    if (get16(message + 4) != 1 || !read_name(text, &name.len, message, len, &at) || at + 4 > len)
        return DNS_MALFORMED;
    out->type = (uint16_t)get16(message + at);
    out->question_end = at + 4;
    if (get16(message + at + 2) != CLASS_IN)
        return DNS_OTHER_KIND;
    out->is_reverse = read_reverse(&out->addr, name);
    out->is_host = !out->is_reverse && host_parse(&out->host, name) == NULL && !out->host.is_addr;
    return DNS_QUESTION;
}

/* ---- writing ---- */

/* The header, with so many answers to come, and the question. Returns the length. */
static size_t begin(char out[DNS_ANSWER], const void *bytes, const struct dns_query *query,
                    enum dns_code code, unsigned answers)
{
    const uint8_t *message = bytes;

    memcpy(out, message, query->question_end);
    out[2] = (char)(IS_ANSWER | AUTHORITY | (message[2] & (OPCODE | RECURSION)));
    out[3] = (char)(RECURSIVE | code);
    put16(out + 4, query->question_end > HEADER);
    put16(out + 6, answers);
    put16(out + 8, 0);
    put16(out + 10, 0);
    return query->question_end;
}

size_t dns_write_code(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                      enum dns_code code)
{
    return begin(out, message, query, code, 0);
}

/* A record about the question's name, which stands behind the header. Returns its length. */
static size_t put_record(char *at, unsigned type, uint32_t ttl, const char *data, size_t len)
{
    put16(at, 0xc000 | HEADER);
    put16(at + 2, type);
    put16(at + 4, CLASS_IN);
    put16(at + 6, ttl >> 16);
    put16(at + 8, ttl & 0xffff);
    put16(at + 10, (unsigned)len);
    memcpy(at + 12, data, len);
    return 12 + len;
}

size_t dns_write_addr(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                      const struct addr *addr, uint32_t ttl)
{
    size_t len = begin(out, message, query, DNS_NO_ERROR, 1);

    return len + put_record(out + len, addr->family == 4 ? DNS_A : DNS_AAAA, ttl,
                            (const char *)addr->bytes, addr->family == 4 ? 4 : 16);
}

/* `name` is a host name in its normal form. */
size_t dns_write_name(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                      struct str name, uint32_t ttl)
{
    char data[NAME + 2];
    size_t len = begin(out, message, query, DNS_NO_ERROR, 1), n = 0;

    while (name.len > 0 && n + name.len < sizeof data - 2) {
        size_t label = str_find(name, '.');

        data[n] = (char)label;
        memcpy(data + n + 1, name.bytes, label);
        n += 1 + label;
        name = str_slice(name, label < name.len ? label + 1 : label, name.len);
    }
    data[n++] = 0;
    return len + put_record(out + len, DNS_PTR, ttl, data, n);
}
