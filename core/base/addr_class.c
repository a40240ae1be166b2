/* SPDX-License-Identifier: Apache-2.0
 * addr_class.c - what kind of address it is: the IANA special-purpose registries as one table.
 *
 * An address the registries call globally reachable is public. There is one exception: the anycast
 * addresses of 192.0.0.0/24 and 2001:1::/32 for port control, TURN and service registration are
 * answered by the nearest gateway, which is the user's own, so they stay reserved. */
#include "base/addr.h"

struct special {
    struct cidr network;
    enum addr_class class;
};

#define V4(bits, class, ...)                                                                       \
    {                                                                                              \
        {{4, {__VA_ARGS__}}, bits}, ADDR_##class                                                   \
    }
#define V6(bits, class, ...)                                                                       \
    {                                                                                              \
        {{6, {__VA_ARGS__}}, bits}, ADDR_##class                                                   \
    }

/* The first row that contains the address counts: a part stands before the whole. */
/* clang-format off */
static const struct special SPECIAL[] = {
    /* where clouds hand out credentials; the last ones stand in no registry as such */
    V4( 32, METADATA,      169, 254, 169, 254), /* AWS, Azure, Google, OpenStack...      */
    V4( 32, METADATA,      169, 254, 170, 2),   /* AWS: roles of ECS tasks               */
    V4( 32, METADATA,      169, 254, 170, 23),  /* AWS: EKS pod identity                 */
    V4( 32, METADATA,      100, 100, 100, 200), /* Alibaba                               */
    V4( 32, METADATA,      168, 63, 129, 16),   /* Azure: the host's agent               */
    V4( 32, METADATA,      192, 0, 0, 192),     /* Oracle                                */
    V6(128, METADATA,      0xfd, 0, 0x0e, 0xc2, [14] = 0x02, 0x54),             /* AWS    */
    V6(128, METADATA,      0xfd, 0, 0x0e, 0xc2, [15] = 0x23),                   /* AWS    */
    V6(128, METADATA,      0xfd, 0x20, 0, 0xce, [14] = 0x02, 0x54),             /* Google */
    V6(128, METADATA,      0xfd, 0, 0, 0xc1, [12] = 0xa9, 0xfe, 0xa9, 0xfe),    /* Oracle */

    V4( 32, UNSPECIFIED,   0),                  /* RFC 1122; Linux takes it for loopback */
    V4(  8, RESERVED,      0),                  /* RFC 791: this network                 */
    V4(  8, PRIVATE,       10),                 /* RFC 1918                              */
    V4( 10, SHARED,        100, 64),            /* RFC 6598                              */
    V4(  8, LOOPBACK,      127),                /* RFC 1122                              */
    V4( 16, LINK_LOCAL,    169, 254),           /* RFC 3927                              */
    V4( 12, PRIVATE,       172, 16),            /* RFC 1918                              */
    V4( 24, RESERVED,      192, 0, 0),          /* RFC 6890: protocol assignments        */
    V4( 24, DOCUMENTATION, 192, 0, 2),          /* RFC 5737: TEST-NET-1                  */
    V4( 24, PUBLIC,        192, 31, 196),       /* RFC 7535: AS112                       */
    V4( 24, PUBLIC,        192, 52, 193),       /* RFC 7450: AMT                         */
    V4( 24, RESERVED,      192, 88, 99),        /* RFC 7526: 6to4 relays, withdrawn      */
    V4( 16, PRIVATE,       192, 168),           /* RFC 1918                              */
    V4( 24, PUBLIC,        192, 175, 48),       /* RFC 7534: AS112                       */
    V4( 15, RESERVED,      198, 18),            /* RFC 2544: benchmarking                */
    V4( 24, DOCUMENTATION, 198, 51, 100),       /* RFC 5737: TEST-NET-2                  */
    V4( 24, DOCUMENTATION, 203, 0, 113),        /* RFC 5737: TEST-NET-3                  */
    V4( 24, DOCUMENTATION, 233, 252, 0),        /* RFC 6676: MCAST-TEST-NET              */
    V4(  4, MULTICAST,     224),                /* RFC 5771                              */
    V4( 32, BROADCAST,     255, 255, 255, 255), /* RFC 8190                              */
    V4(  4, RESERVED,      240),                /* RFC 1112                              */
    V4(  0, PUBLIC,        0),

    V6(128, UNSPECIFIED,   0),                             /* RFC 4291                      */
    V6(128, LOOPBACK,      [15] = 1),                      /* RFC 4291                      */
    V6( 48, TRANSLATED,    0, 0x64, 0xff, 0x9b, 0, 0x01),  /* RFC 8215: local NAT64         */
    V6( 64, RESERVED,      0x01, 0),                       /* RFC 6666: discard             */
    V6( 64, RESERVED,      0x01, 0, [7] = 0x01),           /* RFC 9780: dummy prefix        */
    V6( 32, TRANSLATED,    0x20, 0x01, 0, 0),              /* RFC 4380: Teredo              */
    V6( 48, RESERVED,      0x20, 0x01, 0, 0x02, 0, 0),     /* RFC 5180: benchmarking        */
    V6( 32, PUBLIC,        0x20, 0x01, 0, 0x03),           /* RFC 7450: AMT                 */
    V6( 48, PUBLIC,        0x20, 0x01, 0, 0x04, 0x01, 0x12), /* RFC 7535: AS112             */
    V6( 28, RESERVED,      0x20, 0x01, 0, 0x10),           /* RFC 4843: ORCHID, withdrawn   */
    V6( 28, PUBLIC,        0x20, 0x01, 0, 0x20),           /* RFC 7343: ORCHIDv2            */
    V6( 28, PUBLIC,        0x20, 0x01, 0, 0x30),           /* RFC 9374: drone identities    */
    V6( 23, RESERVED,      0x20, 0x01, 0),                 /* RFC 2928: the rest            */
    V6( 32, DOCUMENTATION, 0x20, 0x01, 0x0d, 0xb8),        /* RFC 3849                      */
    V6( 48, PUBLIC,        0x26, 0x20, 0, 0x4f, 0x80, 0),  /* RFC 7534: AS112               */
    V6( 20, DOCUMENTATION, 0x3f, 0xff, 0),                 /* RFC 9637                      */
    V6( 16, RESERVED,      0x5f, 0),                       /* RFC 9602: segment routing     */
    V6(  7, PRIVATE,       0xfc),                          /* RFC 4193                      */
    V6( 10, LINK_LOCAL,    0xfe, 0x80),                    /* RFC 4291                      */
    V6( 10, PRIVATE,       0xfe, 0xc0),                    /* RFC 3879: site-local          */
    V6(  8, MULTICAST,     0xff),                          /* RFC 4291                      */
    V6(  3, PUBLIC,        0x20),                          /* RFC 4291: all that is unicast */
    V6(  0, RESERVED,      0),
};

/* Prefixes of IPv6 addresses that lead to the IPv4 address at byte `at`. */
static const struct {
    struct cidr network;
    size_t      at;
} EMBEDDING[] = {
    {{{6, {0}}, 96}, 12},                           /* RFC 4291: v4-compatible               */
    {{{6, {[10] = 0xff, 0xff}}, 96}, 12},           /* RFC 4291: v4-mapped, were it unfolded */
    {{{6, {[8] = 0xff, 0xff}}, 96}, 12},            /* RFC 7915: SIIT                        */
    {{{6, {0, 0x64, 0xff, 0x9b}}, 96}, 12},         /* RFC 6052: NAT64                       */
    {{{6, {0x20, 0x02}}, 16}, 2},                   /* RFC 3056: 6to4                        */
};
/* clang-format on */

/* :: and ::1 are themselves, not 0.0.0.0 and 0.0.0.1 in disguise. */
static bool is_none_or_self(const struct addr *a)
{
    static const uint8_t zeros[15];

    return a->family == 6 && memcmp(a->bytes, zeros, sizeof zeros) == 0 && a->bytes[15] <= 1;
}

bool addr_embedded(struct addr *out, const struct addr *a)
{
    if (is_none_or_self(a))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(EMBEDDING); i++) {
        if (cidr_contains(&EMBEDDING[i].network, a)) {
            struct addr inner = {.family = 4};

            memcpy(inner.bytes, a->bytes + EMBEDDING[i].at, 4);
            *out = inner;
            return true;
        }
    }
    return false;
}

/* RFC 5214, section 6.1: an interface identifier of 5efe and an IPv4 address, under any prefix. */
static bool is_isatap(const struct addr *a)
{
    const uint8_t *id = a->bytes + 8;

    return a->family == 6 && (id[0] & 0xfd) == 0 && id[1] == 0 && id[2] == 0x5e && id[3] == 0xfe;
}

static enum addr_class classify_alone(const struct addr *a)
{
    for (size_t i = 0; i < ARRAY_LEN(SPECIAL); i++) {
        if (cidr_contains(&SPECIAL[i].network, a))
            return SPECIAL[i].class;
    }
    return ADDR_RESERVED; /* a family that is neither 4 nor 6 */
}

enum addr_class addr_classify(const struct addr *a)
{
    struct addr inner;
    enum addr_class class = classify_alone(addr_embedded(&inner, a) ? &inner : a);

    return is_isatap(a) && class != ADDR_METADATA ? ADDR_TRANSLATED : class;
}

const char *addr_class_text(enum addr_class class)
{
    static const char *const TEXT[] = {
#define XX(name, text) text,
        ADDR_CLASS_MAP(XX)
#undef XX
    };

    return TEXT[class];
}
