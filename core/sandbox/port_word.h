/* SPDX-License-Identifier: Apache-2.0
 * port_word.h - what -p is given: "3000", "127.0.0.1:3000", "[::1]:3000". Pure. */
#ifndef FENCE_SANDBOX_PORT_WORD_H
#define FENCE_SANDBOX_PORT_WORD_H

#include <fence/fence.h>

#include "base/addr.h"
#include "base/str.h"
#include "filter/config.h"

struct port_word {
    struct addr addr;
    uint16_t port;
    bool alone; /* no address was written: it is 127.0.0.1 */
};

/* Returns NULL, or why it is none. */
const char *port_word_parse(struct port_word *out, struct str text);

/* Is it one of those? */
bool port_word_has(const struct port_word *known, size_t count, const struct port_word *word);

/* Returns NULL, or why it cannot lead in: inside has another use for it, or it is one of those
 * before. */
const char *port_word_taken(const struct port_word *word, const struct fence_config *config,
                            const struct port_word *known, size_t count);

/* "port 'TEXT': " and why. Returns `code`. */
int port_word_fail(fence_error *err, int code, const char *text, const char *why);

#endif
