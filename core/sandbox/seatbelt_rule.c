/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_rule.c - see seatbelt_rule.h. */
#include "sandbox/seatbelt_rule.h"

#include <stdarg.h>
#include <stdio.h>

/* Before a filter. */
static int begin(struct seatbelt_rule *rule)
{
    if (!rule->open)
        buf_printf(rule->profile, "(%s", rule->says);
    rule->open = true;
    return buf_append_text(rule->profile, "\n  ");
}

int seatbelt_rule_path(struct seatbelt_rule *rule, const char *filter, const char *path)
{
    int rc;

    begin(rule);
    buf_printf(rule->profile, "(%s ", filter);
    rc = seatbelt_string(rule->profile, path);
    return rc < 0 ? rc : buf_append_text(rule->profile, ")");
}

int seatbelt_rule_regex(struct seatbelt_rule *rule, const char *base, struct str rest,
                        enum seatbelt_reach reach)
{
    begin(rule);
    return seatbelt_regex(rule->profile, base, rest, reach);
}

int seatbelt_rule_printf(struct seatbelt_rule *rule, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    begin(rule);
    return buf_append_text(rule->profile, text);
}

int seatbelt_rule_end(struct seatbelt_rule *rule)
{
    bool open = rule->open;

    rule->open = false;
    return open ? buf_append_text(rule->profile, ")\n") : rule->profile->error;
}
