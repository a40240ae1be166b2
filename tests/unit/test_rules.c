/* SPDX-License-Identifier: Apache-2.0
 * test_rules.c - the order of decision, as far as the configuration decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/rules.h"

static fence_config *config_of(const char *name, const char *network, const fence_setting *extra,
                               size_t nextra)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char json[1024];
    size_t len = 0;

    json[len++] = '{';
    if (*network) {
        memcpy(json + len, "\"network\":", 10);
        memcpy(json + len + 10, network, strlen(network));
        len += 10 + strlen(network);
    }
    json[len++] = '}';
    if (fence_config_parse(&config, "x", json, len, extra, nextra, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    return config;
}

static struct host host_of(const char *text)
{
    struct host host;

    if (host_parse_bare(&host, str_of(text)))
        fail_msg("%s is no host", text);
    return host;
}

static bool differs(const char *actual, const char *expected)
{
    return expected && strcmp(actual, expected) != 0;
}

/* ---- hosts ---- */

struct host_row {
    const char *name, *network, *host;
    uint16_t port;
    fence_reason reason;               /* NONE: allowed */
    const char *rule, *message, *cure; /* NULL: not looked at */
};

#define DENIED     FENCE_REASON_REQUEST_DENIED
#define PROHIBITED FENCE_REASON_IP_PROHIBITED
#define ALLOWED    FENCE_REASON_NONE

#define GOOD       "{\"allowedDomains\": [\"good.test\", \"*.good.test\"]}"
#define CURE(host) "--allow " host "   or \"network\": {\"allowedDomains\": [\"" host "\"]}"

/* clang-format off */
static const struct host_row host_rows[] = {
    {"3A.1 not listed",          GOOD, "evil.test", 443, DENIED, "", "no rule allows evil.test:443", CURE("evil.test")},
    {"3A.2 no section at all",   "", "good.test", 443, DENIED, "", "no rule allows good.test:443", NULL},
    {"3A.2 empty allowedDomains", "{\"allowedDomains\": []}", "good.test", 443, DENIED, "", NULL, NULL},
    {"listed",                   GOOD, "good.test", 443, ALLOWED, "network.allowedDomains[0]", "", ""},
    {"3A.3 capitals",            GOOD, "GoOd.TeSt", 443, ALLOWED, "network.allowedDomains[0]", "", ""},
    {"3A.4 final dot",           GOOD, "good.test.", 443, ALLOWED, "network.allowedDomains[0]", "", ""},
    {"below",                    GOOD, "a.b.good.test", 80, ALLOWED, "network.allowedDomains[1]", "", ""},
    {"3A.6 xgood.test",          GOOD, "xgood.test", 443, DENIED, "", NULL, CURE("xgood.test")},
    {"3A.6 good.test.evil.test", GOOD, "good.test.evil.test", 443, DENIED, "", NULL, NULL},
    {"3A.6 good-test",           GOOD, "good-test", 443, DENIED, "", NULL, NULL},
    {"another port",             "{\"allowedDomains\": [\"good.test:443\"]}", "good.test", 80, DENIED, "", "no rule allows good.test:80", NULL},
    {"deny wins",                "{\"allowedDomains\": [\"*\"], \"deniedDomains\": [\"a.test\", \"evil.test\"]}", "evil.test", 443,
                                 DENIED, "network.deniedDomains[1]", "evil.test:443 is denied by network.deniedDomains[1]",
                                 "remove it from network.deniedDomains"},
    {"deny wins over the same",  "{\"allowedDomains\": [\"a.test\"], \"deniedDomains\": [\"a.test:443\"]}", "a.test", 443,
                                 DENIED, "network.deniedDomains[0]", NULL, NULL},
    {"everything denied",        "{\"allowedDomains\": [\"a.test\"], \"deniedDomains\": [\"*\"]}", "a.test", 443, DENIED, NULL, NULL, NULL},
    {"everything allowed",       "{\"allowedDomains\": [\"*\"]}", "evil.test", 25, ALLOWED, "network.allowedDomains[0]", "", ""},
    {"a literal, not listed",    GOOD, "::1", 80, DENIED, "", "no rule allows [::1]:80", CURE("[::1]")},
    {"IPv4, not listed",         GOOD, "127.0.0.1", 80, DENIED, "", "no rule allows 127.0.0.1:80", CURE("127.0.0.1")},
    {"a literal, listed",        "{\"allowedDomains\": [\"10.0.0.1\"]}", "10.0.0.1", 80, ALLOWED, "network.allowedDomains[0]", "", ""},
    {"a literal in a network",   "{\"allowedDomains\": [\"10.0.0.0/8\"]}", "10.0.0.1", 80, ALLOWED, "network.allowedDomains[0]", "", ""},
    {"3A.16 v4-mapped literal",  "{\"allowedDomains\": [\"*\"], \"deniedDomains\": [\"127.0.0.1\"]}", "::ffff:127.0.0.1", 80,
                                 DENIED, "network.deniedDomains[0]", "127.0.0.1:80 is denied by network.deniedDomains[0]", NULL},
    {"3A.17 NAT64 of a denied",  "{\"allowedDomains\": [\"*\"], \"deniedDomains\": [\"9.9.9.9\"]}", "64:ff9b::9.9.9.9", 80,
                                 PROHIBITED, "network.deniedDomains[0]", NULL, "remove it from network.deniedDomains"},
    {"3A.17 6to4 of a denied",   "{\"allowedDomains\": [\"*\"], \"deniedDomains\": [\"9.9.9.0/24\"]}", "2002:909:909::1", 80,
                                 PROHIBITED, "network.deniedDomains[0]", NULL, NULL},
    {"a denied network",         "{\"allowedDomains\": [\"*\"], \"deniedAddresses\": [\"8.8.8.8\", \"9.9.9.0/24\"]}", "9.9.9.9", 80,
                                 PROHIBITED, "network.deniedAddresses[1]", "9.9.9.9:80 is denied by network.deniedAddresses[1]",
                                 "remove it from network.deniedAddresses"},
    {"3A.17 NAT64, denied network", "{\"allowedDomains\": [\"*\"], \"deniedAddresses\": [\"9.9.9.0/24\"]}", "64:ff9b::909:909", 80,
                                 PROHIBITED, "network.deniedAddresses[0]", NULL, NULL},
    {"beside a denied network",  "{\"allowedDomains\": [\"*\"], \"deniedAddresses\": [\"9.9.9.0/24\"]}", "9.9.8.9", 80, ALLOWED, NULL, "", ""},
    {"a pin allows no name",     "{\"hosts\": {\"a.test\": \"10.0.0.1\"}}", "a.test", 80, DENIED, "", NULL, NULL},
    {"an address opens no host", "{\"allowedAddresses\": [\"10.0.0.0/8\"]}", "10.0.0.1", 80, DENIED, "", NULL, NULL},
};
/* clang-format on */

static void test_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(host_rows); i++) {
        const struct host_row *row = &host_rows[i];
        fence_config *config = config_of(row->name, row->network, NULL, 0);
        struct host host = host_of(row->host);
        fence_decision d;

        memset(&d, 0xa5, sizeof d);
        rules_decide_request(
            &d, config, &(struct rules_request){&host, row->port, true, false, false, {0}, {0}});
        if (d.reason != row->reason ||
            d.verdict != (row->reason == ALLOWED ? FENCE_ALLOW : FENCE_DENY))
            fail_msg("%s: verdict %d, reason %d", row->name, (int)d.verdict, (int)d.reason);
        if (differs(d.rule, row->rule) || differs(d.message, row->message) ||
            differs(d.cure, row->cure))
            fail_msg("%s: '%s' '%s' '%s'", row->name, d.rule, d.message, d.cure);
        fence_config_unref(config);
    }
}

static void test_options(void **state)
{
    static const fence_setting extra[] = {
        {"--allow", "network.allowedDomains", "good.test"},
        {"--deny", "network.deniedDomains", "*.evil.test"},
    };
    fence_config *config = config_of("options", GOOD, extra, ARRAY_LEN(extra));
    struct host host = host_of("x.evil.test");
    fence_decision d;

    (void)state;
    rules_decide_request(&d, config,
                         &(struct rules_request){&host, 443, true, false, false, {0}, {0}});
    assert_string_equal(d.rule, "--deny *.evil.test");
    assert_string_equal(d.message, "x.evil.test:443 is denied by --deny *.evil.test");
    assert_string_equal(d.cure, "leave out --deny *.evil.test");
    fence_config_unref(config);

    config = config_of("options alone", "", extra, 1);
    host = host_of("good.test");
    rules_decide_request(&d, config,
                         &(struct rules_request){&host, 443, true, false, false, {0}, {0}});
    assert_int_equal(d.verdict, FENCE_ALLOW);
    assert_string_equal(d.rule, "--allow good.test");
    fence_config_unref(config);
}

/* A name that fits nowhere whole: the message is cut, the cure is whole or missing. */
static void test_long_names(void **state)
{
    fence_config *config = config_of("long names", "", NULL, 0);
    char name[LIMIT_HOST + 1];
    fence_decision d;

    (void)state;
    for (size_t len = 1; len <= LIMIT_HOST; len++) {
        struct host host;

        for (size_t i = 0; i < len; i++)
            name[i] = i % 50 == 49 && i + 1 < len ? '.' : 'a';
        name[len] = '\0';
        host = host_of(name);
        rules_decide_request(&d, config,
                             &(struct rules_request){&host, 65535, true, false, false, {0}, {0}});
        assert_true(strlen(d.message) < sizeof d.message - 1);
        if (len <= 70 && !strstr(d.cure, "allowedDomains"))
            fail_msg("no cure for %zu bytes", len);
        if (d.cure[0] && (strncmp(d.cure + 8, name, len) != 0 ||
                          (d.cure[8 + len] != '\0' && d.cure[strlen(d.cure) - 1] != '}')))
            fail_msg("a cut cure for %zu bytes: %s", len, d.cure);
    }
    fence_config_unref(config);
}

/* ---- addresses ---- */

#define OTHERS RULES_ADDR_OTHERS
#define OWN    RULES_ADDR_OWN
#define NAME   RULES_ADDR_NAME

struct addr_row {
    const char *name, *network, *host, *addr;
    uint16_t port;
    enum rules_addr place;
    bool allowed;
    const char *rule, *message, *cure; /* NULL: not looked at */
};

#define OPEN(rules)    "{\"allowedDomains\": [\"good.test\", " rules "]}"
#define STAR           "{\"allowedDomains\": [\"*\"]}"
#define NETS(nets)     "{\"allowedDomains\": [\"*\"], \"allowedAddresses\": [" nets "]}"
#define PIN(addr)      "{\"allowedDomains\": [\"good.test\"], \"hosts\": {\"good.test\": \"" addr "\"}}"
#define NET_CURE(addr) "\"network\": {\"allowedAddresses\": [\"" addr "\"]}"

/* clang-format off */
static const struct addr_row addr_rows[] = {
    {"public",                     GOOD, "good.test", "8.8.8.8", 443, OTHERS, true, "", "", ""},
    {"public, IPv6",               GOOD, "good.test", "2606:4700::1111", 443, OTHERS, true, "", "", ""},
    {"3A.27 loopback",             GOOD, "good.test", "127.0.0.1", 443, OTHERS, false, "built-in",
                                   "good.test resolves to 127.0.0.1, a loopback address", NET_CURE("127.0.0.1/32")},
    {"3A.27 loopback, IPv6",       GOOD, "good.test", "::1", 443, OTHERS, false, "built-in",
                                   "good.test resolves to ::1, a loopback address", NET_CURE("::1/128")},
    {"3A.26 localhost",            "{\"allowedDomains\": [\"localhost\"]}", "localhost", "127.0.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.26 localhost, opened",    "{\"allowedDomains\": [\"localhost\", \"127.0.0.1:8080\"]}", "localhost", "127.0.0.1", 8080, OTHERS, true, "", "", ""},
    {"3A.26 localhost, other port", "{\"allowedDomains\": [\"localhost\", \"127.0.0.1:8080\"]}", "localhost", "127.0.0.1", 8081, OTHERS, false, NULL, NULL, NULL},
    {"3A.26 own and opened",       "{\"allowedDomains\": [\"localhost\", \"127.0.0.1:8080\"]}", "localhost", "127.0.0.1", 8080, OWN, true, "", "", ""},
    {"3A.30 private",              GOOD, "good.test", "10.9.9.9", 443, OTHERS, false, "built-in",
                                   "good.test resolves to 10.9.9.9, a private address", NET_CURE("10.9.9.9/32")},
    {"3A.30 private by CIDR",      NETS("\"10.0.0.0/8\""), "good.test", "10.9.9.9", 443, OTHERS, true, "", "", ""},
    {"3A.30 beside the CIDR",      NETS("\"10.0.0.0/16\""), "good.test", "10.9.9.9", 443, OTHERS, false, NULL, NULL, NULL},
    {"3A.30 private by domain CIDR", OPEN("\"10.0.0.0/8\""), "good.test", "10.9.9.9", 443, OTHERS, true, "", "", ""},
    {"3A.30 '*' opens no address", STAR, "good.test", "10.9.9.9", 443, OTHERS, false, NULL, NULL, NULL},
    {"a literal by '*' alone",     STAR, "10.9.9.9", "10.9.9.9", 443, OTHERS, false, "built-in",
                                   "10.9.9.9 is a private address", NET_CURE("10.9.9.9/32")},
    {"a literal by a rule",        OPEN("\"10.9.9.9\""), "10.9.9.9", "10.9.9.9", 443, OTHERS, true, "", "", ""},
    {"a literal, IPv6",            OPEN("\"[fd12::1]\""), "fd12::1", "fd12::1", 443, OTHERS, true, "", "", ""},
    {"3A.29 own public address",   GOOD, "good.test", "8.8.8.8", 443, OWN, false, "built-in",
                                   "good.test resolves to 8.8.8.8, an address of this machine", NET_CURE("8.8.8.8/32")},
    {"3A.29 own, opened",          NETS("\"8.8.8.8\""), "good.test", "8.8.8.8", 443, OWN, true, "", "", ""},
    {"3A.29 own, '*'",             STAR, "8.8.8.8", "8.8.8.8", 443, OWN, false, NULL, "8.8.8.8 is an address of this machine", NULL},
    {"3A.15 unspecified",          STAR, "0.0.0.0", "0.0.0.0", 80, OTHERS, false, "built-in", "0.0.0.0 is the unspecified address", NULL},
    {"3A.15 unspecified, IPv6",    STAR, "::", "::", 80, OTHERS, false, "built-in", NULL, NET_CURE("::/128")},
    {"3A.15 by a network",         NETS("\"0.0.0.0/8\", \"::/0\""), "good.test", "0.0.0.0", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.15 by ::/0",              NETS("\"::/0\""), "good.test", "::", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.15 literally listed",     OPEN("\"0.0.0.0\""), "0.0.0.0", "0.0.0.0", 80, OTHERS, true, "", "", ""},
    {"3A.15 literally, IPv6",      OPEN("\"[::]:80\""), "::", "::", 80, OTHERS, true, "", "", ""},
    {"3A.15 literally, other port", OPEN("\"[::]:80\""), "::", "::", 81, OTHERS, false, NULL, NULL, NULL},
    {"3A.16 v4-compatible",        STAR, "::127.0.0.1", "::127.0.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.16 v4-mapped",            STAR, "good.test", "::ffff:127.0.0.1", 80, OTHERS, false, "built-in",
                                   "good.test resolves to 127.0.0.1, a loopback address", NULL},
    {"3A.16 SIIT",                 STAR, "good.test", "::ffff:0:127.0.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.17 NAT64",                STAR, "good.test", "64:ff9b::7f00:1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.17 NAT64 of a public one", STAR, "good.test", "64:ff9b::808:808", 80, OTHERS, true, "", "", ""},
    {"3A.17 NAT64, its IPv4 opened", NETS("\"127.0.0.0/8\""), "good.test", "64:ff9b::7f00:1", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.17 local NAT64",          STAR, "good.test", "64:ff9b:1::808:808", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.17 6to4",                 STAR, "good.test", "2002:7f00:1::", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.17 Teredo",               STAR, "good.test", "2001:0:808:808::1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.17 ISATAP",               STAR, "good.test", "2606:4700::5efe:7f00:1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 carrier NAT",          STAR, "good.test", "100.64.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 192.0.0/24",           STAR, "good.test", "192.0.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 benchmarks",           STAR, "good.test", "198.18.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 240/4",                STAR, "good.test", "240.0.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 multicast",            STAR, "good.test", "224.0.0.1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 broadcast",            STAR, "good.test", "255.255.255.255", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 fc00::/7",             STAR, "good.test", "fc00::1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 fe80::/10",            STAR, "good.test", "fe80::1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.18 fec0::/10",            STAR, "good.test", "fec0::1", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.28 metadata",             GOOD, "good.test", "169.254.169.254", 80, OTHERS, false, "built-in",
                                   "good.test resolves to 169.254.169.254, a cloud metadata address", NET_CURE("169.254.169.254/32")},
    {"3A.28 metadata by '*'",      STAR, "169.254.169.254", "169.254.169.254", 80, OTHERS, false, "built-in", NULL, NULL},
    {"3A.28 by a network",         NETS("\"169.254.0.0/16\", \"0.0.0.0/0\""), "good.test", "169.254.169.254", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 by a domain network",  OPEN("\"169.254.0.0/16\""), "169.254.169.254", "169.254.169.254", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 beside it, by a network", NETS("\"169.254.0.0/16\""), "good.test", "169.254.1.1", 80, OTHERS, true, "", "", ""},
    {"3A.28 literally",            OPEN("\"169.254.169.254:80\""), "169.254.169.254", "169.254.169.254", 80, OTHERS, true, "", "", ""},
    {"3A.28 literally, other port", OPEN("\"169.254.169.254:80\""), "169.254.169.254", "169.254.169.254", 81, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 by /32",               NETS("\"169.254.169.254/32\""), "good.test", "169.254.169.254", 80, OTHERS, true, "", "", ""},
    {"3A.28 the neighbour's /32",  NETS("\"169.254.169.253/32\""), "good.test", "169.254.169.254", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 the network address",  NETS("\"169.254.169.254/31\""), "good.test", "169.254.169.254", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 100.100.100.200",      NETS("\"100.64.0.0/10\""), "good.test", "100.100.100.200", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 168.63.129.16",        STAR, "good.test", "168.63.129.16", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 192.0.0.192",          NETS("\"192.0.0.0/24\""), "good.test", "192.0.0.192", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 fd00:ec2::254",        NETS("\"fd00::/8\""), "good.test", "fd00:ec2::254", 80, OTHERS, false, NULL, NULL, NET_CURE("fd00:ec2::254/128")},
    {"3A.28 fd20:ce::254",         NETS("\"fd00::/8\""), "good.test", "fd20:ce::254", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 fd00:c1::a9fe:a9fe",   NETS("\"fd00::/8\""), "good.test", "fd00:c1::a9fe:a9fe", 80, OTHERS, false, NULL, NULL, NULL},
    {"3A.28 NAT64 of metadata",    NETS("\"64:ff9b::/96\""), "good.test", "64:ff9b::a9fe:a9fe", 80, OTHERS, false, NULL, NULL, NULL},
    {"a pin opens its address",    PIN("10.0.0.1"), "good.test", "10.0.0.1", 80, OTHERS, true, "", "", ""},
    {"a pin opens metadata",       PIN("169.254.169.254"), "good.test", "169.254.169.254", 80, OTHERS, true, "", "", ""},
    {"a pin opens one's own",      PIN("127.0.0.1"), "good.test", "127.0.0.1", 80, OWN, true, "", "", ""},
    {"a pin opens no other one",   PIN("10.0.0.1"), "good.test", "10.0.0.2", 80, OTHERS, false, NULL, NULL, NULL},
    {"a pin is for its name",      PIN("10.0.0.1"), "x.good.test", "10.0.0.1", 80, OTHERS, false, NULL, NULL, NULL},
    {"denied wins over a pin",     "{\"deniedAddresses\": [\"10.0.0.0/8\"], \"hosts\": {\"good.test\": \"10.0.0.1\"}}", "good.test", "10.0.0.1", 80,
                                   false, false, "network.deniedAddresses[0]",
                                   "good.test resolves to 10.0.0.1, denied by network.deniedAddresses[0]",
                                   "remove it from network.deniedAddresses"},
    {"denied wins over opened",    "{\"allowedAddresses\": [\"10.0.0.1\"], \"deniedDomains\": [\"10.0.0.0/8\"]}", "good.test", "10.0.0.1", 80,
                                   false, false, "network.deniedDomains[0]", NULL, "remove it from network.deniedDomains"},
    {"a denied public address",    "{\"deniedDomains\": [\"9.9.9.9\"]}", "good.test", "9.9.9.9", 80, OTHERS, false, "network.deniedDomains[0]", NULL, NULL},
    {"denied at another port",     "{\"deniedDomains\": [\"9.9.9.9:25\"]}", "good.test", "9.9.9.9", 80, OTHERS, true, "", "", ""},
    {"3A.17 NAT64 of a denied",    "{\"deniedDomains\": [\"9.9.9.9\"]}", "good.test", "64:ff9b::909:909", 80, OTHERS, false, "network.deniedDomains[0]", NULL, NULL},
    {"a denied '*' names no address", "{\"deniedDomains\": [\"*\"]}", "good.test", "9.9.9.9", 80, OTHERS, true, "", "", ""},
    {"3G.165 stands for a name",   GOOD, "good.test", "198.18.0.1", 443, NAME, true, "", "", ""},
    {"3G.165 and is denied",       "{\"allowedDomains\": [\"good.test\"], \"deniedAddresses\": [\"198.18.0.0/15\"]}", "good.test", "198.18.0.1", 443, NAME, false, NULL, NULL, NULL},
};
/* clang-format on */

static void test_addrs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addr_rows); i++) {
        const struct addr_row *row = &addr_rows[i];
        fence_config *config = config_of(row->name, row->network, NULL, 0);
        struct host host = host_of(row->host);
        struct addr addr;
        fence_decision d;

        if (!addr_parse(&addr, str_of(row->addr)))
            fail_msg("%s: no address", row->name);
        memset(&d, 0xa5, sizeof d);
        rules_decide_addr(&d, config,
                          &(struct rules_request){&host, row->port, true, false, false, {0}, {0}},
                          &addr, row->place);
        if (d.verdict != (row->allowed ? FENCE_ALLOW : FENCE_DENY) ||
            d.reason != (row->allowed ? ALLOWED : PROHIBITED))
            fail_msg("%s: verdict %d, reason %d", row->name, (int)d.verdict, (int)d.reason);
        if (differs(d.rule, row->rule) || differs(d.message, row->message) ||
            differs(d.cure, row->cure))
            fail_msg("%s: '%s' '%s' '%s'", row->name, d.rule, d.message, d.cure);
        fence_config_unref(config);
    }
}

/* 3A.32: of a mixed answer each address is judged for itself. */
static void test_mixed_answer(void **state)
{
    static const char *const answer[] = {"8.8.8.8", "::1", "10.0.0.1", "2606:4700::1111"};
    fence_config *config = config_of("mixed", STAR, NULL, 0);
    struct host host = host_of("good.test");
    struct rules_request request = {.host = &host, .port = 443, .tunnel = true};

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        struct addr addr;
        fence_decision d;

        assert_true(addr_parse(&addr, str_of(answer[i % 4])));
        rules_decide_addr(&d, config, &request, &addr, RULES_ADDR_OTHERS);
        if ((d.verdict == FENCE_ALLOW) != (i % 4 == 0 || i % 4 == 3))
            fail_msg("%s at %zu", answer[i % 4], i);
    }
    fence_config_unref(config);
}

#define PORTS(more)                                                                                \
    "{\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [80, 5432]" more "}"

static const struct local_row {
    const char *name, *network, *host;
    uint16_t port;
    bool local;
    const char *rule; /* that denies it, "" for none; NULL: it is allowed */
} local_rows[] = {
    {"a service of this machine", PORTS(""), "127.0.0.1", 5432, true, NULL},
    {"the same over IPv6", PORTS(""), "::1", 80, true, NULL},
    {"by way of the proxy", PORTS(""), "127.0.0.1", 5432, false, ""},
    {"another port", PORTS(""), "127.0.0.1", 5433, true, ""},
    {"another machine", PORTS(""), "10.0.0.1", 5432, true, ""},
    {"its address is denied", PORTS(", \"deniedAddresses\": [\"127.0.0.0/8\"]"), "127.0.0.1", 5432,
     true, "network.deniedAddresses[0]"},
    {"its address and port are denied", PORTS(", \"deniedDomains\": [\"127.0.0.1:5432\"]"),
     "127.0.0.1", 5432, true, "network.deniedDomains[0]"},
    {"another port is denied", PORTS(", \"deniedDomains\": [\"127.0.0.1:5433\"]"), "127.0.0.1",
     5432, true, NULL},
    {"its name is denied", PORTS(", \"deniedDomains\": [\"localhost\"]"), "::1", 5432, true,
     "network.deniedDomains[0]"},
    {"its name and another port are denied", PORTS(", \"deniedDomains\": [\"localhost:80\"]"),
     "::1", 5432, true, NULL},
    {"all is denied by a rule",
     PORTS(", \"rules\": [{\"action\": \"deny\", \"host\": \"*\", \"port\": 5432}]"), "127.0.0.1",
     5432, true, "network.rules[0]"},
};

/* network.allowLocalOutboundPorts: step 4 and step 6. */
static void test_local(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(local_rows); i++) {
        const struct local_row *row = &local_rows[i];
        fence_config *config = config_of(row->name, row->network, NULL, 0);
        struct host host = host_of(row->host);
        struct rules_request request = {
            .host = &host, .port = row->port, .tunnel = true, .local = row->local};
        fence_decision d;

        rules_decide_request(&d, config, &request);
        if ((d.verdict == FENCE_ALLOW) != !row->rule)
            fail_msg("%s: verdict %d by %s", row->name, (int)d.verdict, d.rule);
        if (row->rule && differs(d.rule, row->rule))
            fail_msg("%s: by %s", row->name, d.rule);
        if (row->rule && row->local && row->rule[0] == '\0' &&
            !strstr(d.cure, "allowLocalOutboundPorts"))
            fail_msg("%s: %s", row->name, d.cure);
        rules_decide_addr(&d, config, &request, &host.addr, RULES_ADDR_OTHERS);
        if (!row->rule && d.verdict != FENCE_ALLOW)
            fail_msg("%s: its address is refused by %s", row->name, d.rule);
        if (row->rule && row->rule[0] == '\0' && d.verdict != FENCE_DENY)
            fail_msg("%s: its address is let through", row->name);
        fence_config_unref(config);
    }
}

static void test_malformed(void **state)
{
    fence_decision d;
    char text[300];

    (void)state;
    rules_refuse_malformed(&d, "write an IPv4 address as four decimal numbers");
    assert_int_equal(d.verdict, FENCE_DENY);
    assert_int_equal(d.reason, FENCE_REASON_REQUEST_MALFORMED);
    assert_string_equal(d.message, "write an IPv4 address as four decimal numbers");
    assert_string_equal(d.cure, "");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    rules_refuse_malformed(&d, text);
    assert_int_equal(strlen(d.message), sizeof d.message - 1);
}

static void test_could_allow(void **state)
{
    static const struct {
        const char *name, *network, *host;
        bool could, with_policies;
    } rows[] = {
        {"nothing is allowed", "", "a.test", false, true},
        {"a name", "{\"allowedDomains\": [\"a.test\"]}", "a.test", true, true},
        {"another", "{\"allowedDomains\": [\"a.test\"]}", "b.test", false, true},
        {"a name on a port", "{\"allowedDomains\": [\"a.test:22\"]}", "a.test", true, true},
        {"everything, and one label", "{\"allowedDomains\": [\"*\"]}", "a", true, true},
        {"an address is no name", "{\"allowedAddresses\": [\"10.0.0.0/8\"]}", "a.test", false,
         true},
        {"denied below what is allowed",
         "{\"allowedDomains\": [\"*.a.test\"], \"deniedDomains\": [\"x.a.test\"]}", "x.a.test",
         false, false},
        {"denied on one port only",
         "{\"allowedDomains\": [\"*.a.test\"], \"deniedDomains\": [\"x.a.test:22\"]}", "x.a.test",
         true, true},
        {"a rule",
         "{\"rules\": [{\"host\": \"a-*.test\", \"port\": 22, \"method\": \"GET\","
         " \"action\": \"allow\"}]}",
         "a-1.test", true, true},
        {"a rule for others", "{\"rules\": [{\"host\": \"a-*.test\", \"action\": \"allow\"}]}",
         "b-1.test", false, true},
        {"a rule that denies",
         "{\"allowedDomains\": [\"*\"], \"rules\": [{\"host\": \"*.test\", \"action\": \"deny\"}]}",
         "a.test", false, false},
        {"a rule that denies a port",
         "{\"allowedDomains\": [\"*\"], \"rules\": [{\"host\": \"*.test\", \"port\": 22, "
         "\"action\":"
         " \"deny\"}]}",
         "a.test", true, true},
        {"a rule that denies a method",
         "{\"allowedDomains\": [\"*\"], \"rules\": [{\"host\": \"*.test\", \"method\": \"PUT\","
         " \"action\": \"deny\"}]}",
         "a.test", true, true},
        {"a rule that denies a path",
         "{\"allowedDomains\": [\"*\"], \"rules\": [{\"host\": \"*.test\", \"path\": \"/x\", "
         "\"action\":"
         " \"deny\"}]}",
         "a.test", true, true},
        {"a rule that denies tunnels",
         "{\"allowedDomains\": [\"*\"], \"rules\": [{\"host\": \"*.test\", \"scheme\": \"https\","
         " \"action\": \"deny\"}]}",
         "a.test", true, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_config *config = config_of(rows[i].name, rows[i].network, NULL, 0);
        struct host host = host_of(rows[i].host);

        if (rules_could_allow(config, &host, false) != rows[i].could ||
            rules_could_allow(config, &host, true) != rows[i].with_policies)
            fail_msg("%s", rows[i].name);
        fence_config_unref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),        cmocka_unit_test(test_options),
        cmocka_unit_test(test_long_names),   cmocka_unit_test(test_addrs),
        cmocka_unit_test(test_mixed_answer), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_local),        cmocka_unit_test(test_could_allow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
