/* SPDX-License-Identifier: Apache-2.0
 * env_tables.h - what is known of single variables: which of them a command does not inherit, and
 * why. Pure. */
#ifndef FENCE_SANDBOX_ENV_TABLES_H
#define FENCE_SANDBOX_ENV_TABLES_H

#include "base/base.h"
#include "base/str.h"

enum env_kind {
    ENV_OURS,      /* fence sets it, or it says how fence was started: never passes               */
    ENV_PROXY,     /* leads to a proxy out of reach, maybe with a password: never; in any letters */
    ENV_LOADER,    /* changes what every program loads: passes by its full name, see env.h        */
    ENV_CODE,      /* has programs run something, or lead elsewhere: passes when it is allowed    */
    ENV_CODE_FILE, /* the same; /dev/null switches it off, and passes                             */
    ENV_OPTIONS,   /* options of which `words` pass, and all when it is allowed                   */
    ENV_HANDLE,    /* leads to something of the host that is not there inside: as ENV_CODE        */
    ENV_SOCKET,    /* the same; passes where its socket is one of network.allowUnixSockets        */
    ENV_FILE,      /* the same; passes where its file is not hidden                               */
    ENV_DISPLAY,   /* as ENV_SOCKET, for the number of an X display                               */
    ENV_WAYLAND,   /* as ENV_SOCKET, for a name in the runtime folder                             */
    ENV_X_COOKIE,  /* passes where a socket of X is allowed                                       */
    ENV_TEMPORARY, /* passes with /tmp as its value                                               */
    ENV_PASSES     /* an exception from a prefix                                                  */
};

struct env_rule {
    struct str name; /* the whole of it, or what it begins with */
    enum env_kind kind;
    const char *why;         /* "bash runs this file": for a person; NULL where nobody asks   */
    const struct str *words; /* of ENV_OPTIONS: what harmless ones begin with; an empty one ends */
};

/* What is known of this variable, or NULL: an ordinary one. */
const struct env_rule *env_rule_of(struct str name);

/* Does it pass with environment.inherit false, too? */
bool env_is_base(struct str name);

/* For the tests: the names written out, in the order they are searched by. */
const struct env_rule *env_rules(size_t *count);

#endif
