/* SPDX-License-Identifier: Apache-2.0
 * config_settings.h - the settings that policies have of their own: whatever JSON stands under
 * "policy". */
#ifndef FENCE_FILTER_CONFIG_SETTINGS_H
#define FENCE_FILTER_CONFIG_SETTINGS_H

#include "filter/config.h"

enum setting_kind {
    SETTING_NULL,
    SETTING_BOOL,
    SETTING_NUMBER,
    SETTING_TEXT,
    SETTING_LIST,
    SETTING_OBJECT
};

struct setting { /* borrowed from its config */
    enum setting_kind kind;
    const char *name; /* in an object; else NULL */
    bool truth;
    double number;
    const char *text;
    const struct cJSON *json;
};

/* The object "policy"; SETTING_NULL where there is none. */
struct setting setting_root(const struct fence_config *config);

/* Moves to the first value of a list or object, and to the one behind it. Returns false at the end.
 */
bool setting_first(struct setting *out, const struct setting *of);
bool setting_next(struct setting *setting);

#endif
