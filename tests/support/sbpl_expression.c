/* SPDX-License-Identifier: Apache-2.0
 * sbpl_expression.c - the expressions of a profile, by regcomp(3). What glibc adds to POSIX is
 * refused, as macOS may take it for something else; and so is what costs regcomp(3) more than a
 * second or two: it copies what is repeated, and goes as deep as there are parentheses. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/str.h"
#include "support/sbpl_tree.h"

#define MOST_BYTES    4096
#define MOST_NESTED   4
#define MOST_REPEATED 32

static bool is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* Moves on to the last byte of an escape, or of what stands in brackets. A backslash in brackets is
 * itself in POSIX, and an escape in other dialects. Returns what is wrong, or NULL. */
static const char *skip_quoted(const char **at)
{
    const char *byte = *at;

    if (byte[0] == '\\') {
        *at += byte[1] != '\0';
        byte = *at;
        return ascii_digit(*byte) || (ascii_lower(*byte) >= 'a' && ascii_lower(*byte) <= 'z')
                   ? "an escaped letter or digit in an expression"
                   : NULL;
    }
    byte += byte[1] == '^' ? 2 : 1;
    for (byte += *byte == ']'; *byte && *byte != ']'; byte++) {
        if (*byte == '\\' || (*byte == '[' && is_among(byte[1], ":.=")))
            return "a backslash or a class within brackets";
    }
    *at = *byte ? byte : byte - 1;
    return NULL;
}

static const char *find_fault(const char *text)
{
    size_t nested = 0, repeated = 0;
    const char *fault = NULL;

    for (const char *at = text; *at && !fault; at++) {
        if (*at == '\\' || *at == '[') {
            fault = skip_quoted(&at);
            continue;
        }
        if (*at == '{')
            return "a count in an expression";
        if (is_among(at[0], "*+?") && is_among(at[1], "*+?"))
            return "a repetition of a repetition";
        repeated += is_among(*at, "*+?");
        nested += *at == '(';
        nested -= *at == ')' && nested > 0;
        if (repeated > MOST_REPEATED || nested > MOST_NESTED)
            return "an expression is too much";
    }
    return fault;
}

bool sbpl_compile(const struct sbpl_error *error, struct sbpl_node *node)
{
    auto_free regex_t *regex = malloc(sizeof *regex);
    const char *fault = find_fault(node->text);
    char why[100];
    int rc;

    if (!regex)
        return sbpl_fail(error, node->line, "no memory", NULL);
    if (strlen(node->text) > MOST_BYTES)
        fault = "an expression is too much";
    if (fault)
        return sbpl_fail(error, node->line, fault, node->text);
    rc = regcomp(regex, node->text, REG_EXTENDED | REG_NOSUB);
    if (rc != 0) {
        regerror(rc, regex, why, sizeof why);
        return sbpl_fail(error, node->line, why, node->text);
    }
    node->regex = take(&regex);
    return true;
}
