/* SPDX-License-Identifier: Apache-2.0
 * domains_rule.c - reads one domain rule: a name, names below one, an address, a network or '*'.
 *
 * Takes a rule at its word or not at all: no spaces are trimmed, no scheme or path is dropped, no
 * prefix is rounded, since a rule that means something else than it says opens or closes a door
 * that nobody meant. Knows no public suffixes: *.co.uk is what it is. */
#include "filter/domains_rule.h"

static const char STAR_PLACE[] = "'*' stands alone or as the whole first label: *.example.com";
static const char STAR_LABELS[] = "'*.' needs two labels behind it: *.example.com";
static const char STAR_ADDRESS[] =
    "'*.' stands before a name; write addresses as a network: 10.0.0.0/8";
static const char SLASH[] = "'/' belongs to a network such as 10.0.0.0/8; write a name without it";
static const char NEEDS_DOT[] = "a name needs a dot; only localhost has none";

/* ---- why not, in the words of what was meant ---- */

static bool has_scheme(struct str text)
{
    size_t colon = str_find(text, ':');

    return str_has_prefix(str_slice(text, colon, text.len), STR("://"));
}

static bool has_space(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] == ' ' || (text.bytes[i] >= '\t' && text.bytes[i] <= '\r'))
            return true;
    }
    return false;
}

static bool has_star_inside(struct str text)
{
    struct str rest = str_slice(text, 1, text.len);

    return str_find(rest, '*') < rest.len;
}

/* A rule has failed with `why`; mistakes that people make get a sentence of their own. */
static const char *explain(struct str text, const char *why)
{
    if (text.len == 0)
        return "the rule is empty";
    if (has_scheme(text))
        return "write the host without http://";
    if (has_space(text))
        return "a rule holds no spaces";
    if (has_star_inside(text))
        return STAR_PLACE;
    return why;
}

/* ---- reading ---- */

static bool has_dot(const struct host *name)
{
    return str_find(host_str(name), '.') < name->len;
}

/* "*", "*:443", "*.example.com", "*.example.com:443" */
static const char *parse_star(struct domains_rule *out, struct str text)
{
    size_t colon = str_find(text, ':');
    const char *why;

    if (str_has_prefix(text, STR("*.[")))
        return STAR_ADDRESS;
    if (str_find(text, '/') < text.len)
        return SLASH;
    if (colon < text.len) {
        why = host_parse_port(&out->port, str_slice(text, colon + 1, text.len));
        if (why)
            return why;
    }
    text.len = colon;
    if (text.len == 1) {
        out->kind = DOMAINS_ALL;
        return NULL;
    }
    if (text.bytes[1] != '.')
        return STAR_PLACE;
    if (text.len == 2)
        return STAR_LABELS;
    why = host_parse(&out->name, str_slice(text, 2, text.len));
    if (why)
        return why;
    if (out->name.is_addr)
        return STAR_ADDRESS;
    if (!has_dot(&out->name))
        return STAR_LABELS;
    out->kind = DOMAINS_BELOW;
    return NULL;
}

/* "10.0.0.0/8", "fd00::/8"; `slash` is where the '/' stands. */
static const char *parse_network(struct domains_rule *out, struct str text, size_t slash)
{
    struct str bits = str_slice(text, slash + 1, text.len);
    struct addr base;

    if (text.bytes[0] == '[')
        return "write a network without brackets: fd00::/8";
    if (!addr_parse(&base, str_slice(text, 0, slash)))
        return SLASH;
    if (str_find(bits, ':') < bits.len)
        return "a network takes no port";
    out->kind = DOMAINS_NETWORK;
    return cidr_parse(&out->network, text);
}

/* Where the ':' of a port stands, or text.len; those of IPv6 without brackets are none. */
static size_t find_port(struct str text)
{
    size_t colon = text.bytes[0] == '[' ? str_find(text, ']') + 1 : str_find(text, ':');
    struct str behind;

    if (colon >= text.len || text.bytes[colon] != ':')
        return text.len;
    behind = str_slice(text, colon + 1, text.len);
    return str_find(behind, ':') < behind.len ? text.len : colon;
}

static const char *accept_host(struct domains_rule *out)
{
    if (out->name.is_addr) {
        out->kind = DOMAINS_NETWORK;
        out->network.base = out->name.addr;
        out->network.bits = out->name.addr.family == 4 ? 32 : 128;
        return NULL;
    }
    if (!has_dot(&out->name) && !str_equal(host_str(&out->name), STR("localhost")))
        return NEEDS_DOT;
    out->kind = DOMAINS_NAME;
    return NULL;
}

/* The plain form first: it is nearly every rule of a long list. */
static const char *parse_host(struct domains_rule *out, struct str text)
{
    const char *why = host_parse(&out->name, text);
    size_t slash;

    if (!why)
        return accept_host(out);
    if (text.len == 0)
        return why;
    slash = str_find(text, '/');
    if (slash < text.len)
        return parse_network(out, text, slash);
    if (find_port(text) < text.len)
        why = host_parse_authority(&out->name, &out->port, text, 0);
    else
        why = host_parse_bare(&out->name, text);
    return why ? why : accept_host(out);
}

const char *domains_rule_parse(struct domains_rule *out, struct str text)
{
    const char *why;

    out->port = 0;
    if (text.len > 0 && text.bytes[0] == '*')
        why = parse_star(out, text);
    else
        why = parse_host(out, text);
    return why ? explain(text, why) : NULL;
}
