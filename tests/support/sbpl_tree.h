/* SPDX-License-Identifier: Apache-2.0
 * sbpl_tree.h - a profile as it was read: for the files behind sbpl.h alone. */
#ifndef FENCE_TESTS_SBPL_TREE_H
#define FENCE_TESTS_SBPL_TREE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum sbpl_kind { SBPL_LIST, SBPL_WORD, SBPL_STRING, SBPL_EXPRESSION };

enum sbpl_fact { SBPL_NOTHING, SBPL_PATH, SBPL_NAME, SBPL_TARGET };

enum sbpl_match {
    SBPL_EQUAL,
    SBPL_BELOW, /* or the path itself */
    SBPL_ABOVE, /* the folders that a path goes through */
    SBPL_PREFIX,
    SBPL_REGEX,
    SBPL_PROCESS,
    SBPL_ENDPOINT,
    SBPL_ALL,
    SBPL_ANY,
    SBPL_NOT
};

struct sbpl_filter {
    const char *name;
    size_t least, most;  /* arguments          */
    enum sbpl_kind kind; /* of each argument   */
    enum sbpl_match match;
    enum sbpl_fact fact;      /* of the question that it is about                     */
    const char *about;        /* how the operations begin that have such names        */
    const char *const *words; /* the only ones it takes, NULL behind the last; or NULL */
};

struct sbpl_node {
    enum sbpl_kind kind;
    unsigned line;
    const char *text; /* "" of a list */
    struct sbpl_node *child, *next;

    /* The checker's. */
    const struct sbpl_filter *filter;
    regex_t *regex;
};

struct sbpl {
    struct sbpl_node *first;
    char *texts; /* of all nodes */
};

/* ---- sbpl_read.c ---- */

struct sbpl_error {
    char *text;
    size_t cap;
};

/* Always false. `about` may be NULL. */
bool sbpl_fail(const struct sbpl_error *error, unsigned line, const char *what, const char *about);

/* ---- sbpl_names.c ---- */

bool sbpl_is_operation(const char *name);
const struct sbpl_filter *sbpl_find_filter(const char *name); /* or NULL */

/* "file-read*" covers "file-read-data". "default" covers nothing here. */
bool sbpl_covers(const char *pattern, const char *operation);

/* One that (deny default) does not reach: it has to be denied by its name. */
bool sbpl_is_open_by_default(const char *operation);

/* ---- sbpl_expression.c ---- */

bool sbpl_compile(const struct sbpl_error *error, struct sbpl_node *node);

/* ---- sbpl_check.c ---- */

bool sbpl_check(const struct sbpl *profile, const struct sbpl_error *error);

#endif
