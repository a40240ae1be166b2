/* SPDX-License-Identifier: Apache-2.0
 * shell_wrapped.h - commands, and what they are found to wrap, as shell_text.h writes it; each ends
 * where a page begins that nobody may touch. Include it once, behind <cmocka.h>. */
#ifndef FENCE_TESTS_SHELL_WRAPPED_H
#define FENCE_TESTS_SHELL_WRAPPED_H

#include "filter/shell_wrappers.h"
#include "support/guard.h"
#include "support/shell_text.h"

struct shell_wrapped_row {
    const char *script, *wrapped;
};

/* What stands behind the first command. */
static inline struct str shell_wrapped_behind(const struct buf *out)
{
    struct str text = buf_str(out);

    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] == '\\')
            i++;
        else if (text.bytes[i] == '|')
            return str_slice(text, i + 1, text.len);
    }
    return STR("");
}

static inline void shell_wrapped_check(const struct shell_wrapped_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = BUF_INIT(1 << 20);
        size_t len = strlen(rows[i].script);
        char *copy = guard_copy(rows[i].script, len);
        int rc = shell_walk((struct str){copy, len}, shell_text_add, &out);

        guard_free(copy, len);
        if (rc != 0 || !str_equal(shell_wrapped_behind(&out), str_of(rows[i].wrapped)))
            fail_msg("%s: %d, '" STR_FMT "', not '%s'", rows[i].script, rc,
                     STR_ARG(shell_wrapped_behind(&out)), rows[i].wrapped);
        buf_deinit(&out);
    }
}

#endif
