/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_rule.h - one rule of a profile, written filter by filter. A rule without a filter would
 * be about everything: none is written then. */
#ifndef FENCE_SANDBOX_SEATBELT_RULE_H
#define FENCE_SANDBOX_SEATBELT_RULE_H

#include "sandbox/seatbelt_text.h"

struct seatbelt_rule {
    struct buf *profile;
    const char *says; /* "deny file-write*" */
    bool open;        /* it has a filter */
};

/* Each returns 0, or what seatbelt_string() does. */
int seatbelt_rule_path(struct seatbelt_rule *rule, const char *filter, const char *path);
int seatbelt_rule_regex(struct seatbelt_rule *rule, const char *base, struct str rest,
                        enum seatbelt_reach reach);
FENCE_PRINTF(2, 3) int seatbelt_rule_printf(struct seatbelt_rule *rule, const char *fmt, ...);
int seatbelt_rule_end(struct seatbelt_rule *rule);

#endif
