/* SPDX-License-Identifier: Apache-2.0
 * shell_text.h - commands as one line: words between spaces, commands between bars. '~' is what is
 * not known of a word, '' an empty word; a backslash stands before such a byte that is meant. */
#ifndef FENCE_TESTS_SHELL_TEXT_H
#define FENCE_TESTS_SHELL_TEXT_H

#include "base/buf.h"
#include "filter/shell.h"

static inline void shell_text_word(struct buf *out, const struct shell_word *word)
{
    if (word->text.len == 0 && word->whole)
        buf_append_text(out, "''");
    for (size_t i = 0; i < word->text.len; i++) {
        char c = word->text.bytes[i];

        if (strchr(" |~\\\n", c))
            buf_append_text(out, "\\");
        buf_append(out, c == '\n' ? "n" : &c, 1);
    }
    if (!word->whole)
        buf_append_text(out, "~");
}

/* A shell_found; `payload` is the struct buf. */
static inline int shell_text_add(void *payload, const struct shell_word *words, size_t count)
{
    struct buf *out = payload;

    if (out->len > 0)
        buf_append_text(out, "|");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_text(out, " ");
        shell_text_word(out, &words[i]);
    }
    return out->error;
}

#endif
