/* SPDX-License-Identifier: Apache-2.0
 * sbpl_judge.c - what a profile that was found in order decides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/str.h"
#include "support/sbpl.h"
#include "support/sbpl_tree.h"

/* ---- one argument ---- */

/* Both without a slash at the end. */
static bool is_below(struct str path, struct str folder)
{
    return str_has_prefix(path, folder) &&
           (path.len == folder.len || path.bytes[folder.len] == '/' || folder.len == 1);
}

/* All that one of us starts is in the same sandbox. */
static bool is_target(const char *rule, const char *asked)
{
    if (strcmp(rule, "same-sandbox") == 0)
        return strcmp(asked, "others") != 0;
    return strcmp(rule, asked) == 0;
}

static bool matches_text(enum sbpl_match match, const struct sbpl_node *node, const char *asked)
{
    struct str rule = str_of(node->text), text = str_of(asked);

    switch (match) {
    case SBPL_EQUAL:
        return str_equal(text, rule);
    case SBPL_BELOW:
        return is_below(text, rule);
    case SBPL_ABOVE:
        return is_below(rule, text) && !str_equal(text, rule);
    case SBPL_PREFIX:
        return str_has_prefix(text, rule);
    case SBPL_REGEX:
        return regexec(node->regex, asked, 0, NULL, 0) == 0;
    case SBPL_PROCESS:
        return is_target(node->text, asked);
    default:
        return false;
    }
}

static bool is_this_machine(struct str host)
{
    return str_equal(host, STR("localhost")) || str_equal(host, STR("127.0.0.1")) ||
           str_equal(host, STR("::1")) || str_equal(host, STR("[::1]"));
}

/* Of the near end "localhost" is every address of the machine. */
static bool matches_address(const char *rule, const char *asked, bool near)
{
    const char *rule_port = strrchr(rule, ':'), *port = strrchr(asked, ':');

    if (strcmp(rule_port, ":*") != 0 && strcmp(rule_port, port) != 0)
        return false;
    return rule[0] == '*' || near || is_this_machine((struct str){asked, (size_t)(port - asked)});
}

/* ---- one filter ---- */

static bool matches(const struct sbpl_node *node, const struct sbpl_question *question);

static bool matches_endpoint(const struct sbpl_node *node, const struct sbpl_question *question)
{
    const struct sbpl_node *protocol = node->child->next, *what = protocol->next;
    bool outbound = strcmp(question->operation, "network-outbound") == 0;

    if (outbound != (strcmp(node->filter->name, "remote") == 0))
        return false;
    if (strcmp(protocol->text, "unix-socket") == 0)
        return question->path && (!what || matches(what, question));
    return question->address &&
           (!what || matches_address(what->text, question->address, !outbound));
}

static bool matches_all(const struct sbpl_node *first, const struct sbpl_question *question)
{
    for (; first; first = first->next) {
        if (!matches(first, question))
            return false;
    }
    return true;
}

static bool matches_any(const struct sbpl_node *first, const struct sbpl_question *question)
{
    for (; first; first = first->next) {
        if (matches(first, question))
            return true;
    }
    return false;
}

static const char *find_fact(enum sbpl_fact fact, const struct sbpl_question *question)
{
    switch (fact) {
    case SBPL_PATH:
        return question->path;
    case SBPL_NAME:
        return question->name;
    case SBPL_TARGET:
        return question->target;
    default:
        return NULL;
    }
}

static bool matches_fact(const struct sbpl_node *node, const struct sbpl_question *question)
{
    const char *fact = find_fact(node->filter->fact, question);

    for (const struct sbpl_node *at = node->child->next; fact && at; at = at->next) {
        if (matches_text(node->filter->match, at, fact))
            return true;
    }
    return false;
}

/* As deep as the reader lets lists stand in one another. */
static bool matches(const struct sbpl_node *node, const struct sbpl_question *question)
{
    const char *about = node->filter->about;

    if (strncmp(question->operation, about, strlen(about)) != 0)
        return false;
    switch (node->filter->match) {
    case SBPL_ALL:
        return matches_all(node->child->next, question);
    case SBPL_ANY:
        return matches_any(node->child->next, question);
    case SBPL_NOT:
        return !matches(node->child->next, question);
    case SBPL_ENDPOINT:
        return matches_endpoint(node, question);
    default:
        return matches_fact(node, question);
    }
}

/* ---- rules ---- */

/* Without a filter it is about everything; a modifier is none. */
static bool rule_matches(const struct sbpl_node *rule, const struct sbpl_question *question)
{
    bool bounded = false;

    for (const struct sbpl_node *at = rule->child; at; at = at->next) {
        if (at->filter && matches(at, question))
            return true;
        bounded |= at->filter != NULL;
    }
    return !bounded;
}

static bool names(const struct sbpl_node *rule, const char *operation)
{
    const struct sbpl_node *at = rule->child->next;

    for (; at && at->kind == SBPL_WORD; at = at->next) {
        if (sbpl_covers(at->text, operation))
            return true;
    }
    return false;
}

static bool is_target_name(const char *target)
{
    const char *const *known = sbpl_find_filter("target")->words;

    while (*known && strcmp(*known, target) != 0)
        known++;
    return *known != NULL;
}

static void require_question(const struct sbpl_question *question)
{
    const char *operation = question->operation;

    if (sbpl_is_operation(operation) && !strchr(operation, '*') &&
        strcmp(operation, "default") != 0 &&
        (!question->address || strchr(question->address, ':')) &&
        (!question->target || is_target_name(question->target)))
        return;
    fprintf(stderr, "no question to a profile: %s\n", operation);
    abort();
}

bool sbpl_allows(const struct sbpl *profile, const struct sbpl_question *question, unsigned *line)
{
    const struct sbpl_node *last = NULL, *otherwise = NULL;

    require_question(question);
    for (const struct sbpl_node *rule = profile->first->next; rule; rule = rule->next) {
        if (names(rule, question->operation))
            last = rule_matches(rule, question) ? rule : last;
        else if (names(rule, "default"))
            otherwise = rule_matches(rule, question) ? rule : otherwise;
    }
    if (line)
        *line = last ? last->line : 0;
    if (!last && sbpl_is_open_by_default(question->operation))
        return true;
    last = last ? last : otherwise;
    return last && strcmp(last->child->text, "allow") == 0;
}
