/* SPDX-License-Identifier: Apache-2.0
 * utf8.h - text that others chose, written where it can do no harm. */
#ifndef FENCE_CLI_UTF8_H
#define FENCE_CLI_UTF8_H

#include <stdio.h>

/* For a terminal: what controls it, turns its direction or is no UTF-8 becomes \xNN. */
void utf8_print(FILE *out, const char *text);

/* A JSON string with its quotes; what is no UTF-8 becomes U+FFFD, byte by byte. */
void utf8_print_json(FILE *out, const char *text);

#endif
