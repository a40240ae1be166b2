/* SPDX-License-Identifier: Apache-2.0
 * dns_answer.c - see dns_answer.h.
 *
 * A name is there or not, whatever type is asked for (RFC 8020): one that is has addresses and
 * nothing else, so that a client which asks for HTTPS, SRV or MX first goes on to them. Answers
 * without a record have no SOA, by which resolvers would remember them (RFC 2308, section 5): with
 * other rules they may be other ones. */
#include "proxy/dns_answer.h"

#include "base/base.h"
#include "filter/rules.h"

#define ROOT_END 17 /* of the question for ".": a header, no label, type and class */

static const struct addr loopback4 = {4, {127, 0, 0, 1}}, loopback6 = {6, {[15] = 1}};

enum standing {
    ABSENT,   /* no such name                        */
    DENIED,   /* the same, because no rule allows it */
    EMPTY,    /* it is there, and has no addresses   */
    LOOPBACK, /* 127.0.0.1 and ::1                   */
    LENT      /* those that stand for it inside      */
};

/* ---- names ---- */

/* Is it this name, or below it? */
static bool within(struct str name, struct str domain)
{
    size_t at = name.len - domain.len;

    return str_has_suffix(name, domain) && (at == 0 || name.bytes[at - 1] == '.');
}

static size_t count_dots(struct str name)
{
    size_t dots = 0;

    for (size_t i = 0; i < name.len; i++)
        dots += name.bytes[i] == '.';
    return dots;
}

/* Could a resolver have put a search domain behind this, which it asks for next if the whole is not
 * there? What has enough dots it asks for as it is first. */
static bool is_tried(struct str before, const struct dns_rules *rules)
{
    struct host meant;

    return count_dots(before) < rules->search->ndots && !host_parse(&meant, before) &&
           !meant.is_addr && rules_could_allow(rules->config, &meant, rules->policies);
}

enum place {
    PLACE_WORLD,
    PLACE_LOCAL, /* of one label, or below a search domain: there if a rule says so    */
    PLACE_GUESS  /* below one, and the resolver will come to what is meant if it is not */
};

/* One label below a search domain is a host of it, as far as anybody can tell; so a name below two
 * of them, as "db.a" and "db" before "example" and "a.example", is no guess. */
static enum place place_of(const struct host *name, const struct dns_rules *rules)
{
    enum place place = count_dots(host_str(name)) == 0 ? PLACE_LOCAL : PLACE_WORLD;
    bool is_host = false;

    for (size_t i = 0; i < rules->search->count; i++) {
        struct str before = search_domains_before(rules->search, i, name);

        if (before.len == 0)
            continue;
        if (within(before, STR("localhost")))
            return PLACE_GUESS;
        is_host = is_host || count_dots(before) == 0;
        if (place != PLACE_GUESS)
            place = count_dots(before) > 0 && is_tried(before, rules) ? PLACE_GUESS : PLACE_LOCAL;
    }
    return is_host ? PLACE_LOCAL : place;
}

static enum standing standing_of(const struct host *name, const struct dns_rules *rules)
{
    struct str text = host_str(name);
    enum place place;

    if (within(text, STR("localhost"))) /* RFC 6761, section 6.3 */
        return LOOPBACK;
    if (within(text, STR("in-addr.arpa")) || within(text, STR("ip6.arpa")))
        return ABSENT; /* but for whole addresses, which are no hosts */
    if (text.bytes[0] == '_')
        return EMPTY; /* RFC 8552: it would hold other records, and a client goes on without them */
    place = place_of(name, rules);
    if (place == PLACE_GUESS && domains_find(rules->config->allowed.set, text) == DOMAINS_NO_RULE)
        return ABSENT;
    if ((place != PLACE_WORLD || !rules->config->denied_names_resolve) &&
        !rules_could_allow(rules->config, name, rules->policies))
        return place == PLACE_WORLD || count_dots(text) == 0 ? DENIED : ABSENT;
    return LENT;
}

/* ---- answers ---- */

static size_t answer_addr(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                          struct inside_names *names, enum standing standing)
{
    uint8_t family = query->type == DNS_A ? 4 : 6;
    struct addr addr = family == 4 ? loopback4 : loopback6;

    if (standing == LENT && inside_names_addr(&addr, names, &query->host, family) < 0)
        return dns_write_code(out, message, query, DNS_FAILED); /* RFC 1035: "server failure" */
    return dns_write_addr(out, message, query, &addr, LIMIT_INSIDE_TTL_S);
}

static size_t answer_name(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                          struct inside_names *names, const struct dns_rules *rules,
                          struct host *denied)
{
    enum standing standing = standing_of(&query->host, rules);

    switch (standing) {
    case DENIED:
        *denied = query->host;
        return dns_write_code(out, message, query, DNS_NO_NAME);
    case ABSENT:
        return dns_write_code(out, message, query, DNS_NO_NAME);
    case EMPTY:
        break;
    case LOOPBACK:
    case LENT:
        if (query->type == DNS_A || query->type == DNS_AAAA)
            return answer_addr(out, message, query, names, standing);
        break;
    }
    return dns_write_code(out, message, query, DNS_NO_ERROR);
}

static size_t answer_reverse(char out[DNS_ANSWER], const void *message,
                             const struct dns_query *query, const struct inside_names *names)
{
    struct host host;
    struct str name = STR("localhost");

    if (addr_classify(&query->addr) != ADDR_LOOPBACK) {
        if (inside_names_find(&host, names, &query->addr) != INSIDE_NAME)
            return dns_write_code(out, message, query, DNS_NO_NAME);
        name = host_str(&host);
    }
    if (query->type != DNS_PTR)
        return dns_write_code(out, message, query, DNS_NO_ERROR);
    return dns_write_name(out, message, query, name, LIMIT_INSIDE_TTL_S);
}

size_t dns_answer(char out[DNS_ANSWER], const void *message, size_t len, struct inside_names *names,
                  const struct dns_rules *rules, struct host *denied)
{
    struct dns_query query;

    denied->len = 0;
    switch (dns_read(&query, message, len)) {
    case DNS_NO_ANSWER:
        return 0;
    case DNS_MALFORMED:
        return dns_write_code(out, message, &query, DNS_FORMAT);
    case DNS_OTHER_KIND:
        return dns_write_code(out, message, &query, DNS_NOT_BUILT);
    case DNS_QUESTION:
        break;
    }
    if (query.is_reverse)
        return answer_reverse(out, message, &query, names);
    if (query.is_host)
        return answer_name(out, message, &query, names, rules, denied);
    /* The root is there. What is no host could never be connected to: an address, a byte that no
     * host name has. */
    return dns_write_code(out, message, &query,
                          query.question_end == ROOT_END ? DNS_NO_ERROR : DNS_NO_NAME);
}
