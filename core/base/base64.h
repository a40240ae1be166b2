/* SPDX-License-Identifier: Apache-2.0
 * base64.h - RFC 4648, section 4, one way. */
#ifndef FENCE_BASE_BASE64_H
#define FENCE_BASE_BASE64_H

#include "base/str.h"

#define BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)

/* Writes BASE64_LEN(in.len) bytes, not terminated, and returns how many. */
size_t base64_encode(char *out, struct str in);

#endif
