/* SPDX-License-Identifier: Apache-2.0
 * error.h - an error is written once, where it is known, and passed on untouched. */
#ifndef FENCE_BASE_ERROR_H
#define FENCE_BASE_ERROR_H

#include <errno.h>
#include <fence/fence.h>

#include "base/base.h"

/* Fills `err` (may be NULL) with one line, no full stop, no secret, and returns `code`: a negative
 * FENCE_E* or -errno. What a peer or a file chose goes through str_escape() first. */
FENCE_PRINTF(3, 4) int fail(fence_error *err, int code, const char *fmt, ...);

#endif
