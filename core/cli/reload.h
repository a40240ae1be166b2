/* SPDX-License-Identifier: Apache-2.0
 * reload.h - settings and policies that are read again while fence runs. */
#ifndef FENCE_CLI_RELOAD_H
#define FENCE_CLI_RELOAD_H

#include "cli/cli.h"

struct watch;

struct reloader {
    fence *engine;
    const struct options *options;
    struct watch *watch;           /* NULL without --watch */
    int settled;                   /* timerfd: nothing has changed for a moment */
    fence_sandbox *const *sandbox; /* whose command must not reach the rules; or NULL */
    char settings[PATH_ROOM];      /* the file that was found at the start, and no other */
    char said[512];                /* the last error, so that it is said once   */
};

/* With --watch, reloads whenever a file has changed. `rules`: what is in force. `sandbox`: where
 * the command's handle is while it runs; or NULL. */
int reloader_start(struct reloader *reloader, fence *engine, const struct options *options,
                   const struct rules *rules, fence_sandbox *const *sandbox, fence_error *err);
void reloader_stop(struct reloader *reloader); /* after fence_close() */

/* Now. What cannot be loaded changes nothing, and is said in a line; so is success. */
void reloader_reload(struct reloader *reloader);

#endif
