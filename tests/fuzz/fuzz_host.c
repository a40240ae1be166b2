/* SPDX-License-Identifier: Apache-2.0
 * fuzz_host.c - any bytes as a host, an authority, an address and a network.
 *
 * Whatever is taken must be in normal form: it holds allowed bytes only, fits its bounds, and comes
 * out the same when it is read again. Whatever is refused says why. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_why(const char *why)
{
    size_t len = strlen(why);

    CHECK(len > 0 && len < 120 && why[len - 1] != '.');
}

static void check_addr(const struct addr *a)
{
    char text[ADDR_TEXT];
    size_t len = addr_format(text, a);
    struct addr again, inner;

    CHECK(a->family == 4 || a->family == 6);
    CHECK(len < sizeof text && text[len] == '\0' && strlen(text) == len);
    CHECK(addr_parse(&again, (struct str){text, len}));
    CHECK(addr_equal(a, &again));
    CHECK(*addr_class_text(addr_classify(a)) != '\0');
    if (addr_embedded(&inner, a))
        CHECK(a->family == 6 && inner.family == 4);
}

static void check_name(const struct host *h)
{
    struct in_addr number;
    size_t label = 0;

    for (size_t i = 0; i < h->len; i++) {
        char c = h->text[i];

        CHECK((c >= 'a' && c <= 'z') || ascii_digit(c) || c == '-' || c == '_' || c == '.');
        label = c == '.' ? 0 : label + 1;
        CHECK(label <= LIMIT_LABEL);
        if (c == '.' || i == 0)
            CHECK(h->text[i == 0 ? 0 : i + 1] != '-' && h->text[i == 0 ? 0 : i + 1] != '.');
    }
    CHECK(h->text[h->len - 1] != '.' && h->text[h->len - 1] != '-');
    CHECK(!inet_aton(h->text, &number));
}

static void check_host(const struct host *h)
{
    struct host again;

    CHECK(h->len > 0 && h->len <= LIMIT_HOST && strlen(h->text) == h->len);
    CHECK(host_parse_bare(&again, host_str(h)) == NULL);
    CHECK(str_equal(host_str(h), host_str(&again)) && again.is_addr == h->is_addr);
    if (h->is_addr) {
        check_addr(&h->addr);
        CHECK(addr_equal(&h->addr, &again.addr));
    } else {
        check_name(h);
    }
}

static void try_host(struct str text)
{
    struct host h, bare;
    const char *why = host_parse(&h, text);
    const char *why_bare = host_parse_bare(&bare, text);

    if (why)
        check_why(why);
    else
        check_host(&h);
    if (why_bare)
        check_why(why_bare);
    else
        check_host(&bare);
    if (!why)
        CHECK(!why_bare && str_equal(host_str(&h), host_str(&bare)));
}

static void try_authority(struct str text, uint16_t default_port)
{
    struct host h, again;
    uint16_t port, port_again;
    char out[HOST_AUTHORITY];
    size_t len;
    const char *why = host_parse_authority(&h, &port, text, default_port);

    if (why) {
        check_why(why);
        return;
    }
    CHECK(port > 0);
    check_host(&h);
    len = host_format_authority(out, &h, port, default_port);
    CHECK(len < sizeof out && strlen(out) == len);
    CHECK(!host_parse_authority(&again, &port_again, (struct str){out, len}, default_port));
    CHECK(port == port_again && str_equal(host_str(&h), host_str(&again)));
}

static void try_cidr(struct str text)
{
    struct cidr network;
    const char *why = cidr_parse(&network, text);

    if (why) {
        check_why(why);
        return;
    }
    check_addr(&network.base);
    CHECK(network.bits <= (network.base.family == 4 ? 32 : 128));
    CHECK(cidr_contains(&network, &network.base));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len};
    struct addr a;
    uint16_t port;
    const char *why = host_parse_port(&port, text);

    if (why)
        check_why(why);
    else
        CHECK(port > 0);
    if (addr_parse(&a, text))
        check_addr(&a);
    try_host(text);
    try_authority(text, 0);
    try_authority(text, 80);
    try_cidr(text);
    return 0;
}
