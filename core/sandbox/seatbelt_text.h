/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_text.h - paths and patterns as a profile of sandbox-exec(1) has them. Pure.
 *
 * An expression is of regcomp(3)'s extended kind, and the kernel compares it with the path of the
 * file itself, behind all links, as the file system spells it. A name that is about to be made has
 * the spelling of whoever makes it: on macOS ".BASHRC" is .bashrc. */
#ifndef FENCE_SANDBOX_SEATBELT_TEXT_H
#define FENCE_SANDBOX_SEATBELT_TEXT_H

#include "base/buf.h"

/* `path` in quotes. Returns 0, -EINVAL for one with a control character, which a string of a
 * profile cannot have, or what buf_append() does. The same of the next ones. */
int seatbelt_string(struct buf *profile, const char *path);

/* One character that stands for itself, a letter for both of its cases. */
int seatbelt_character(struct buf *profile, char c);

/* How far an expression goes. */
enum seatbelt_reach {
    SEATBELT_AND_BELOW, /* what it names, and all that lies below it */
    SEATBELT_ALONE
};

/* (regex #"...") for `rest`, as pattern.h has it, below the folder `base`, which is canonical;
 * NULL: below any, where `rest` begins with "**" "/". It matches whatever spelling the file system
 * takes for the same; and somewhat more, where letters of other alphabets are written for "f", "i",
 * "k", "l", "s" or "t". */
int seatbelt_regex(struct buf *profile, const char *base, struct str rest,
                   enum seatbelt_reach reach);

#endif
