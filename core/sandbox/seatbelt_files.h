/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_files.h - the settings of files as rules of a profile of sandbox-exec(1). Pure.
 *
 * Nothing is mounted there: the host's files are what the command sees, and the kernel judges each
 * path. So names that a pattern means later need no watching, but what lies above a closed path
 * must not be renamed. */
#ifndef FENCE_SANDBOX_SEATBELT_FILES_H
#define FENCE_SANDBOX_SEATBELT_FILES_H

#include "base/buf.h"
#include "sandbox/files.h"

struct seatbelt_places {
    const struct files *files;
    const char *cwd; /* canonical */
    bool deny_read;  /* nothing can be read but what is wished for   */
    bool system;     /* and what programs are made of: system_paths.h */
    bool sockets;    /* Unix sockets can be connected to where they can be seen */
};

/* Appends the rules: of several the last one counts. Returns 0, -EINVAL for a path that a profile
 * cannot name, or what buf_append() does. */
int seatbelt_files(struct buf *profile, const struct seatbelt_places *places);

#endif
