/* SPDX-License-Identifier: Apache-2.0
 * inside_names.h - the names that a sandbox has asked for, each with addresses of its own that
 * stand for it inside: 198.18.0.0/15 (RFC 2544), and fdfe:ce0::/96 (RFC 4193).
 *
 * An address is given away once in 130,000 names, so that one that a program still has in mind does
 * not come to mean another name; it means nothing any more when LIMIT_INSIDE_NAMES have been asked
 * for after it. */
#ifndef FENCE_PROXY_INSIDE_NAMES_H
#define FENCE_PROXY_INSIDE_NAMES_H

#include "base/host.h"

/* Addresses of the sandbox's own loopback interface, beside 127.0.0.1 and ::1: those of a
 * machine that is connected to something. No name has them. */
/* clang-format off */
#define INSIDE_OWN4 {4, {198, 19, 255, 254}}
#define INSIDE_OWN6 {6, {0xfd, 0xfe, 0x0c, 0xe0, [12] = 0xff, 0xff, 0xff, 0xfe}}
/* clang-format on */
extern const struct addr inside_own4, inside_own6;

struct inside_names;

struct inside_names *inside_names_new(void);        /* NULL: out of memory */
void inside_names_free(struct inside_names *names); /* takes NULL          */

/* The address of family 4 or 6 that stands for `host`, a name. Returns 0 or -ENOMEM. */
int inside_names_addr(struct addr *out, struct inside_names *names, const struct host *host,
                      uint8_t family);

/* Is it one that stands for a name, in this sandbox or another? */
bool inside_names_could_have(const struct addr *addr);

enum inside_name {
    INSIDE_NAME,     /* `out` is the name that it stands for   */
    INSIDE_ADDRESS,  /* none of ours: it means itself          */
    INSIDE_FORGOTTEN /* ours, and stands for nothing (any more) */
};

enum inside_name inside_names_find(struct host *out, const struct inside_names *names,
                                   const struct addr *addr);

#endif
