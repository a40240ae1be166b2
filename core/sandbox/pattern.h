/* SPDX-License-Identifier: Apache-2.0
 * pattern.h - a path of the settings as text: where it begins, and what it means below that. Pure.
 *
 *   *     any bytes but '/', or none; a leading dot as well
 *   ?     one byte but '/'
 *   [a-z] one of these; [!a-z] and [^a-z] one of the others; a '[' that is not closed is itself
 *   **    as a whole component: any components, or none
 *
 * What is below a folder goes with it, so that a trailing "/" and "/" "**" mean the folder. */
#ifndef FENCE_SANDBOX_PATTERN_H
#define FENCE_SANDBOX_PATTERN_H

#include <fence/fence.h>

#include "base/base.h"

struct pattern {
    char *base; /* absolute, no wildcard in it; links are not resolved */
    char *rest; /* "" or components with wildcards: "*.pem", "**" "/.env" */
};

/* "~", "~/x", "./x", "x" (from `cwd`) and "/x". `home` may be NULL: "~" is an error then. Fills
 * `out`, to be freed by pattern_deinit(). Returns 0, or a negative code with `err` filled in. */
int pattern_parse(struct pattern *out, const char *written, const char *cwd, const char *home,
                  fence_error *err);
void pattern_deinit(struct pattern *pattern); /* takes a zeroed one */

/* Does `rest` match `path`, both without a leading '/'? In time of their product. */
bool pattern_match(const char *rest, const char *path);

/* May something below the folder `path` match? "" is where `rest` begins. */
bool pattern_leads_below(const char *rest, const char *path);

/* The same for one component each; `name` ends at `name_len`. */
bool pattern_match_name(const char *component, size_t len, const char *name, size_t name_len);

/* The length of the class that stands at `at`, brackets included; 0 where it is none, as it is not
 * closed. And is the byte one that it stands for? */
size_t pattern_class(const char *at, size_t len);
bool pattern_in_class(const char *at, size_t len, unsigned char byte);

/* Has it a wildcard? */
bool pattern_is_wild(const char *text);

#endif
