/* SPDX-License-Identifier: Apache-2.0
 * launcher.h - what turns a plan into a command line: bubblewrap here, sandbox-exec elsewhere. */
#ifndef FENCE_SANDBOX_LAUNCHER_H
#define FENCE_SANDBOX_LAUNCHER_H

#include <fence/fence.h>

#include "base/base.h"
#include "sandbox/plan.h"

struct argv {
    char **items; /* NULL-terminated */
    size_t count, cap;
};

int argv_add(struct argv *argv, const char *item); /* 0 or -ENOMEM; copies */
void argv_deinit(struct argv *argv);

struct launcher {
    const char *name;    /* "bubblewrap"                                   */
    const char *program; /* "bwrap": searched in the absolute parts of PATH */

    const char *options_word; /* "--args": the descriptor of further options follows */

    /* Pure: what it is started with, whatever there is to mount: `program`, options that are the
     * same for all, and those two words, up to the last before the command. `filter`: the
     * descriptor that it will find the system call filter at; `options`: that of render()'s, each
     * with a NUL behind it. Returns 0 or -ENOMEM, as the next one; argv_deinit() in either case. */
    int (*begin)(struct argv *out, int filter, int options);

    /* Pure: the options that make `plan` of it. */
    int (*render)(struct argv *out, const struct plan *plan);

    /* Pure: what the program said when it failed, as one line with the cause and the cure.
     * `nested`: in a sandbox of fence's own, whose filter may be the cause. */
    void (*explain)(fence_error *err, const char *output, bool nested);
};

extern const struct launcher bubblewrap;

#endif
