/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_names.h - many patterns below many folders, as filters of one rule of a profile: each
 * pattern is written once, whatever number of folders it is for. */
#ifndef FENCE_SANDBOX_SEATBELT_NAMES_H
#define FENCE_SANDBOX_SEATBELT_NAMES_H

#include "sandbox/seatbelt_rule.h"

struct seatbelt_names {
    struct seatbelt_name {
        const char *base; /* borrowed, as `rest` */
        struct str rest;
        bool alone; /* it stands for itself, with its folder in front */
    } * list;
    size_t count, cap;
};

/* Returns 0 or -ENOMEM. */
int seatbelt_names_add(struct seatbelt_names *names, const char *base, struct str rest);

/* Sorts them, and writes a filter for each that differs. Returns as seatbelt_rule_path() does. */
int seatbelt_names_write(struct seatbelt_rule *rule, struct seatbelt_names *names,
                         enum seatbelt_reach reach);
void seatbelt_names_deinit(struct seatbelt_names *names); /* takes a zeroed one */

#endif
