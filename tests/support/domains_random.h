/* SPDX-License-Identifier: Apache-2.0
 * domains_random.h - random rules and hosts that often meet: of few names, networks and the ports
 * 1 to 3. */
#ifndef FENCE_TESTS_DOMAINS_RANDOM_H
#define FENCE_TESTS_DOMAINS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/base.h"

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state * 0x2545f4914f6cdd1d >> 33) % n;
}

/* Few labels, of lengths around the eight bytes that are hashed at once. */
static inline size_t random_name(char *out, uint64_t *state)
{
    static const char *const labels[] = {"a",
                                         "b",
                                         "six666",
                                         "seven77",
                                         "eight888",
                                         "nine-9999",
                                         "fifteen15151515",
                                         "sixteen-16-16-16",
                                         "seventeen-17-17-17"};
    size_t n = 2 + random_below(state, 3), len = 0;

    for (size_t i = 0; i < n; i++)
        len += (size_t)sprintf(out + len, "%s%s", i > 0 ? "." : "",
                               labels[random_below(state, random_below(state, 2) ? 2 : 9)]);
    return len;
}

static inline size_t random_address(char *out, uint64_t *state, bool v6)
{
    if (v6)
        return (size_t)sprintf(out, "fd00::%x:0:%x", random_below(state, 2),
                               random_below(state, 4));
    return (size_t)sprintf(out, "10.0.%u.%u", random_below(state, 2), random_below(state, 4));
}

static inline void random_network(char *out, uint64_t *state)
{
    static const char *const networks[] = {
        "10.0.0.0/8", "10.0.0.0/15", "10.0.1.0/24",    "10.0.0.2/31", "0.0.0.0/0",   "::/0",
        "fd00::/8",   "fd00::/80",   "fd00::1:0:0/96", "fd00::2/127", "10.0.0.1/32", "fd00::1/128"};

    sprintf(out, "%s", networks[random_below(state, ARRAY_LEN(networks))]);
}

static inline void random_rule(char *out, uint64_t *state)
{
    uint32_t what = random_below(state, 20);
    size_t len = 0;

    if (what < 2) {
        random_network(out, state);
        return;
    }
    if (what == 2)
        len = (size_t)sprintf(out, "*");
    else if (what == 3)
        len = random_address(out, state, false);
    else if (what == 4)
        len = 1 + random_address(out + 1, state, true);
    else if (what < 12)
        len = (size_t)sprintf(out, "*.") + random_name(out + 2, state);
    else
        len = random_name(out, state);
    if (what == 4) {
        out[0] = '[';
        out[len++] = ']';
        out[len] = '\0';
    }
    if (random_below(state, 3) == 0)
        sprintf(out + len, ":%u", 1 + random_below(state, 3));
}

static inline void random_host(char *out, uint64_t *state)
{
    uint32_t what = random_below(state, 8);

    if (what < 2)
        random_address(out, state, what);
    else
        random_name(out, state);
}

#endif
