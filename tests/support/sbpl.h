/* SPDX-License-Identifier: Apache-2.0
 * sbpl.h - reads a profile of Seatbelt, finds what macOS would not take or what opens more than it
 * says, and tells what the profile decides: on a machine without Seatbelt. */
#ifndef FENCE_TESTS_SBPL_H
#define FENCE_TESTS_SBPL_H

#include <stdbool.h>
#include <stddef.h>

struct sbpl;

/* Returns NULL with `error` filled ("line 12: unknown operation: foo") when `text` is not in order.
 * The caller frees. */
struct sbpl *sbpl_read(const char *text, char *error, size_t cap);
void sbpl_free(struct sbpl *profile); /* takes NULL */

/* What is asked of a profile: an operation, and the one thing it is about; the rest is NULL. */
struct sbpl_question {
    const char *operation; /* without a '*': one that macOS asks about */
    const char *path;      /* of a file, of a program, of a Unix socket */
    const char *address; /* "localhost:3128": the remote one of network-outbound, else the local */
    const char *name;    /* of a Mach service, a sysctl, shared memory, ... */
    const char *target;  /* "self", "children", "same-sandbox" or "others" */
};

/* The last rule that matches decides, and `line` (or NULL) is where it stands: 0 when it is that of
 * (allow default) or (deny default). A filter matches nothing when the question does not have what
 * it is about, so require-not of it always does. tcp and udp are not told apart. Some operations
 * (deny default) does not reach: they are allowed unless a rule names them. Aborts when the
 * question itself is wrong: a slip in a test would be a decision otherwise. */
bool sbpl_allows(const struct sbpl *profile, const struct sbpl_question *question, unsigned *line);

#endif
