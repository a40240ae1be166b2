/* SPDX-License-Identifier: Apache-2.0
 * jsonc.h - JSON with comments and trailing commas, made into strict JSON in place.
 *
 * Checks the whole grammar of RFC 8259 (cJSON by itself is too lenient), UTF-8, depth and string
 * length, refuses NUL in any spelling, and blanks comments and trailing commas with spaces, so
 * that every position stays what it was. One byte order mark at the start is accepted. */
#ifndef FENCE_FILTER_JSONC_H
#define FENCE_FILTER_JSONC_H

#include "base/base.h"
#include "base/str.h"

struct jsonc_error {
    size_t at;        /* offset in the text */
    const char *text; /* static sentence    */
};

/* False with `why` set when the text is not valid. */
bool jsonc_normalize(char *text, size_t len, struct jsonc_error *why);

/* Line and column (in bytes), both from 1. */
void jsonc_position(struct str text, size_t at, unsigned *line, unsigned *column);

/* One step into a document: the name of a member (`key` not NULL), or the index of an element. Of
 * members with one name, `index` says which: 0 the first. */
struct jsonc_step {
    const char *key;
    size_t index;
};

/* Where the value at `path` begins in normalized text; with `at_key`, where the name of the last
 * step's member begins. The end of the text when there is no such value. */
size_t jsonc_locate(struct str text, const struct jsonc_step *path, size_t depth, bool at_key);

#endif
