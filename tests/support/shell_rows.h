/* SPDX-License-Identifier: Apache-2.0
 * shell_rows.h - scripts and the commands that are found in them, as shell_text.h writes them; each
 * ends where a page begins that nobody may touch. Include it once, behind <cmocka.h>. */
#ifndef FENCE_TESTS_SHELL_ROWS_H
#define FENCE_TESTS_SHELL_ROWS_H

#include "support/guard.h"
#include "support/shell_text.h"

struct shell_row {
    const char *name, *script, *commands;
};

static inline void shell_rows_check(const struct shell_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = BUF_INIT(1 << 20);
        size_t len = strlen(rows[i].script);
        char *copy = guard_copy(rows[i].script, len);
        int rc = shell_read((struct str){copy, len}, shell_text_add, &out);

        guard_free(copy, len);
        if (rc != 0 || !str_equal(buf_str(&out), str_of(rows[i].commands)))
            fail_msg("%s: %d, '" STR_FMT "', not '%s'", rows[i].name, rc, STR_ARG(buf_str(&out)),
                     rows[i].commands);
        buf_deinit(&out);
    }
}

#endif
