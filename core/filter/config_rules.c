/* SPDX-License-Identifier: Apache-2.0
 * config_rules.c - the conditions of network.rules: checked, then set. Knows neither JSON nor
 * files. What no request could ever meet is refused, since it is a mistake. */
#include <errno.h>

#include "filter/config_build.h"
#include "filter/glob.h"
#include "filter/url_path.h"

static int refuse(const char **why, const char *text)
{
    *why = text;
    return -EINVAL;
}

static int keep(char **out, struct str text)
{
    *out = strndup(text.bytes, text.len);
    return *out ? 0 : -ENOMEM;
}

/* ---- host ---- */

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || ascii_digit(c) || c == '-' || c == '_' || c == '.' ||
           c == '*' || c == '?';
}

/* Could the last label be the end of an IPv4 address? */
static bool ends_like_address(struct str glob)
{
    size_t at = glob.len;

    while (at > 0 && glob.bytes[at - 1] != '.') {
        at--;
        if (!ascii_digit(glob.bytes[at]) && glob.bytes[at] != '*' && glob.bytes[at] != '?')
            return false;
    }
    return true;
}

static int set_host_glob(struct request_rule *rule, struct str text, const char **why)
{
    char lower[LIMIT_GLOB];

    if (text.len > LIMIT_GLOB)
        return refuse(why, "the pattern is longer than any host");
    for (size_t i = 0; i < text.len; i++) {
        lower[i] = ascii_lower(text.bytes[i]);
        if (!is_host_byte(lower[i]))
            return refuse(why, "a pattern of hosts holds letters, digits, '-', '_', '.', '*' and "
                               "'?' only");
    }
    if (ends_like_address(text))
        return refuse(why, "end a pattern with letters; write addresses as a network: 10.0.0.0/8");
    rule->host_kind = HOST_GLOB;
    return keep(&rule->host_glob, (struct str){lower, text.len});
}

int config_rule_host(struct request_rule *rule, struct str text, const char **why)
{
    const char *refusal = domains_rule_parse(&rule->host, text);

    rule->host_kind = HOST_RULE;
    if (!refusal && rule->host.port > 0)
        return refuse(why, "write the port as \"port\", not behind the host");
    if (!refusal)
        return 0;
    if (glob_is_pattern(text) && str_find(text, '/') == text.len)
        return set_host_glob(rule, text, why);
    return refuse(why, refusal);
}

/* ---- ports ---- */

static int add_ports(struct request_rule *rule, struct port_range range, const char **why)
{
    struct port_range *ports;

    if (rule->nports >= LIMIT_RULE_VALUES)
        return refuse(why, "has more than 64 ports: write ranges");
    ports = config_grow(rule->ports, rule->nports, sizeof *ports);
    if (!ports)
        return -ENOMEM;
    rule->ports = ports;
    ports[rule->nports++] = range;
    return 0;
}

int config_rule_port(struct request_rule *rule, double number, const char **why)
{
    uint16_t port;

    if (!(number >= 1 && number <= UINT16_MAX) || number != (uint16_t)number)
        return refuse(why, "a port is a whole number from 1 to 65535");
    port = (uint16_t)number;
    return add_ports(rule, (struct port_range){port, port}, why);
}

int config_rule_ports(struct request_rule *rule, struct str text, const char **why)
{
    size_t dash = str_find(text, '-');
    struct port_range range;

    if (dash == text.len)
        return refuse(why, "a single port is a number, without quotes");
    *why = host_parse_port(&range.first, str_slice(text, 0, dash));
    if (!*why)
        *why = host_parse_port(&range.last, str_slice(text, dash + 1, text.len));
    if (*why)
        return -EINVAL;
    if (range.first > range.last)
        return refuse(why, "the range ends before it begins");
    return add_ports(rule, range, why);
}

/* ---- the request ---- */

int config_rule_scheme(struct request_rule *rule, struct str text, const char **why)
{
    if (str_equal(text, STR("http")))
        rule->scheme = SCHEME_HTTP;
    else if (str_equal(text, STR("https")))
        rule->scheme = SCHEME_HTTPS;
    else
        return refuse(why, "must be \"http\" (a request that fence reads) or \"https\" (a tunnel)");
    return 0;
}

static bool is_method(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.bytes[i];

        if (!(c >= 'A' && c <= 'Z') && !ascii_digit(c) && c != '-' && c != '_')
            return false;
    }
    return text.len > 0 && text.len <= LIMIT_HTTP_METHOD;
}

int config_rule_method(struct request_rule *rule, struct str text, const char **why)
{
    char *methods;

    if (!is_method(text))
        return refuse(why, "a method is a word of capital letters, such as GET");
    if (str_equal(text, STR("CONNECT")))
        return refuse(why, "tunnels have no method: write \"scheme\": \"https\"");
    if (rule->methods_len >= LIMIT_RULE_VALUES * sizeof "OPTIONS")
        return refuse(why, "has too many methods");
    methods = realloc(rule->methods, rule->methods_len + text.len + 1);
    if (!methods)
        return -ENOMEM;
    rule->methods = methods;
    memcpy(methods + rule->methods_len, text.bytes, text.len);
    methods[rule->methods_len + text.len] = '\0';
    rule->methods_len += text.len + 1;
    return 0;
}

/* Every reading of a request's path is plain; a pattern that is not would match none of them. */
static bool is_plain_path(struct str text)
{
    char read[LIMIT_GLOB];

    for (int reading = 0; reading < URL_PATH_READINGS; reading++) {
        size_t len = url_path_read(read, text, (enum url_path_reading)reading);

        if (!str_equal((struct str){read, len}, text))
            return false;
    }
    return str_find(text, '%') == text.len && str_find(text, '#') == text.len;
}

int config_rule_path(struct request_rule *rule, struct str text, const char **why)
{
    if (text.len == 0 || text.bytes[0] != '/')
        return refuse(why, "a path begins with '/'");
    if (text.len > LIMIT_GLOB)
        return refuse(why, "a path has at most 256 bytes");
    if (!is_plain_path(text))
        return refuse(why, "write a path as servers read it: no '%', '#', ';', '\\', '//', '.' or "
                           "'..' in it");
    return keep(&rule->path, text);
}

int config_rule_message(struct request_rule *rule, struct str text, const char **why)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] < ' ' || text.bytes[i] > '~')
            return refuse(why, "a message is one line of printable ASCII");
    }
    if (text.len == 0 || text.len >= sizeof((fence_decision *)0)->message)
        return refuse(why, "a message has 1 to 199 bytes");
    return keep(&rule->message, text);
}

int config_rule_check(const struct request_rule *rule, const char **why)
{
    if (rule->scheme == SCHEME_HTTPS && (rule->methods || rule->path))
        return refuse(why,
                      "method and path of a tunnel cannot be seen: write \"scheme\": \"http\"");
    if (rule->allows && rule->message)
        return refuse(why, "a message is for those who are refused: remove it");
    return 0;
}
