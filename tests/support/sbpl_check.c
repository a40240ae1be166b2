/* SPDX-License-Identifier: Apache-2.0
 * sbpl_check.c - what a profile may hold. Stricter than macOS where a rule would be taken there and
 * match nothing, or everything. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/str.h"
#include "support/sbpl_tree.h"

static bool fail(const struct sbpl_error *error, const struct sbpl_node *node, const char *what)
{
    return sbpl_fail(error, node->line, what, node->text[0] ? node->text : NULL);
}

static bool is_word(const struct sbpl_node *node, const char *text)
{
    return node && node->kind == SBPL_WORD && strcmp(node->text, text) == 0;
}

/* ---- texts ---- */

static bool check_path(const struct sbpl_error *error, const struct sbpl_node *node,
                       enum sbpl_match match)
{
    struct str path = str_of(node->text);

    if (path.bytes[0] != '/')
        return fail(error, node, "the path is not absolute");
    if (path.len > 1 && path.bytes[path.len - 1] == '/')
        return fail(error, node, "the path ends in a slash");
    if (strstr(path.bytes, "//") || strstr(path.bytes, "/./") || strstr(path.bytes, "/../"))
        return fail(error, node, "the path is not canonical");
    if (match != SBPL_PREFIX &&
        (str_has_suffix(path, STR("/.")) || str_has_suffix(path, STR("/.."))))
        return fail(error, node, "the path is not canonical");
    return true;
}

static bool check_address(const struct sbpl_error *error, const struct sbpl_node *node)
{
    const char *colon = strrchr(node->text, ':');
    uint64_t port;

    if (!colon)
        return fail(error, node, "an address without a port");
    if (!str_to_u64(&port, str_of(colon + 1), UINT16_MAX) && strcmp(colon, ":*") != 0)
        return fail(error, node, "the port is neither * nor a number");
    if (strncmp(node->text, "*:", 2) != 0 && strncmp(node->text, "localhost:", 10) != 0)
        return fail(error, node, "the host is neither * nor localhost");
    if (colon != strchr(node->text, ':'))
        return fail(error, node, "the port is neither * nor a number");
    return true;
}

/* ---- filters ---- */

static bool check_filter(const struct sbpl_error *error, struct sbpl_node *node, bool egress);

static bool check_endpoint(const struct sbpl_error *error, struct sbpl_node *node, bool egress)
{
    struct sbpl_node *protocol = node->child->next, *what = protocol->next;

    if (egress && is_word(node->child, "local"))
        return sbpl_fail(error, node->line, "local in a rule of network-outbound opens all of it",
                         NULL);
    if (is_word(protocol, "unix-socket")) {
        if (what && !check_filter(error, what, egress))
            return false;
        if (what && what->filter->fact != SBPL_PATH)
            return fail(error, what->child, "no filter of a socket's path");
        return true;
    }
    if (!is_word(protocol, "ip") && !is_word(protocol, "tcp") && !is_word(protocol, "udp"))
        return fail(error, protocol, "unknown protocol");
    if (what && what->kind != SBPL_STRING)
        return fail(error, node->child, "wrong kind of argument");
    return !what || check_address(error, what);
}

static bool is_among(const char *const *words, const char *text)
{
    for (; *words; words++) {
        if (strcmp(*words, text) == 0)
            return true;
    }
    return false;
}

static bool check_argument(const struct sbpl_error *error, const struct sbpl_filter *filter,
                           struct sbpl_node *node, bool egress)
{
    if (node->kind != filter->kind)
        return sbpl_fail(error, node->line, "wrong kind of argument", filter->name);
    if (node->kind == SBPL_LIST)
        return check_filter(error, node, egress);
    if (node->text[0] == '\0')
        return sbpl_fail(error, node->line, "an empty argument", filter->name);
    if (node->kind == SBPL_EXPRESSION)
        return sbpl_compile(error, node);
    if (filter->words && !is_among(filter->words, node->text))
        return fail(error, node, "unknown word");
    return filter->fact != SBPL_PATH || check_path(error, node, filter->match);
}

static bool check_filter(const struct sbpl_error *error, struct sbpl_node *node, bool egress)
{
    size_t count = 0;

    if (node->kind != SBPL_LIST || !node->child || node->child->kind != SBPL_WORD)
        return fail(error, node, "not a filter");
    node->filter = sbpl_find_filter(node->child->text);
    if (!node->filter)
        return fail(error, node->child, "unknown filter");
    for (const struct sbpl_node *at = node->child->next; at; at = at->next)
        count++;
    if (count < node->filter->least || count > node->filter->most)
        return fail(error, node->child, "wrong number of arguments");
    if (node->filter->match == SBPL_ENDPOINT)
        return check_endpoint(error, node, egress);
    for (struct sbpl_node *at = node->child->next; at; at = at->next) {
        if (!check_argument(error, node->filter, at, egress))
            return false;
    }
    return true;
}

/* ---- rules ---- */

/* All that change only what is reported. (with no-sandbox) frees the program from the profile. */
static bool check_modifier(const struct sbpl_error *error, const struct sbpl_node *node)
{
    static const char *const bare[] = {"no-log", "no-report", "report", "telemetry", NULL};
    const struct sbpl_node *name = node->child->next, *value = name ? name->next : NULL;

    if (!name || name->kind != SBPL_WORD || (value && value->next))
        return fail(error, node->child, "wrong modifier");
    if (is_among(bare, name->text) && !value)
        return true;
    if (is_word(name, "message") && value && value->kind == SBPL_STRING)
        return true;
    return fail(error, name, "unknown modifier");
}

static bool check_rule(const struct sbpl_error *error, const struct sbpl_node *rule)
{
    struct sbpl_node *at = rule->child;
    bool egress = false;

    if (!at || at->kind != SBPL_WORD)
        return fail(error, rule, "not a rule");
    if (!is_word(at, "allow") && !is_word(at, "deny"))
        return fail(error, at, "unknown form");
    at = at->next;
    if (!at || at->kind != SBPL_WORD)
        return sbpl_fail(error, rule->line, "no operation", NULL);
    for (; at && at->kind == SBPL_WORD; at = at->next) {
        if (!sbpl_is_operation(at->text))
            return fail(error, at, "unknown operation");
        egress |= sbpl_covers(at->text, "network-outbound") || is_word(at, "default");
    }
    for (; at; at = at->next) {
        bool modifier = at->kind == SBPL_LIST && is_word(at->child, "with");

        if (modifier ? !check_modifier(error, at) : !check_filter(error, at, egress))
            return false;
    }
    return true;
}

static bool is_version(const struct sbpl_node *node)
{
    const struct sbpl_node *head = node ? node->child : NULL;

    return is_word(head, "version") && is_word(head->next, "1") && !head->next->next;
}

bool sbpl_check(const struct sbpl *profile, const struct sbpl_error *error)
{
    const struct sbpl_node *first = profile->first;

    if (!is_version(first))
        return sbpl_fail(error, first ? first->line : 1, "(version 1) does not come first", NULL);
    for (const struct sbpl_node *rule = first->next; rule; rule = rule->next) {
        if (!check_rule(error, rule))
            return false;
    }
    return true;
}
