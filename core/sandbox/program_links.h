/* SPDX-License-Identifier: Apache-2.0
 * program_links.h - programs that command rules deny by a name which is a link to a program of
 * another name: python3 to python3.11. Asks the file system. */
#ifndef FENCE_SANDBOX_PROGRAM_LINKS_H
#define FENCE_SANDBOX_PROGRAM_LINKS_H

#include "filter/commands.h"
#include "sandbox/seatbelt_exec.h"

struct program_links {
    struct seatbelt_link *items; /* the texts are owned */
    size_t count, cap;
};

/* Looks for the programs of rules of one word in all folders of `path`, a PATH, which may be NULL.
 * Returns 0 or -ENOMEM; to be freed by program_links_deinit() in any case. */
int program_links_find(struct program_links *out, const struct commands *commands,
                       const char *path);
void program_links_deinit(struct program_links *links); /* takes a zeroed one */

#endif
