/* SPDX-License-Identifier: Apache-2.0
 * host.c - the one normal form of a host, made in a single pass.
 *
 * Refuses what it cannot take literally: nothing is decoded, mapped or guessed, so the host that
 * is judged is the host that is looked up. Resolves nothing and knows no public suffixes. */
#include "base/host.h"

/* What a byte of a name is: 0 is no part of one; FOLD marks a capital letter. FOLD is the very bit
 * that makes it small. */
#define KEEP 0x01
#define FOLD 0x20

static const uint8_t NAME_BYTE[256] = {
    ['-'] = KEEP,         ['.'] = KEEP,         ['_'] = KEEP,
    ['0' ... '9'] = KEEP, ['a' ... 'z'] = KEEP, ['A' ... 'Z'] = FOLD,
};

static const char WRITE_V4[] = "write an IPv4 address as four decimal numbers";
static const char BRACKETS[] = "brackets stand around an IPv6 address only";

static const char *refuse_byte(char c)
{
    if ((unsigned char)c >= 0x80)
        return "write an international name in its xn-- form";
    switch (c) {
    case '*':
        return "a host holds no '*': patterns are for rules";
    case '%':
        return "a host holds no '%': write it without percent-encoding";
    case '@':
        return "a host holds no '@': write it without a user name";
    case ':':
        return "write an IPv6 address in brackets";
    case '[':
    case ']':
        return BRACKETS;
    default:
        return "a host name holds letters, digits, '-', '_' and '.' only";
    }
}

static const char *check_label(const char *label, size_t len)
{
    if (len == 0)
        return "a host name has no empty labels";
    if (len > LIMIT_LABEL)
        return "a label of a host name has 63 bytes at most";
    if (label[0] == '-' || label[len - 1] == '-')
        return "a label of a host name neither begins nor ends with '-'";
    return NULL;
}

/* A name whose last label is a number is no name: inet_aton(3) reads 127.1, 0x7f.1 and 017700000001
 * as 127.0.0.1, and the URL standard calls a host an IPv4 address by this very sign. */
static bool is_number(const char *label, size_t len)
{
    size_t i = 0;

    if (len >= 2 && label[0] == '0' && label[1] == 'x') {
        for (i = 2; i < len && ascii_hex(label[i]) >= 0; i++)
            ;
        return i == len;
    }
    while (i < len && ascii_digit(label[i]))
        i++;
    return i == len;
}

/* Lower-cases `text` into `name` and checks its labels; `last`: where the last one begins. */
static const char *fold_name(char *name, size_t *last, struct str text)
{
    const char *why;
    size_t label = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.bytes[i];
        uint8_t kind = NAME_BYTE[(unsigned char)c];

        if (kind == 0)
            return refuse_byte(c);
        name[i] = (char)(c | (kind & FOLD));
        if (c == '.') {
            why = check_label(name + label, i - label);
            if (why)
                return why;
            label = i + 1;
        }
    }
    *last = label;
    return check_label(name + label, text.len - label);
}

static const char *parse_name(struct host *out, struct str text)
{
    char name[LIMIT_HOST];
    struct addr addr = {0};
    struct str given = text;
    const char *why;
    size_t last = 0;
    bool is_addr;

    if (text.len > 0 && text.bytes[text.len - 1] == '.')
        text.len--;
    if (text.len > LIMIT_HOST)
        return "a host name has 253 bytes at most";
    why = fold_name(name, &last, text);
    if (why)
        return why;
    is_addr = is_number(name + last, text.len - last);
    if (is_addr && (!addr_parse(&addr, given) || addr.family != 4))
        return WRITE_V4;
    out->is_addr = is_addr;
    out->addr = addr;
    out->len = (uint8_t)text.len;
    memcpy(out->text, name, text.len);
    out->text[text.len] = '\0';
    return NULL;
}

static const char *parse_v6(struct host *out, struct str text)
{
    struct addr addr;

    if (str_find(text, '%') < text.len)
        return "an IPv6 address has no zone here";
    if (!addr_parse(&addr, text))
        return "this is not an IPv6 address";
    out->is_addr = true;
    out->addr = addr;
    out->len = (uint8_t)addr_format(out->text, &addr);
    return NULL;
}

static const char *parse_brackets(struct host *out, struct str text)
{
    struct str inner;

    if (text.bytes[text.len - 1] != ']')
        return "a '[' without its ']'";
    inner = str_slice(text, 1, text.len - 1);
    return str_find(inner, ':') < inner.len ? parse_v6(out, inner) : BRACKETS;
}

const char *host_parse(struct host *out, struct str text)
{
    if (text.len == 0)
        return "the host is empty";
    if (text.bytes[0] == '[')
        return parse_brackets(out, text);
    return parse_name(out, text);
}

const char *host_parse_bare(struct host *out, struct str text)
{
    if (text.len > 0 && text.bytes[0] != '[' && str_find(text, ':') < text.len)
        return parse_v6(out, text);
    return host_parse(out, text);
}
