/* SPDX-License-Identifier: Apache-2.0
 * addr.c - IP addresses and networks as text, as bytes and as socket addresses.
 *
 * Reads only what has one meaning: no octal, no hexadecimal, no short forms, no zones. What kind
 * of address it is says addr_class.c. */
#include "base/addr.h"

#include <netinet/in.h>

#include "base/cursor.h"

#define NO_GAP SIZE_MAX

static size_t addr_len(const struct addr *a)
{
    return a->family == 4 ? 4 : 16;
}

/* ---- reading ---- */

static bool parse_octet(uint8_t *out, struct cursor *c)
{
    size_t start = c->at;
    unsigned value = 0;

    while (ascii_digit(cursor_peek(c)) && c->at - start < 3)
        value = value * 10 + (unsigned)(cursor_next(c) - '0');
    if (c->at == start || (c->at - start > 1 && c->text.bytes[start] == '0') || value > 255)
        return false;
    *out = (uint8_t)value;
    return true;
}

static bool parse_v4(uint8_t out[4], struct str text)
{
    struct cursor c = {text, 0};

    for (size_t i = 0; i < 4; i++) {
        if (i > 0 && !cursor_eat(&c, '.'))
            return false;
        if (!parse_octet(&out[i], &c))
            return false;
    }
    return cursor_end(&c);
}

/* One to four hexadecimal digits. */
static bool parse_group(uint8_t out[2], struct cursor *c)
{
    size_t start = c->at;
    unsigned value = 0;

    while (c->at - start < 4 && ascii_hex(cursor_peek(c)) >= 0)
        value = value << 4 | (unsigned)ascii_hex(cursor_next(c));
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return c->at > start;
}

/* The groups and the IPv4 tail, as they stand. `used`: how many bytes; `gap`: where "::" stood. */
static bool parse_groups(uint8_t bytes[16], size_t *used, size_t *gap, struct str text)
{
    struct cursor c = {text, 0};
    size_t n = 0;

    *gap = NO_GAP;
    if (cursor_eat(&c, ':')) {
        if (!cursor_eat(&c, ':'))
            return false;
        *gap = 0;
    }
    while (!cursor_end(&c)) {
        size_t start = c.at;

        if (n == 16 || !parse_group(bytes + n, &c))
            return false;
        if (cursor_peek(&c) == '.') {
            if (n > 12 || !parse_v4(bytes + n, str_slice(text, start, text.len)))
                return false;
            n += 4;
            break;
        }
        n += 2;
        if (cursor_end(&c))
            break;
        if (!cursor_eat(&c, ':') || cursor_end(&c))
            return false;
        if (cursor_eat(&c, ':')) {
            if (*gap != NO_GAP)
                return false;
            *gap = n;
        }
    }
    *used = n;
    return true;
}

static bool parse_v6(uint8_t bytes[16], struct str text)
{
    size_t used, gap, tail;

    if (!parse_groups(bytes, &used, &gap, text))
        return false;
    if (gap == NO_GAP)
        return used == 16;
    if (used > 14) /* "::" stands for at least one group */
        return false;
    tail = used - gap;
    memmove(bytes + 16 - tail, bytes + gap, tail);
    memset(bytes + gap, 0, 16 - used);
    return true;
}

/* ::ffff:a.b.c.d becomes a.b.c.d: the two reach the same host, so they are judged as one. */
static void addr_fold(struct addr *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (a->family != 6 || memcmp(a->bytes, mapped, sizeof mapped) != 0)
        return;
    a->family = 4;
    memcpy(a->bytes, a->bytes + 12, 4);
    memset(a->bytes + 4, 0, 12);
}

bool addr_parse(struct addr *out, struct str text)
{
    struct addr a = {.family = 4};

    if (!parse_v4(a.bytes, text)) {
        a = (struct addr){.family = 6};
        if (!parse_v6(a.bytes, text))
            return false;
        addr_fold(&a);
    }
    *out = a;
    return true;
}

/* ---- writing ---- */

static char *put_octet(char *out, uint8_t value)
{
    if (value >= 100)
        *out++ = (char)('0' + value / 100);
    if (value >= 10)
        *out++ = (char)('0' + value / 10 % 10);
    *out++ = (char)('0' + value % 10);
    return out;
}

static char *put_group(char *out, unsigned group)
{
    static const char digits[] = "0123456789abcdef";
    int shift = 12;

    while (shift > 0 && group >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *out++ = digits[group >> shift & 15];
    return out;
}

/* The first of the longest runs of zero groups that is worth a "::"; `len` is 0 without one. */
static void find_gap(const unsigned groups[8], size_t *start, size_t *len)
{
    *start = *len = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t run = 0;

        while (i + run < 8 && groups[i + run] == 0)
            run++;
        if (run >= 2 && run > *len) {
            *start = i;
            *len = run;
        }
    }
}

static char *format_v6(char *out, const uint8_t bytes[16])
{
    unsigned groups[8];
    size_t gap, gap_len;

    for (size_t i = 0; i < 8; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    find_gap(groups, &gap, &gap_len);
    for (size_t i = 0; i < 8; i++) {
        if (gap_len > 0 && i == gap) {
            *out++ = ':';
            i += gap_len - 1;
            if (i == 7)
                *out++ = ':';
            continue;
        }
        if (i > 0)
            *out++ = ':';
        out = put_group(out, groups[i]);
    }
    return out;
}

size_t addr_format(char out[ADDR_TEXT], const struct addr *a)
{
    char *at = out;

    if (a->family == 4) {
        for (size_t i = 0; i < 4; i++) {
            if (i > 0)
                *at++ = '.';
            at = put_octet(at, a->bytes[i]);
        }
    } else {
        at = format_v6(at, a->bytes);
    }
    *at = '\0';
    return (size_t)(at - out);
}

/* ---- comparing ---- */

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, addr_len(a)) == 0;
}

void addr_interleave(struct addr *addrs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t j = i;

        while (j < count && addrs[j].family == addrs[i - 1].family)
            j++;
        if (j == count)
            return;
        for (struct addr found = addrs[j]; j >= i; j--)
            addrs[j] = j == i ? found : addrs[j - 1];
    }
}

bool cidr_contains(const struct cidr *network, const struct addr *a)
{
    size_t whole = network->bits / 8;
    unsigned mask = 0xffu << (8 - network->bits % 8) & 0xff;

    if (a->family != network->base.family || memcmp(a->bytes, network->base.bytes, whole) != 0)
        return false;
    return mask == 0 || ((a->bytes[whole] ^ network->base.bytes[whole]) & mask) == 0;
}

const char *cidr_parse(struct cidr *out, struct str text)
{
    size_t slash = str_find(text, '/');
    struct str address = str_slice(text, 0, slash);
    struct cidr network;
    uint64_t bits;
    size_t max;

    if (!addr_parse(&network.base, address))
        return "write a network as an IP address, '/' and the number of its fixed bits";
    max = addr_len(&network.base) * 8;
    network.bits = (uint8_t)max;
    if (slash < text.len) {
        if (network.base.family == 4 && str_find(address, ':') < address.len)
            return "write an IPv4 network in its own form, without ::ffff:";
        if (!str_to_u64(&bits, str_slice(text, slash + 1, text.len), max))
            return "the number after '/' goes from 0 to 32 for IPv4, to 128 for IPv6";
        network.bits = (uint8_t)bits;
    }
    for (size_t i = network.bits; i < max; i++) {
        if (network.base.bytes[i / 8] & 0x80 >> i % 8)
            return "the address has bits set beyond its prefix; write the first address of the "
                   "network";
    }
    *out = network;
    return NULL;
}

/* ---- socket addresses ---- */

/* Copied, not cast: `sa` may stand anywhere in a buffer. */
bool addr_from_sockaddr(struct addr *out, uint16_t *port, const struct sockaddr *sa)
{
    struct addr a = {0};
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    uint16_t from;

    if (sa->sa_family == AF_INET) {
        memcpy(&in, sa, sizeof in);
        a.family = 4;
        memcpy(a.bytes, &in.sin_addr, 4);
        from = ntohs(in.sin_port);
    } else if (sa->sa_family == AF_INET6) {
        memcpy(&in6, sa, sizeof in6);
        a.family = 6;
        memcpy(a.bytes, &in6.sin6_addr, 16);
        from = ntohs(in6.sin6_port);
        addr_fold(&a);
    } else {
        return false;
    }
    *out = a;
    if (port)
        *port = from;
    return true;
}

socklen_t addr_to_sockaddr(struct sockaddr_storage *out, const struct addr *a, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        memcpy(&in.sin_addr, a->bytes, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    memcpy(&in6.sin6_addr, a->bytes, 16);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}
