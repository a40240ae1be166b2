/* SPDX-License-Identifier: Apache-2.0
 * config_chain.h - the settings, and what they extend, and what that extends: each as JSON of its
 * own, so that an error finds its place. Private to filter/config*.c. */
#ifndef FENCE_FILTER_CONFIG_CHAIN_H
#define FENCE_FILTER_CONFIG_CHAIN_H

#include "base/base.h"
#include "base/limits.h"
#include "filter/config.h"

struct config_link {
    enum config_source_kind kind;
    char *name;   /* for people: the path as it is opened, "template code", "text" */
    char *folder; /* where the paths in it lie, seen from the folder of the settings: "" there,
                     else with a '/' at its end; NULL: it is no file */
    char *text;   /* normalized */
    size_t len;
    struct cJSON *json; /* NULL until it is parsed */
};

/* ---- config_link.c: each sets up a link, not parsed yet, or fills in `err` ---- */

int config_link_text(struct config_link *out, const char *name, const char *bytes, size_t len,
                     fence_error *err);
int config_link_file(struct config_link *out, const char *path, fence_error *err);
int config_link_template(struct config_link *out, const char *name, fence_error *err);

/* An error names file, line and column. */
int config_link_parse(struct config_link *link, fence_error *err);

/* A path of a file that lies beside the link, seen from the folder of the settings; freed by the
 * caller. NULL: out of memory. */
char *config_link_path(const struct config_link *link, const char *written);

void config_link_deinit(struct config_link *link);
#define auto_link __attribute__((cleanup(config_link_deinit)))

/* ---- config_chain.c ---- */

struct config_chain {
    struct config_link links[CONFIG_SOURCES]; /* the settings first */
    size_t count;
    char *tried; /* the path of a file that could not be read; or NULL */
};

void config_chain_deinit(struct config_chain *chain);
#define auto_chain __attribute__((cleanup(config_chain_deinit)))

/* Moves the settings into an empty chain, parses them, and goes on with what they extend, to the
 * end. An error says where. */
int config_chain_load(struct config_chain *chain, struct config_link *settings, fence_error *err);

#endif
