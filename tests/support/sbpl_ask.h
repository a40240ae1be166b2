/* SPDX-License-Identifier: Apache-2.0
 * sbpl_ask.h - questions to a profile as a line each: "+file-write-create /a/b" is to be allowed,
 * "-network-outbound 8.8.8.8:53" denied. Include it behind <cmocka.h>. */
#ifndef FENCE_TESTS_SBPL_ASK_H
#define FENCE_TESTS_SBPL_ASK_H

#include <string.h>

#include "base/buf.h"
#include "support/sbpl.h"

/* Fails where the profile is not in order. `profile` gets a NUL. */
static inline struct sbpl *sbpl_of(const char *row, struct buf *profile)
{
    char error[256];
    struct sbpl *read;

    assert_int_equal(buf_append(profile, "", 1), 0);
    read = sbpl_read(profile->bytes, error, sizeof error);
    if (!read)
        fail_msg("%s: %s\n%s", row, error, profile->bytes);
    return read;
}

static inline void sbpl_ask(const char *row, const struct sbpl *profile, const char *text,
                            const char *line)
{
    char operation[64] = "";
    const char *what = strchr(line, ' ');
    struct sbpl_question question = {.operation = operation};
    unsigned at;

    assert_true(what && (size_t)(what - line) < sizeof operation);
    memcpy(operation, line + 1, (size_t)(what - line - 1));
    what++;
    if (what[0] == '/')
        question.path = what;
    else if (strncmp(operation, "network", 7) == 0)
        question.address = what;
    else if (strncmp(operation, "signal", 6) == 0 || strncmp(operation, "process", 7) == 0)
        question.target = what;
    else
        question.name = what;
    if (sbpl_allows(profile, &question, &at) != (line[0] == '+'))
        fail_msg("%s: %s, by line %u of\n%s", row, line, at, text);
}

#endif
