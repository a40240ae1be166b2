/* SPDX-License-Identifier: Apache-2.0
 * test_addr_class.c - both ends of every special-purpose network, and the addresses next to them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addr.h"

/* clang-format off */
static const struct {
    const char     *name, *text;
    enum addr_class class;
} CLASS[] = {
    {"public",                       "8.8.8.8",          ADDR_PUBLIC},
    {"3A.15 unspecified",            "0.0.0.0",          ADDR_UNSPECIFIED},
    {"this network, first",          "0.0.0.1",          ADDR_RESERVED},
    {"this network, last",           "0.255.255.255",    ADDR_RESERVED},
    {"after this network",           "1.0.0.0",          ADDR_PUBLIC},
    {"before 10/8",                  "9.255.255.255",    ADDR_PUBLIC},
    {"10/8, first",                  "10.0.0.0",         ADDR_PRIVATE},
    {"10/8, last",                   "10.255.255.255",   ADDR_PRIVATE},
    {"after 10/8",                   "11.0.0.0",         ADDR_PUBLIC},
    {"3A.18 before 100.64/10",       "100.63.255.255",   ADDR_PUBLIC},
    {"3A.18 100.64/10, first",       "100.64.0.0",       ADDR_SHARED},
    {"3A.18 100.64/10, last",        "100.127.255.255",  ADDR_SHARED},
    {"3A.18 after 100.64/10",        "100.128.0.0",      ADDR_PUBLIC},
    {"before 127/8",                 "126.255.255.255",  ADDR_PUBLIC},
    {"127/8, first",                 "127.0.0.0",        ADDR_LOOPBACK},
    {"127/8",                        "127.0.0.1",        ADDR_LOOPBACK},
    {"127/8, last",                  "127.255.255.255",  ADDR_LOOPBACK},
    {"after 127/8",                  "128.0.0.0",        ADDR_PUBLIC},
    {"before 169.254/16",            "169.253.255.255",  ADDR_PUBLIC},
    {"169.254/16, first",            "169.254.0.0",      ADDR_LINK_LOCAL},
    {"169.254/16, last",             "169.254.255.255",  ADDR_LINK_LOCAL},
    {"after 169.254/16",             "169.255.0.0",      ADDR_PUBLIC},
    {"before 172.16/12",             "172.15.255.255",   ADDR_PUBLIC},
    {"172.16/12, first",             "172.16.0.0",       ADDR_PRIVATE},
    {"172.16/12, last",              "172.31.255.255",   ADDR_PRIVATE},
    {"after 172.16/12",              "172.32.0.0",       ADDR_PUBLIC},
    {"3A.18 before 192.0.0/24",      "191.255.255.255",  ADDR_PUBLIC},
    {"3A.18 192.0.0/24, first",      "192.0.0.0",        ADDR_RESERVED},
    {"192.0.0/24, dummy",            "192.0.0.8",        ADDR_RESERVED},
    {"192.0.0/24, port control",     "192.0.0.9",        ADDR_RESERVED},
    {"192.0.0/24, TURN",             "192.0.0.10",       ADDR_RESERVED},
    {"192.0.0/24, NAT64 discovery",  "192.0.0.170",      ADDR_RESERVED},
    {"3A.18 192.0.0/24, last",       "192.0.0.255",      ADDR_RESERVED},
    {"after 192.0.0/24",             "192.0.1.0",        ADDR_PUBLIC},
    {"192.0.2/24, first",            "192.0.2.0",        ADDR_DOCUMENTATION},
    {"192.0.2/24, last",             "192.0.2.255",      ADDR_DOCUMENTATION},
    {"after 192.0.2/24",             "192.0.3.0",        ADDR_PUBLIC},
    {"AS112",                        "192.31.196.1",     ADDR_PUBLIC},
    {"AMT",                          "192.52.193.1",     ADDR_PUBLIC},
    {"before 192.88.99/24",          "192.88.98.255",    ADDR_PUBLIC},
    {"192.88.99/24, first",          "192.88.99.0",      ADDR_RESERVED},
    {"192.88.99/24, last",           "192.88.99.255",    ADDR_RESERVED},
    {"after 192.88.99/24",           "192.88.100.0",     ADDR_PUBLIC},
    {"before 192.168/16",            "192.167.255.255",  ADDR_PUBLIC},
    {"192.168/16, first",            "192.168.0.0",      ADDR_PRIVATE},
    {"192.168/16, last",             "192.168.255.255",  ADDR_PRIVATE},
    {"after 192.168/16",             "192.169.0.0",      ADDR_PUBLIC},
    {"AS112 of RFC 7534",            "192.175.48.6",     ADDR_PUBLIC},
    {"3A.18 before 198.18/15",       "198.17.255.255",   ADDR_PUBLIC},
    {"3A.18 198.18/15, first",       "198.18.0.0",       ADDR_RESERVED},
    {"3A.18 198.18/15, last",        "198.19.255.255",   ADDR_RESERVED},
    {"3A.18 after 198.18/15",        "198.20.0.0",       ADDR_PUBLIC},
    {"198.51.100/24, first",         "198.51.100.0",     ADDR_DOCUMENTATION},
    {"198.51.100/24, last",          "198.51.100.255",   ADDR_DOCUMENTATION},
    {"after 198.51.100/24",          "198.51.101.0",     ADDR_PUBLIC},
    {"203.0.113/24, first",          "203.0.113.0",      ADDR_DOCUMENTATION},
    {"203.0.113/24, last",           "203.0.113.255",    ADDR_DOCUMENTATION},
    {"after 203.0.113/24",           "203.0.114.0",      ADDR_PUBLIC},
    {"before 224/4",                 "223.255.255.255",  ADDR_PUBLIC},
    {"3A.18 224/4, first",           "224.0.0.0",        ADDR_MULTICAST},
    {"233.252.0/24",                 "233.252.0.1",      ADDR_DOCUMENTATION},
    {"after 233.252.0/24",           "233.252.1.0",      ADDR_MULTICAST},
    {"3A.18 224/4, last",            "239.255.255.255",  ADDR_MULTICAST},
    {"3A.18 240/4, first",           "240.0.0.0",        ADDR_RESERVED},
    {"3A.18 240/4, last but one",    "255.255.255.254",  ADDR_RESERVED},
    {"3A.18 broadcast",              "255.255.255.255",  ADDR_BROADCAST},

    {"3A.28 most clouds",            "169.254.169.254",  ADDR_METADATA},
    {"3A.28 next to it",             "169.254.169.253",  ADDR_LINK_LOCAL},
    {"3A.28 ECS tasks",              "169.254.170.2",    ADDR_METADATA},
    {"3A.28 EKS pods",               "169.254.170.23",   ADDR_METADATA},
    {"3A.28 Alibaba",                "100.100.100.200",  ADDR_METADATA},
    {"3A.28 Azure's agent",          "168.63.129.16",    ADDR_METADATA},
    {"3A.28 next to Azure's agent",  "168.63.129.17",    ADDR_PUBLIC},
    {"3A.28 Oracle, IPv4",           "192.0.0.192",      ADDR_METADATA},
    {"3A.28 AWS, IPv6",              "fd00:ec2::254",    ADDR_METADATA},
    {"3A.28 EKS pods, IPv6",         "fd00:ec2::23",     ADDR_METADATA},
    {"3A.28 Google, IPv6",           "fd20:ce::254",     ADDR_METADATA},
    {"3A.28 Oracle, IPv6",           "fd00:c1::a9fe:a9fe", ADDR_METADATA},
    {"next to AWS, IPv6",            "fd00:ec2::255",    ADDR_PRIVATE},

    {"3A.15 unspecified, IPv6",      "::",               ADDR_UNSPECIFIED},
    {"loopback, IPv6",               "::1",              ADDR_LOOPBACK},
    {"public, IPv6",                 "2606:4700::1111",  ADDR_PUBLIC},
    {"unicast, first",               "2000::",           ADDR_PUBLIC},
    {"before unicast",               "1fff:ffff::",      ADDR_RESERVED},
    {"unicast, last before 3fff",    "3ffe:ffff::",      ADDR_PUBLIC},
    {"after unicast",                "4000::",           ADDR_RESERVED},
    {"between RFC 6052 and 8215",    "64:ff9b:0:1::1",   ADDR_RESERVED},
    {"discard",                      "100::1",           ADDR_RESERVED},
    {"dummy prefix",                 "100:0:0:1::1",     ADDR_RESERVED},
    {"port control, IPv6",           "2001:1::1",        ADDR_RESERVED},
    {"TURN, IPv6",                   "2001:1::2",        ADDR_RESERVED},
    {"benchmarking, IPv6",           "2001:2::1",        ADDR_RESERVED},
    {"beside benchmarking",          "2001:2:1::1",      ADDR_RESERVED},
    {"AMT, IPv6",                    "2001:3::1",        ADDR_PUBLIC},
    {"AS112, IPv6",                  "2001:4:112::1",    ADDR_PUBLIC},
    {"beside AS112",                 "2001:4:113::1",    ADDR_RESERVED},
    {"ORCHID",                       "2001:10::1",       ADDR_RESERVED},
    {"ORCHIDv2",                     "2001:20::1",       ADDR_PUBLIC},
    {"drone identities",             "2001:3f:ffff::1",  ADDR_PUBLIC},
    {"after drone identities",       "2001:40::1",       ADDR_RESERVED},
    {"2001::/23, last",              "2001:1ff:ffff::",  ADDR_RESERVED},
    {"after 2001::/23",              "2001:200::",       ADDR_PUBLIC},
    {"before documentation",         "2001:db7:ffff::",  ADDR_PUBLIC},
    {"documentation",                "2001:db8::1",      ADDR_DOCUMENTATION},
    {"documentation, last",          "2001:db8:ffff::",  ADDR_DOCUMENTATION},
    {"after documentation",          "2001:db9::",       ADDR_PUBLIC},
    {"AS112 of RFC 7534, IPv6",      "2620:4f:8000::6",  ADDR_PUBLIC},
    {"documentation of RFC 9637",    "3fff::1",          ADDR_DOCUMENTATION},
    {"documentation, last",          "3fff:fff:ffff::",  ADDR_DOCUMENTATION},
    {"after it",                     "3fff:1000::",      ADDR_PUBLIC},
    {"segment routing",              "5f00::1",          ADDR_RESERVED},
    {"3A.18 before fc00::/7",        "fbff:ffff::",      ADDR_RESERVED},
    {"3A.18 fc00::/7, first",        "fc00::",           ADDR_PRIVATE},
    {"3A.18 fc00::/7, last",         "fdff:ffff::1",     ADDR_PRIVATE},
    {"3A.18 fe80::/10, first",       "fe80::1",          ADDR_LINK_LOCAL},
    {"3A.18 fe80::/10, last",        "febf:ffff::1",     ADDR_LINK_LOCAL},
    {"3A.18 fec0::/10, first",       "fec0::1",          ADDR_PRIVATE},
    {"3A.18 fec0::/10, last",        "feff:ffff::1",     ADDR_PRIVATE},
    {"3A.18 multicast, IPv6",        "ff02::1",          ADDR_MULTICAST},

    {"3A.16 mapped",                 "::ffff:127.0.0.1", ADDR_LOOPBACK},
    {"3A.16 mapped, hexadecimal",    "::ffff:7f00:1",    ADDR_LOOPBACK},
    {"3A.16 compatible",             "::127.0.0.1",      ADDR_LOOPBACK},
    {"3A.16 compatible, public",     "::8.8.8.8",        ADDR_PUBLIC},
    {"3A.16 compatible, tiny",       "::2",              ADDR_RESERVED},
    {"3A.16 SIIT",                   "::ffff:0:127.0.0.1",   ADDR_LOOPBACK},
    {"3A.16 SIIT, metadata",         "::ffff:0:a9fe:a9fe",   ADDR_METADATA},
    {"3A.17 NAT64",                  "64:ff9b::7f00:1",      ADDR_LOOPBACK},
    {"3A.17 NAT64, private",         "64:ff9b::10.9.9.9",    ADDR_PRIVATE},
    {"3A.17 NAT64, public",          "64:ff9b::8.8.8.8",     ADDR_PUBLIC},
    {"3A.17 NAT64, metadata",        "64:ff9b::a9fe:a9fe",   ADDR_METADATA},
    {"3A.17 local NAT64",            "64:ff9b:1::8.8.8.8",   ADDR_TRANSLATED},
    {"3A.17 local NAT64, last",      "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", ADDR_TRANSLATED},
    {"3A.17 6to4",                   "2002:7f00:1::",        ADDR_LOOPBACK},
    {"3A.17 6to4, public",           "2002:808:808::1",      ADDR_PUBLIC},
    {"3A.17 6to4, metadata",         "2002:a9fe:a9fe::",     ADDR_METADATA},
    {"3A.17 6to4, Azure's agent",    "2002:a83f:8110::1",    ADDR_METADATA},
    {"3A.17 Teredo",                 "2001:0:4136:e378:8000:63bf:3fff:fdd2", ADDR_TRANSLATED},
    {"3A.17 ISATAP",                 "2606:4700::5efe:7f00:1",     ADDR_TRANSLATED},
    {"3A.17 ISATAP, unique",         "2606:4700::200:5efe:8.8.8.8", ADDR_TRANSLATED},
    {"3A.17 ISATAP, link-local",     "fe80::5efe:10.0.0.1",        ADDR_TRANSLATED},
    {"3A.17 ISATAP in 6to4",         "2002:808:808::5efe:7f00:1",  ADDR_TRANSLATED},
    {"3A.17 6to4 metadata, ISATAP",  "2002:a9fe:a9fe::5efe:1.2.3.4", ADDR_METADATA},
    {"not quite ISATAP",             "2606:4700::100:5efe:7f00:1", ADDR_PUBLIC},
};

static const struct {
    const char *name, *text;
    const char *inner; /* NULL: none */
} EMBEDDED[] = {
    {"compatible",       "::10.0.0.1",         "10.0.0.1"},
    {"SIIT",             "::ffff:0:10.0.0.1",  "10.0.0.1"},
    {"NAT64",            "64:ff9b::10.0.0.1",  "10.0.0.1"},
    {"6to4",             "2002:a00:1::5:6",    "10.0.0.1"},
    {"unspecified",      "::",                 NULL},
    {"loopback",         "::1",                NULL},
    {"IPv4",             "10.0.0.1",           NULL},
    {"local NAT64",      "64:ff9b:1::a00:1",   NULL},
    {"Teredo",           "2001::a00:1",        NULL},
    {"NAT64, too long",  "64:ff9b::1:a00:1",   NULL},
    {"public",           "2606:4700::a00:1",   NULL},
};
/* clang-format on */

static void test_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(CLASS); i++) {
        struct addr a;
        enum addr_class class;

        if (!addr_parse(&a, str_of(CLASS[i].text)))
            fail_msg("%s: '%s' was refused", CLASS[i].name, CLASS[i].text);
        class = addr_classify(&a);
        if (class != CLASS[i].class)
            fail_msg("%s: %s is %s, not %s", CLASS[i].name, CLASS[i].text, addr_class_text(class),
                     addr_class_text(CLASS[i].class));
    }
}

static void test_embedded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(EMBEDDED); i++) {
        struct addr a, inner = {.family = 9};
        char text[ADDR_TEXT];
        bool found;

        assert_true(addr_parse(&a, str_of(EMBEDDED[i].text)));
        found = addr_embedded(&inner, &a);
        if (found != (EMBEDDED[i].inner != NULL))
            fail_msg("%s: %s", EMBEDDED[i].name, found ? "found one" : "found none");
        if (!found) {
            assert_int_equal(inner.family, 9);
            continue;
        }
        addr_format(text, &inner);
        if (strcmp(text, EMBEDDED[i].inner) != 0)
            fail_msg("%s: %s holds %s", EMBEDDED[i].name, EMBEDDED[i].text, text);
    }
}

/* Neither parsing nor the socket functions leave one, but a caller might build it. */
static void test_unfolded(void **state)
{
    struct addr mapped = {6, {[10] = 0xff, 0xff, 169, 254, 169, 254}};

    (void)state;
    assert_int_equal(addr_classify(&mapped), ADDR_METADATA);
}

static void test_no_family(void **state)
{
    struct addr none = {0};

    (void)state;
    assert_int_equal(addr_classify(&none), ADDR_RESERVED);
}

static void test_text(void **state)
{
    (void)state;
    assert_string_equal(addr_class_text(ADDR_PUBLIC), "a public address");
    assert_string_equal(addr_class_text(ADDR_METADATA), "a cloud metadata address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_class),    cmocka_unit_test(test_embedded),
        cmocka_unit_test(test_unfolded), cmocka_unit_test(test_no_family),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
