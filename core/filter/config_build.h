/* SPDX-License-Identifier: Apache-2.0
 * config_build.h - how the parts of filter/config*.c put a configuration together. Private to
 * them: everyone else sees a finished one (config.h). */
#ifndef FENCE_FILTER_CONFIG_BUILD_H
#define FENCE_FILTER_CONFIG_BUILD_H

#include "base/buf.h"
#include "filter/config.h"
#include "filter/jsonc.h"

/* ---- config.c ---- */

struct config_link;

/* Reads `settings`, which is moved; NULL: there are none. */
int config_build(struct fence_config **out, struct config_link *settings,
                 const fence_setting *extra, size_t nextra, fence_error *err);

/* ---- config_file.c ---- */

/* Appends a regular file, as a whole. */
int config_read_file(struct buf *out, const char *path, fence_error *err);

/* ---- config_data.c ---- */

struct fence_config *config_new(void); /* empty, counted once; NULL: out of memory */

/* Room for one more behind `count` things: the room doubles. NULL: out of memory. */
static inline void *config_grow(void *list, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return list;
    return reallocarray(list, count ? 2 * count : 1, size);
}

/* ---- config_values.c ----
 *
 * Each checks and adds one value. Returns 0, -ENOMEM, or -EINVAL with `why` set to a static
 * sentence; nothing is added then. */

int config_add_domain(struct fence_config *config, struct config_domains *list, struct str rule,
                      uint32_t index, const char **why);
int config_add_address(struct fence_config *config, struct config_cidrs *list, struct str rule,
                       uint32_t index, const char **why);
int config_add_policy(struct fence_config *config, struct str path, const char **why);
/* Adds a copy. Returns 0, -EINVAL with `why`, or -ENOMEM. */
int config_add_text(struct config_texts *list, struct str text, const char **why);

int config_add_write(struct fence_config *config, struct str path, const char **why);

/* network.upstreamProxy: a URL, "" for none, or "environment" for the host's own HTTPS_PROXY and
 * NO_PROXY. */
int config_set_upstream(struct fence_config *config, struct str text, const char **why);

/* What "environment" said of exceptions, once network.noProxy has been read. */
int config_finish_upstream(struct fence_config *config);

/* A line of network.hosts, checked but not added. NULL, or why not. */
const char *config_parse_pin(struct config_pin *out, struct str name, struct str addr);

/* Orders two pins by name: for qsort(3) and bsearch(3). */
int config_compare_pins(const void *a, const void *b);

/* ---- config_rules.c: conditions of a rule of network.rules ----
 *
 * Each checks and sets or adds one. Returns 0, -ENOMEM, or -EINVAL with `why` as above. */

int config_rule_host(struct request_rule *rule, struct str text, const char **why);
int config_rule_ports(struct request_rule *rule, struct str text, const char **why);
int config_rule_port(struct request_rule *rule, double number, const char **why);
int config_rule_scheme(struct request_rule *rule, struct str text, const char **why);
int config_rule_method(struct request_rule *rule, struct str text, const char **why);
int config_rule_path(struct request_rule *rule, struct str text, const char **why);
int config_rule_message(struct request_rule *rule, struct str text, const char **why);

/* Do the conditions go together? Once all are set. */
int config_rule_check(const struct request_rule *rule, const char **why);

/* ---- config_extra.c ---- */

/* How many settings belong to the list `key`. */
size_t config_count_extra(const fence_setting *extra, size_t nextra, const char *key);

/* Adds the settings behind what the file said, and compiles the lists. */
int config_finish(struct fence_config *config, const fence_setting *extra, size_t nextra,
                  fence_error *err);

/* ---- config_names.c ---- */

struct config_name {
    const char *text;
    size_t order; /* in the file */
};

/* The name that is the first to come a second time, or NULL. Sorts `names`: there may be a million
 * of them. */
const char *config_find_repeated(struct config_name *names, size_t count);

/* "network.allowedDomains[2]"; cuts what does not fit. */
void config_format_path(char *out, size_t cap, const struct jsonc_step *path, size_t depth);

#endif
