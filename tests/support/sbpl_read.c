/* SPDX-License-Identifier: Apache-2.0
 * sbpl_read.c - from the text of a profile to its tree. Whatever the text, it uses no more stack
 * than for MOST_DEPTH lists in one another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/str.h"
#include "support/sbpl.h"
#include "support/sbpl_tree.h"

#define MOST_TEXT  (1024 * 1024)
#define MOST_DEPTH 64

#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORD_BYTES LETTERS "0123456789-_.*#"

struct reader {
    const char *at;
    unsigned line;
    char *room; /* for the next node's text */
    const struct sbpl_error *error;
};

bool sbpl_fail(const struct sbpl_error *error, unsigned line, const char *what, const char *about)
{
    snprintf(error->text, error->cap, "line %u: %s%s%.200s", line, what, about ? ": " : "",
             about ? about : "");
    return false;
}

/* ---- words and strings ---- */

static void skip_blank(struct reader *r)
{
    for (;; r->at++) {
        if (*r->at == ';')
            r->at += strcspn(r->at, "\n");
        if (*r->at == '\n')
            r->line++;
        else if (*r->at == '\0' || !strchr(" \t\r", *r->at))
            return;
    }
}

/* In an expression backslashes are its own, and whether one escapes a quote readers differ about.
 */
static const char *find_escape_fault(const char *at, bool expression)
{
    if (expression)
        return at[1] == '"' ? "an escaped quote in an expression" : NULL;
    return at[1] == '"' || at[1] == '\\' ? NULL : "an unknown escape in a string";
}

/* `at` is behind the opening quote. */
static bool read_quoted(struct reader *r, bool expression)
{
    for (; *r->at != '"'; r->at++) {
        const char *fault = *r->at == '\\' ? find_escape_fault(r->at, expression) : NULL;

        if (*r->at == '\0' || *r->at == '\n')
            return sbpl_fail(r->error, r->line, "a string does not end on its line", NULL);
        if ((unsigned char)*r->at < ' ' || *r->at == 0x7f)
            return sbpl_fail(r->error, r->line, "a control character in a string", NULL);
        if (fault)
            return sbpl_fail(r->error, r->line, fault, NULL);
        if (r->at[0] == '\\' && r->at[1] == '\\' && expression)
            *r->room++ = '\\';
        if (r->at[0] == '\\' && (r->at[1] == '\\' || !expression))
            r->at++;
        *r->room++ = *r->at;
    }
    r->at++;
    return true;
}

static bool read_word(struct reader *r)
{
    size_t len = strspn(r->at, WORD_BYTES);

    if (len == 0)
        return sbpl_fail(r->error, r->line, "an unexpected character", NULL);
    memcpy(r->room, r->at, len);
    r->room += len;
    r->at += len;
    return true;
}

static bool read_text(struct reader *r, struct sbpl_node *node)
{
    bool read;

    node->text = r->room;
    if (*r->at == '"') {
        node->kind = SBPL_STRING;
        r->at++;
        read = read_quoted(r, false);
    } else if (r->at[0] == '#' && r->at[1] == '"') {
        node->kind = SBPL_EXPRESSION;
        r->at += 2;
        read = read_quoted(r, true);
    } else {
        node->kind = SBPL_WORD;
        read = read_word(r);
    }
    *r->room++ = '\0';
    return read;
}

/* ---- the tree ---- */

static bool read_node(struct reader *r, struct sbpl_node **slot)
{
    struct sbpl_node *node = *slot = calloc(1, sizeof *node);

    if (!node)
        return sbpl_fail(r->error, r->line, "no memory", NULL);
    node->line = r->line;
    node->text = "";
    if (*r->at != '(')
        return read_text(r, node);
    r->at++;
    return true;
}

static bool read_tree(struct reader *r, struct sbpl_node **slot)
{
    struct sbpl_node *open[MOST_DEPTH], *node;
    size_t depth = 0;

    for (skip_blank(r); *r->at; skip_blank(r)) {
        if (*r->at == ')') {
            if (depth == 0)
                return sbpl_fail(r->error, r->line, "a ) without its (", NULL);
            slot = &open[--depth]->next;
            r->at++;
            continue;
        }
        if (!read_node(r, slot))
            return false;
        node = *slot;
        slot = node->kind == SBPL_LIST ? &node->child : &node->next;
        if (node->kind == SBPL_LIST && depth == MOST_DEPTH)
            return sbpl_fail(r->error, r->line, "too many lists in one another", NULL);
        if (node->kind == SBPL_LIST)
            open[depth++] = node;
    }
    return depth == 0 || sbpl_fail(r->error, open[depth - 1]->line, "a ( without its )", NULL);
}

static void free_nodes(struct sbpl_node *node)
{
    while (node) {
        struct sbpl_node *next = node->next;

        free_nodes(node->child);
        if (node->regex)
            regfree(node->regex);
        free(node->regex);
        free(node);
        node = next;
    }
}

void sbpl_free(struct sbpl *profile)
{
    if (!profile)
        return;
    free_nodes(profile->first);
    free(profile->texts);
    free(profile);
}

static bool read_profile(struct sbpl *profile, const char *text, const struct sbpl_error *error)
{
    struct reader r = {.at = text, .line = 1, .error = error};
    size_t len = strlen(text);

    if (len > MOST_TEXT)
        return sbpl_fail(error, 1, "the profile is too long", NULL);
    /* The shortest words are one byte, and each is terminated */
    profile->texts = r.room = malloc(2 * len + 1);
    if (!profile->texts)
        return sbpl_fail(error, 1, "no memory", NULL);
    return read_tree(&r, &profile->first) && sbpl_check(profile, error);
}

struct sbpl *sbpl_read(const char *text, char *error, size_t cap)
{
    const struct sbpl_error said = {error, cap};
    struct sbpl *profile = calloc(1, sizeof *profile);

    if (!profile)
        sbpl_fail(&said, 1, "no memory", NULL);
    else if (!read_profile(profile, text, &said))
        sbpl_free(take(&profile));
    return profile;
}
