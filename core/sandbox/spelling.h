/* SPDX-License-Identifier: Apache-2.0
 * spelling.h - names that a file system takes for one another: upper and lower case, and what
 * Unicode does not count (vfat, NTFS, `chattr +F`, folders that a Mac or Windows shares). Whether
 * it does is for the file system to say: one spelling finds the file of the other. */
#ifndef FENCE_SANDBOX_SPELLING_H
#define FENCE_SANDBOX_SPELLING_H

#include "base/str.h"

/* Writes what is left of `name` when nothing is counted that some file system does not count, and
 * returns its length: never more than that of the name. */
size_t spelling_fold(char *out, struct str name);

/* The words of patterns (pattern.h) that are plain names. */
struct spellings;

/* Copies what it needs. Returns 0 or -ENOMEM. */
int spellings_new(struct spellings **out, const char *const *patterns, size_t count);
void spellings_free(struct spellings *spellings); /* takes NULL */

/* May a word be another spelling of `name`? Asks nobody. */
bool spellings_may_know(const struct spellings *spellings, const char *name);

/* The word that finds in the folder, an open one, what `name` finds there; or `name` itself. */
const char *spellings_at(const struct spellings *spellings, int folder, const char *name);

/* The path, canonical, as the folders on its way have written it. Returns a string of the caller's,
 * or NULL without memory. Where case counts it asks for the last name alone, and copies. */
char *spelling_true(const char *path);

/* realpath(3), and its result as spelling_true() gives it. */
char *spelling_real(const char *path);

/* The last name of `path` with its letters' case turned; false where it has none. */
bool spelling_turn(char out[4096], const char *path);

#endif
