/* SPDX-License-Identifier: Apache-2.0
 * config_reader.h - reading JSON values with errors that say where. Private to the files that know
 * cJSON: config.c, config_reader.c and config_read_rules.c. */
#ifndef FENCE_FILTER_CONFIG_READER_H
#define FENCE_FILTER_CONFIG_READER_H

#include "base/error.h"
#include "filter/config_build.h"
#include "filter/config_chain.h"
#include "filter/jsonc.h"

struct cJSON;

#define SCHEMA_DEPTH 5 /* network.rules[0].port[0] */

/* The links of the chain are read one after the other, what is extended first. */
struct reader {
    struct fence_config *config;
    const struct config_chain *chain;
    size_t at; /* of the chain: the link that is being read */
    const fence_setting *extra;
    size_t nextra;
    struct jsonc_step path[SCHEMA_DEPTH]; /* of the value being read */
    size_t depth;
    fence_error *err;
};

/* ---- errors: each fills r->err and returns its code ---- */

/* "FILE:LINE:COLUMN: PATH" and the text, which brings its own ": ". `at_key`: the place is that of
 * the name and not of the value. */
FENCE_PRINTF(3, 4) int fail_here(struct reader *r, bool at_key, const char *fmt, ...);
int fail_memory(struct reader *r);
int fail_value(struct reader *r, const char *value, const char *why);
int fail_type(struct reader *r, const struct cJSON *value, const char *wanted);

/* ---- values ---- */

/* A name that stands twice in an object is an error. */
int check_duplicates(struct reader *r, const struct cJSON *object);

/* The nearest word about a key of a section, which becomes the place that errors are about; NULL
 * where nobody has said one. */
const struct cJSON *reader_look_up(struct reader *r, const char *section, const char *key);

/* One string of a list; `field` is what read_list() was given. */
typedef int (*read_item)(struct reader *r, const char *text, size_t index, size_t field);

int read_list(struct reader *r, const struct cJSON *list, size_t field, read_item read);

/* policy, for fence.config: kept as it is. */
int read_free(struct reader *r, const struct cJSON *value);

/* Into the field of struct fence_config at that offset; the value's type is checked by those that
 * do not say which it must be. */
int read_text(struct reader *r, const char *text, size_t index, size_t field);     /* a read_item */
int read_env_name(struct reader *r, const char *text, size_t index, size_t field); /* the same */
int read_command(struct reader *r, const char *text, size_t index, size_t field);  /* the same */
int check_commands(struct reader *r); /* when all is read: do they hold for children? */
int read_device(struct reader *r, const char *text, size_t index, size_t field);    /* the same */
int read_mach_name(struct reader *r, const char *text, size_t index, size_t field); /* the same */
int read_device_mode(struct reader *r, const struct cJSON *value);
int read_ports(struct reader *r, const struct cJSON *array, size_t field);
int check_local_ports(struct reader *r); /* when all is read: are they open? */
int read_proxy_port(struct reader *r, const struct cJSON *value, size_t field);
int check_proxy_ports(struct reader *r);    /* when all is read: are they nobody else's? */
int check_default_action(struct reader *r); /* the same: is there a proxy for it?        */
int read_variables(struct reader *r, const struct cJSON *object, size_t field); /* "NAME=value" */
int read_switch(struct reader *r, const struct cJSON *value, size_t field);     /* 0: nowhere */
int read_seconds(struct reader *r, const struct cJSON *value, size_t field);
int read_choice(struct reader *r, const struct cJSON *value, size_t field, const char *words);
int read_never(struct reader *r, const struct cJSON *value, const char *why);
int read_either(struct reader *r, const struct cJSON *value, size_t field, const char *words);

int read_lock(struct reader *r, const struct cJSON *value, size_t field); /* stays true */

/* Where the `count` entries of a list that come now will stand. */
void read_part(struct reader *r, struct config_parts *parts, size_t count);

/* network.hosts: config_read_hosts.c. */
int read_hosts(struct reader *r, const struct cJSON *object);

/* network.rules, an array of objects: config_read_rules.c. */
int read_rules(struct reader *r, const struct cJSON *list);

#endif
