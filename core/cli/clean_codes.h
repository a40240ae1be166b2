/* SPDX-License-Identifier: Apache-2.0
 * clean_codes.h - a part of clean_text.h: which of the codes that have come whole may pass. */
#ifndef FENCE_CLI_CLEAN_CODES_H
#define FENCE_CLI_CLEAN_CODES_H

#include "cli/clean_text.h"

/* Writes what is held, ESC with its last byte, if it may pass. Returns where `out` ends then. */
char *clean_codes_escape(struct clean_text *text, char *out);
char *clean_codes_csi(struct clean_text *text, char *out); /* ESC [ with its last byte */

/* See clean_text_end(). */
size_t clean_codes_back(struct clean_text *text, char *out);

#endif
