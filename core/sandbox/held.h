/* SPDX-License-Identifier: Apache-2.0
 * held.h - does a process that stands still hold on to a file, whatever is mounted over it? */
#ifndef FENCE_SANDBOX_HELD_H
#define FENCE_SANDBOX_HELD_H

#include "sandbox/freeze.h"

enum held_for {
    HELD_FOR_WRITING, /* a descriptor for writing, or memory that is shared with the file        */
    HELD_AT_ALL       /* any descriptor or memory of it, of what is below it, or a current folder */
};

/* `path` is absolute and canonical, and looked at without following a link; by their texts, what is
 * below it as well. A descriptor on its way through a socket is not seen. Returns 1 or 0, or a
 * negative code where that cannot be told. */
int frozen_holds(const struct frozen *frozen, const char *path, enum held_for what);

#endif
