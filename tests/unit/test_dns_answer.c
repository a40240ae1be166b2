/* SPDX-License-Identifier: Apache-2.0
 * test_dns_answer.c - what each kind of name is answered, by every type that clients ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/dns_answer.h"
#include "support/dns_wire.h"
#include "support/guard.h"

enum {
    A = 1,
    NS = 2,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    SVCB = 64,
    HTTPS,
    ANY = 255
};

#define SEARCH "search corp.example lab.corp.example\n"
#define K8S    "search a.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
#define STAR   "\"allowedDomains\": [\"*\"]"
#define NX     "\"deniedDns\": \"nxdomain\""
#define ALLOW  "\"allowedDomains\": "

static const struct {
    const char *name, *network, *resolv, *question;
    unsigned type;
    bool policies;
    const char *answer;
} rows[] = {
    {"A", "", "", "good.test", A, false, "30 198.18.0.1"},
    {"AAAA", "", "", "good.test", AAAA, false, "30 fdfe:ce0::1"},
    {"in capitals", "", "", "GOOD.Test", A, false, "30 198.18.0.1"},
    {"an international name", "", "", "xn--bcher-kva.test", A, false, "30 198.18.0.1"},
    {"HTTPS", "", "", "good.test", HTTPS, false, "nothing"},
    {"SVCB", "", "", "good.test", SVCB, false, "nothing"},
    {"MX", "", "", "good.test", MX, false, "nothing"},
    {"TXT", "", "", "good.test", TXT, false, "nothing"},
    {"SRV", "", "", "good.test", SRV, false, "nothing"},
    {"NS", "", "", "good.test", NS, false, "nothing"},
    {"SOA", "", "", "good.test", SOA, false, "nothing"},
    {"ANY", "", "", "good.test", ANY, false, "nothing"},
    {"PTR of a name that is no address", "", "", "good.test", PTR, false, "nothing"},
    {"a type that nobody knows", "", "", "good.test", 65280, false, "nothing"},

    {"localhost", "", "", "localhost", A, false, "30 127.0.0.1"},
    {"localhost, AAAA", "", "", "LocalHost", AAAA, false, "30 ::1"},
    {"localhost, MX", "", "", "localhost", MX, false, "nothing"},
    {"below localhost", "", "", "a.b.localhost", A, false, "30 127.0.0.1"},
    {"localhost, denied", "\"deniedDomains\": [\"localhost\"], " NX, "", "localhost", A, false,
     "30 127.0.0.1"},
    {"a name that ends alike", STAR, "", "notlocalhost", A, false, "30 198.18.0.1"},
    {"localhost below something", "", "", "localhost.test", A, false, "30 198.18.0.1"},

    {"PTR of 127.0.0.1", "", "", "1.0.0.127.in-addr.arpa", PTR, false, "30 localhost"},
    {"PTR of 127.9.9.9", "", "", "9.9.9.127.IN-ADDR.arpa", PTR, false, "30 localhost"},
    {"PTR of ::1", "", "",
     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", PTR, false,
     "30 localhost"},
    {"PTR of an address that nobody has been given", "", "", "9.0.18.198.in-addr.arpa", PTR, false,
     "NXDOMAIN"},
    {"PTR of an address of the world", "", "", "8.8.8.8.in-addr.arpa", PTR, false, "NXDOMAIN"},
    {"PTR of the sandbox's own", "", "", "254.255.19.198.in-addr.arpa", PTR, false, "NXDOMAIN"},
    {"TXT of 127.0.0.1", "", "", "1.0.0.127.in-addr.arpa", TXT, false, "nothing"},
    {"A of 127.0.0.1", "", "", "1.0.0.127.in-addr.arpa", A, false, "nothing"},
    {"a part of an address", STAR, "", "18.198.in-addr.arpa", A, false, "NXDOMAIN"},
    {"services of a network", STAR, "", "b._dns-sd._udp.0.1.168.192.in-addr.arpa", PTR, false,
     "NXDOMAIN"},
    {"a part of an address of IPv6", STAR, "", "8.b.d.0.ip6.arpa", PTR, false, "NXDOMAIN"},
    {"a home's network is no address", "", "", "router.home.arpa", A, false, "30 198.18.0.1"},

    {"a service", "", "", "_xmpp._tcp.good.test", SRV, false, "nothing"},
    {"a service, A", "", "", "_xmpp._tcp.good.test", A, false, "nothing"},
    {"_dmarc", "", "", "_dmarc.good.test", TXT, false, "nothing"},
    {"the resolver's own", "", "", "_dns.resolver.arpa", SVCB, false, "nothing"},
    {"an underscore elsewhere", "", "", "my_host.good.test", A, false, "30 198.18.0.1"},
    {"the root", "", "", "", NS, false, "nothing"},
    {"a name that is an address", STAR, "", "127.0.0.1", A, false, "NXDOMAIN"},
    {"a name that is a number", STAR, "", "2130706433", A, false, "NXDOMAIN"},
    {"a name with a blank", STAR, "", "my printer.test", SRV, false, "NXDOMAIN"},
    {"a name with a dash at its end", STAR, "", "a-.test", A, false, "NXDOMAIN"},

    {"one label", "", "", "foo", A, false, "NXDOMAIN"},
    {"one label, HTTPS", "", "", "foo", HTTPS, false, "NXDOMAIN"},
    {"one label that everything allows", STAR, "", "foo", A, false, "30 198.18.0.1"},
    {"one label that a rule allows", "\"rules\": [{\"host\": \"fo*\", \"action\": \"allow\"}]", "",
     "foo", AAAA, false, "30 fdfe:ce0::1"},
    {"one label that a policy may allow", "", "", "foo", A, true, "30 198.18.0.1"},
    {"one label that is denied", "\"rules\": [{\"host\": \"fo*\", \"action\": \"deny\"}]", "",
     "foo", A, true, "NXDOMAIN"},

    {"below a search domain", "", SEARCH, "good.test.corp.example", A, false, "NXDOMAIN"},
    {"below a search domain, TXT", "", SEARCH, "good.test.corp.example", TXT, false, "NXDOMAIN"},
    {"below the second one", "", SEARCH, "x.lab.corp.example", A, false, "NXDOMAIN"},
    {"a search domain itself", "", SEARCH, "corp.example", A, false, "30 198.18.0.1"},
    {"a name that ends like one", "", SEARCH, "xcorp.example", A, false, "30 198.18.0.1"},
    {"below it, and allowed", ALLOW "[\"wiki.corp.example\"]", SEARCH, "wiki.corp.example", A,
     false, "30 198.18.0.1"},
    {"below it, and allowed on a port", ALLOW "[\"wiki.corp.example:443\"]", SEARCH,
     "wiki.corp.example", A, false, "30 198.18.0.1"},
    {"below it, and another one allowed", ALLOW "[\"wiki.corp.example\"]", SEARCH,
     "www.corp.example", A, false, "NXDOMAIN"},
    {"below it, by a wildcard", ALLOW "[\"*.corp.example\"]", SEARCH, "www.corp.example", A, false,
     "30 198.18.0.1"},
    {"below it, and denied", ALLOW "[\"*.corp.example\"], \"deniedDomains\": [\"x.corp.example\"]",
     SEARCH, "x.corp.example", A, true, "NXDOMAIN"},
    {"below it, and a policy may allow it", "", SEARCH, "www.corp.example", A, true,
     "30 198.18.0.1"},
    {"below it, and everything is allowed", STAR, SEARCH, "www.corp.example", A, false,
     "30 198.18.0.1"},
    {"a service below it", "", SEARCH, "_ldap._tcp.corp.example", SRV, false, "nothing"},
    {"with enough dots no guess", STAR, SEARCH, "x.dev.corp.example", A, false, "30 198.18.0.1"},
    {"localhost with a search domain", STAR, SEARCH, "localhost.corp.example", A, false,
     "NXDOMAIN"},
    {"below localhost with a search domain", STAR, SEARCH, "a.localhost.corp.example", A, false,
     "NXDOMAIN"},

    {"ndots: a guess of a name that is allowed", STAR, K8S, "good.test.svc.cluster.local", A, false,
     "NXDOMAIN"},
    {"ndots: the same, AAAA", STAR, K8S, "good.test.svc.cluster.local", AAAA, false, "NXDOMAIN"},
    {"ndots: the name itself", STAR, K8S, "good.test", A, false, "30 198.18.0.1"},
    {"ndots: allowed by names", ALLOW "[\"good.test\", \"*.cluster.local\"]", K8S,
     "good.test.cluster.local", A, false, "NXDOMAIN"},
    {"ndots: a name of the domain", ALLOW "[\"good.test\", \"*.cluster.local\"]", K8S,
     "db.prod.svc.cluster.local", A, false, "30 198.18.0.1"},
    {"ndots: what a policy may allow", "", K8S, "good.test.svc.cluster.local", A, true, "NXDOMAIN"},
    {"ndots: allowed by this very name", ALLOW "[\"*\", \"db.prod.svc.cluster.local\"]", K8S,
     "db.prod.svc.cluster.local", A, false, "30 198.18.0.1"},
    {"ndots: one label", STAR, K8S, "db.a.svc.cluster.local", A, false, "30 198.18.0.1"},
    {"ndots: a guess below two of them", STAR, K8S, "good.test.a.svc.cluster.local", A, false,
     "NXDOMAIN"},
    {"ndots: one label of the last", STAR, K8S, "db.cluster.local", A, false, "30 198.18.0.1"},
    {"ndots: enough dots", STAR, K8S, "a.b.c.d.e.f.cluster.local", A, false, "30 198.18.0.1"},

    {"nothing allows it", "", "", "evil.test", A, false, "30 198.18.0.1"},
    {"it is denied", "\"deniedDomains\": [\"evil.test\"]", "", "evil.test", A, false,
     "30 198.18.0.1"},
    {"nxdomain: nothing allows it", NX, "", "evil.test", A, false, "NXDOMAIN"},
    {"nxdomain: nothing allows it, MX", NX, "", "evil.test", MX, false, "NXDOMAIN"},
    {"nxdomain: allowed", NX ", " ALLOW "[\"good.test\"]", "", "good.test", A, false,
     "30 198.18.0.1"},
    {"nxdomain: allowed on a port", NX ", " ALLOW "[\"good.test:22\"]", "", "good.test", A, false,
     "30 198.18.0.1"},
    {"nxdomain: denied", NX ", " STAR ", \"deniedDomains\": [\"evil.test\"]", "", "evil.test", A,
     true, "NXDOMAIN"},
    {"nxdomain: denied on a port", NX ", " STAR ", \"deniedDomains\": [\"evil.test:22\"]", "",
     "evil.test", A, false, "30 198.18.0.1"},
    {"nxdomain: a policy may allow it", NX, "", "evil.test", A, true, "30 198.18.0.1"},
    {"nxdomain: a service", NX, "", "_dmarc.evil.test", TXT, false, "nothing"},
};

static fence_config *config_of(const char *network)
{
    fence_config *config = NULL;
    fence_error err = {0};
    char json[512];
    int len = snprintf(json, sizeof json, "{\"network\": {%s}}", network);

    if (fence_config_parse(&config, "x", json, (size_t)len, NULL, 0, &err) != 0)
        fail_msg("%s: %s", network, err.message);
    return config;
}

struct service { /* what dns_answer() wants */
    fence_config *config;
    struct search_domains search;
    struct inside_names *names;
    struct dns_rules rules;
    struct host denied; /* by the last answer */
};

static void open_service(struct service *s, const char *network, const char *resolv, bool policies)
{
    s->config = config_of(network);
    s->names = inside_names_new();
    search_domains_parse(&s->search, str_of(resolv));
    s->rules = (struct dns_rules){s->config, policies, &s->search};
}

static void close_service(struct service *s)
{
    inside_names_free(s->names);
    fence_config_unref(s->config);
}

/* The message and the answer end where a page begins that nobody may touch. */
static size_t ask(struct service *s, char out[DNS_ANSWER], const char *message, size_t len)
{
    char *copy = guard_copy(message, len), room[DNS_ANSWER] = {0};
    char *answer = guard_copy(room, DNS_ANSWER);
    size_t answer_len = dns_answer(answer, copy, len, s->names, &s->rules, &s->denied);

    assert_true(answer_len <= 512);
    memcpy(out, answer, answer_len);
    guard_free(copy, len);
    guard_free(answer, DNS_ANSWER);
    return answer_len;
}

static void ask_name(struct service *s, char shown[DNS_WIRE_SHOWN], const char *name, unsigned type)
{
    char question[DNS_WIRE_QUESTION], answer[DNS_ANSWER];
    size_t asked = dns_wire_ask(question, 77, name, type);
    size_t len = ask(s, answer, question, asked);

    if (len > 0)
        assert_int_equal(dns_wire_id(answer), 77);
    dns_wire_show(shown, answer, len, asked);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char shown[DNS_WIRE_SHOWN];
        struct service s;

        open_service(&s, rows[i].network, rows[i].resolv, rows[i].policies);
        ask_name(&s, shown, rows[i].question, rows[i].type);
        if (strcmp(shown, rows[i].answer) != 0)
            fail_msg("%s: %s", rows[i].name, shown);
        close_service(&s);
    }
}

/* Whoever asks for it is told nothing more: others have to be. */
static void test_denied(void **state)
{
    static const struct {
        const char *name, *network, *question;
        unsigned type;
        const char *denied;
    } asked[] = {
        {"no rule allows it", NX, "Evil.test", A, "evil.test"},
        {"another type", NX, "evil.test", TXT, "evil.test"},
        {"allowed", NX ", " ALLOW "[\"good.test\"]", "good.test", A, ""},
        {"its connections are refused", "", "evil.test", A, ""},
        {"of one label", "", "intranet", A, "intranet"},
        {"below the machine's search domain", "", "evil.corp.test", A, ""},
        {"no address", NX, "1.0.0.127.in-addr.arpa", PTR, ""},
        {"localhost", NX, "localhost", A, ""},
        {"the root", NX, ".", A, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        char shown[DNS_WIRE_SHOWN];
        struct service s;

        open_service(&s, asked[i].network, "search corp.test\n", false);
        ask_name(&s, shown, asked[i].question, asked[i].type);
        if (!str_equal(host_str(&s.denied), str_of(asked[i].denied)))
            fail_msg("%s: %.*s", asked[i].name, s.denied.len, s.denied.text);
        close_service(&s);
    }
}

/* What is no ordinary question. */
static void test_messages(void **state)
{
#define B(s) s, sizeof(s) - 1
    static const struct {
        const char *name, *bytes;
        size_t len;
        const char *answer;
    } messages[] = {
        {"nothing", B(""), ""},
        {"half a header", B("\1\2\1\0\0\1"), ""},
        {"a header alone", B("\1\2\1\0\0\1\0\0\0\0\0\0"), "FORMERR"},
        {"an answer", B("\1\2\x81\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), ""},
        {"two questions", B("\1\2\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1\1b\0\0\1\0\1"), "FORMERR"},
        {"a pointer to itself", B("\1\2\1\0\0\1\0\0\0\0\0\0\1a\300\16\0\1\0\1"), "FORMERR"},
        {"class CHAOS", B("\1\2\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\20\0\3"), "NOTIMP"},
        {"an update", B("\1\2\x28\0\0\1\0\0\0\0\0\0\4good\4test\0\0\6\0\1"), "NOTIMP"},
        {"EDNS behind it",
         B("\1\2\1\0\0\1\0\0\0\0\0\1\4good\4test\0\0\1\0\1\0\0\51\4\320\0\0\0\0\0\0"),
         "30 198.18.0.1"},
        {"a label with a dot in it", B("\1\2\1\0\0\1\0\0\0\0\0\0\11good.test\0\0\1\0\1"),
         "NXDOMAIN"},
        {"a label with a NUL in it", B("\1\2\1\0\0\1\0\0\0\0\0\0\5go\0od\4test\0\0\1\0\1"),
         "NXDOMAIN"},
    };
    struct service s;

    (void)state;
    open_service(&s, STAR, "", false);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        char shown[DNS_WIRE_SHOWN], answer[DNS_ANSWER];
        size_t len = ask(&s, answer, messages[i].bytes, messages[i].len);

        dns_wire_show(shown, answer, len, 27); /* of good.test */
        if (strcmp(shown, messages[i].answer) != 0)
            fail_msg("%s: %s", messages[i].name, shown);
    }
    close_service(&s);
}

static void test_reverse(void **state)
{
    char shown[DNS_WIRE_SHOWN];
    struct service s;

    (void)state;
    open_service(&s, "", "", false);
    ask_name(&s, shown, "a.test", A);
    ask_name(&s, shown, "Good.test", A);
    assert_string_equal(shown, "30 198.18.0.2");
    ask_name(&s, shown, "good.TEST", AAAA);
    assert_string_equal(shown, "30 fdfe:ce0::2");
    ask_name(&s, shown, "2.0.18.198.in-addr.arpa", PTR);
    assert_string_equal(shown, "30 good.test");
    ask_name(&s, shown, "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.c.0.e.f.d.f.ip6.arpa",
             PTR);
    assert_string_equal(shown, "30 good.test");
    ask_name(&s, shown, "2.0.18.198.in-addr.arpa", ANY);
    assert_string_equal(shown, "nothing");
    ask_name(&s, shown, "3.0.18.198.in-addr.arpa", PTR);
    assert_string_equal(shown, "NXDOMAIN");
    close_service(&s);
}

/* The longest name, asked for by its address: no answer is cut. */
static void test_longest(void **state)
{
    char name[LIMIT_HOST + 1], shown[DNS_WIRE_SHOWN];
    struct service s;

    (void)state;
    for (size_t i = 0; i < LIMIT_HOST; i++)
        name[i] = i % 64 == 63 ? '.' : 'a';
    name[LIMIT_HOST] = '\0';
    open_service(&s, "", "", false);
    ask_name(&s, shown, name, AAAA);
    assert_string_equal(shown, "30 fdfe:ce0::1");
    ask_name(&s, shown, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.c.0.e.f.d.f.ip6.arpa",
             PTR);
    assert_string_equal(shown + 3, name);
    close_service(&s);
}

/* Data in labels leads nowhere: each is a name of the table, which forgets, and no more. */
static void test_tunnel(void **state)
{
    char name[64], shown[DNS_WIRE_SHOWN], first[DNS_WIRE_SHOWN];
    char question[DNS_WIRE_QUESTION], answer[DNS_ANSWER];
    struct service s;

    (void)state;
    open_service(&s, ALLOW "[\"*.good.test\"]", "", false);
    ask_name(&s, first, "first.good.test", A);
    for (unsigned i = 0; i < 2 * LIMIT_INSIDE_NAMES; i++) {
        size_t asked, len;

        snprintf(name, sizeof name, "%08x-secret-%08x.good.test", i, ~i);
        asked = dns_wire_ask(question, i & 0xffff, name, A);
        len = dns_answer(answer, question, asked, s.names, &s.rules, &s.denied);
        dns_wire_show(shown, answer, len, asked);
        assert_memory_equal(shown, "30 198.18.", 10);
    }
    ask_name(&s, shown, name, TXT);
    assert_string_equal(shown, "nothing");
    ask_name(&s, shown, "1.0.18.198.in-addr.arpa", PTR);
    assert_string_equal(shown, "NXDOMAIN");
    ask_name(&s, shown, "first.good.test", A);
    assert_string_not_equal(shown, first);
    close_service(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_denied),
        cmocka_unit_test(test_messages), cmocka_unit_test(test_reverse),
        cmocka_unit_test(test_longest),  cmocka_unit_test(test_tunnel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
