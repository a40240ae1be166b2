/* SPDX-License-Identifier: Apache-2.0
 * config_keys.h - every key that the settings know, and what kind of value each takes. Private to
 * filter/config*.c. */
#ifndef FENCE_FILTER_CONFIG_KEYS_H
#define FENCE_FILTER_CONFIG_KEYS_H

#include "base/base.h"
#include "base/str.h"

enum key_kind {
    KEY_SECTION, /* an object with known keys of its own          */
    KEY_COMMENT, /* a string for editors, of no meaning here      */
    KEY_EXTENDS, /* read before all others: config_chain.c        */
    KEY_LOCK,    /* true or false, and true stays: what is extended can be tightened only */
    KEY_SWITCH,  /* true or false; without a field, of no meaning here */
    KEY_DOMAINS, /* the lists that are built                      */
    KEY_ADDRESSES,
    KEY_HOSTS,
    KEY_RULES,
    KEY_POLICIES,
    KEY_FREE, /* an object of the policies' own, whatever is in it */
    KEY_PATHS,
    KEY_TEXTS,       /* strings as they are                       */
    KEY_DEVICES,     /* paths below /dev                          */
    KEY_DEVICE_MODE, /* "auto" or "minimal", which are the same */
    KEY_ENV_NAMES,   /* names of variables, with *              */
    KEY_COMMANDS,    /* programs and their words: commands.h        */
    KEY_PORT,        /* a number; 0 is the default                */
    KEY_PORTS,       /* numbers                                   */
    KEY_VARIABLES,   /* an object: names and their values         */
    KEY_UPSTREAM,    /* a proxy's URL, or "environment"              */
    KEY_SECONDS,     /* a whole number; 0 for none                    */
    KEY_CHOICE,      /* one of the words of `word`, which ends with two NULs: its number;
                        "" is the first                            */
    KEY_EITHER,      /* one of the two words of `word`: true, or false; 0: of no meaning */
    KEY_MACH_NAMES,  /* services of macOS, with * at the end              */
    KEY_NEVER        /* true or false, and true is refused for the reason in `word` */
};

struct key {
    const char *path;
    enum key_kind kind;
    size_t field;     /* where in struct fence_config; 0: nowhere, or the kind says it */
    const char *word; /* KEY_EITHER: two, with a NUL between */
};

/* The last part of its path. */
struct str key_name(const struct key *key);

/* Is it one of the keys right below `section`, which is "" at the top? */
bool key_below(const struct key *key, const char *section);

/* The key of that name right below `section`, or NULL. */
const struct key *key_find(const char *section, struct str name);

/* The known key whose name is most like `name`, or NULL. One of the same section is preferred. */
const struct key *key_nearest(const char *section, struct str name);

#endif
