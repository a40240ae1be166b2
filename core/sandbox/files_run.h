/* SPDX-License-Identifier: Apache-2.0
 * files_run.h - the care for files during one run: the guard while it lasts, and what it has
 * changed at its end. */
#ifndef FENCE_SANDBOX_FILES_RUN_H
#define FENCE_SANDBOX_FILES_RUN_H

#include "sandbox/changes.h"
#include "sandbox/files.h"
#include "sandbox/guard.h"

struct files_run {
    struct proxy *proxy;
    struct files files; /* filled in by the caller */
    struct guard *guard;
    struct changes *changes;
};

/* Before the command runs; `plan` is borrowed until files_run_close() is through. `degrade` has
 * FENCE_LAYER_WATCH to go on without the guard where it cannot be had. Returns 0, or a negative
 * code with `err` filled in. */
int files_run_start(struct files_run *run, struct proxy *proxy, const struct plan *plan,
                    unsigned degrade, guard_end end, void *payload, fence_error *err);

/* `first` is process 1 of the sandbox, as the host counts: the command is about to run. */
void files_run_ready(struct files_run *run, pid_t first);

/* It has ended: says what it has changed that is executed later. `cwd` was its folder. */
void files_run_finish(struct files_run *run, const char *cwd);

/* See guard_close(). */
bool files_run_close(struct files_run *run, void (*on_gone)(void *payload));
void files_run_deinit(struct files_run *run); /* takes a zeroed one */

#endif
